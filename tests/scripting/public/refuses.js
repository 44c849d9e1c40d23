/* Checks a secret before anything else. */
class Script {
  process_incoming_request({ request }) {
    if (request.url.query.secret !== 's3cret') {
      return { error: { success: false, message: 'Wrong secret' } };
    }
    if (request.content.test) {
      return { content: { text: 'Test by ' + request.user.username }, response: { seen: true } };
    }
    return;
  }
}
