/* Takes what a form sends, whether it is read as fields or parsed from the text. */
class Script {
  process_incoming_request({ request }) {
    var raw = '' + request.content;
    var fields = {};
    raw.split('&').forEach(function (pair) {
      var parts = pair.split('=');
      fields[parts[0]] = decodeURIComponent(parts[1].replace(/\+/g, ' '));
    });
    var ok = fields.result === 'SUCCESS';
    return {
      content: {
        emoji: ok ? ':white_check_mark:' : ':x:',
        text: request.content.job + ' #' + fields.number + ': ' + fields.result,
        channel: fields.channel,
      },
    };
  }
}
