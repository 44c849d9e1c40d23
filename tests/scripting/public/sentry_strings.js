/* Tidies text with underscore.string. */
class Script {
  process_incoming_request({ request }) {
    const { message, project, count, html } = request.content;
    return {
      content: {
        text: s.capitalize(s.trim(message)) + ' (' + s.numberFormat(count, 0) + ' times)',
        attachments: [{ title: s.strLeft(project, '/'), text: s.truncate(s.stripTags(html), 20) }],
      },
    };
  }
}
