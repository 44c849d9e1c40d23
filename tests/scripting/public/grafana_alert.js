/* Alerts with the time in words. */
class Script {
  process_incoming_request({ request }) {
    const { title, state, ruleUrl, evalMatches, at } = request.content;
    const when = new Date(at);
    return {
      content: {
        text: `**${title}** is ${state} since ${when.toLocaleDateString('de-DE')} ${when.toLocaleTimeString('en-US')}`,
        attachments: [
          {
            title: 'Open',
            title_link: ruleUrl,
            ts: when.toISOString(),
            fields: (evalMatches || []).map((match) => ({
              title: match.metric,
              value: match.value.toLocaleString(),
              short: true,
            })),
          },
        ],
      },
    };
  }
}
