/* Nothing after the class but a comment. */
class Script {
  process_incoming_request({ request }) {
    return { content: { text: request.body.text || request.content.message } };
  }
}
// end of script