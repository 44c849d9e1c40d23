/* Reads lines of plain text. */
class Script {
  process_incoming_request({ request }) {
    const fields = {};
    for (const line of request.content_raw.split('\n')) {
      const [name, ...rest] = line.split(':');
      if (rest.length) fields[name.trim().toLowerCase()] = rest.join(':').trim();
    }
    if (!fields.host) return false;
    return { content: { text: `${fields.host}: ${fields.problem}`, icon_emoji: ':rotating_light:' } };
  }
}
