/* Async, with a request in the middle. */
const sleepless = async (text) => text;

class Script {
  async process_incoming_request({ request }) {
    const response = await fetch('https://translate.example.com/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ q: request.content.text, target: request.url.query.to || 'en' }),
    });
    if (!response.ok) {
      return { error: `translation failed: ${response.status} ${await response.text()}` };
    }
    const { translated } = await response.json();
    return { content: { text: await sleepless(translated), groupable: false } };
  }
}
