/* Silent unless something is wrong. */
class Script {
  prepare_outgoing_request({ request }) {
    if (request.data.user_name === 'rocket.cat' || request.data.bot) {
      return;
    }
    return {
      url: request.url,
      method: 'POST',
      headers: Object.assign({}, request.headers, { 'X-Room': request.data.channel_name }),
      data: { text: request.data.text, from: request.data.user_name },
    };
  }

  process_outgoing_response({ response }) {
    if (response.status_code === 200) {
      return false;
    }
    if (response.status_code === 404) {
      return {};
    }
    return { content: { text: `Failed with ${response.status_code}` } };
  }
}
