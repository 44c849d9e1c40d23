/* Written for another place: there is no require here. */
class Script {
  process_incoming_request({ request }) {
    const crypto = require('crypto');
    return { content: { text: crypto.createHash('sha1').update(request.content_raw).digest('hex') } };
  }
}
