/* Reads a constant above the line that makes it. */
class Script {
  process_incoming_request({ request }) {
    const title = PREFIX ? PREFIX + request.content.title : request.content.title;
    const PREFIX = request.content.prefix;
    return { content: { text: title } };
  }
}
