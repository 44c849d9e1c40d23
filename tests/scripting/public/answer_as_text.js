/* Parses the answer itself, as it had to before the server did. */
class Script {
  process_outgoing_response({ response }) {
    let answer = {};
    try {
      answer = JSON.parse(response.content);
    } catch (e) {
      return { content: { text: 'Not JSON: ' + response.content } };
    }
    return { content: { text: answer.title || 'untitled', avatar: answer.icon } };
  }
}
