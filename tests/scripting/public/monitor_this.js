/* Loses `this` in a callback, and finds the global object there. */
class Script {
  process_incoming_request({ request }) {
    var kept = [];
    request.content.checks.forEach(function (check) {
      this.worst = check.level > (this.worst || 0) ? check.level : this.worst;
      kept.push(check.name);
    });
    return { content: { text: kept.join(', ') + ' worst ' + worst } };
  }
}
