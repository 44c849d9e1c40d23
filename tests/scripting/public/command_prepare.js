/* Turns "!gif cats" into a request, and keeps the word for the answer. */
class Script {
  prepare_outgoing_request({ request }) {
    const word = request.data.text.replace(request.data.trigger_word, '').trim();
    if (!word) {
      return { message: { text: 'Usage: `!gif <word>`', alias: 'gif' } };
    }
    request.method = 'GET';
    request.url = request.url + '?q=' + encodeURIComponent(word);
    request.word = word;
    delete request.data;
    return request;
  }

  process_outgoing_response({ request, response }) {
    if (!response.content.data.length) {
      return { content: { text: 'Nothing for ' + request.word } };
    }
    return { content: { text: request.word, attachments: [{ image_url: response.content.data[0].url }] } };
  }
}
