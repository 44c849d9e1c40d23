// Uptime Kuma: Settings, Notifications, type "Webhook", body preset "application/json".
const DOWN = 0;
const COLORS = { down: '#d9534f', up: '#2fa44f', notice: '#e0a800' };

class Script {
  process_incoming_request({ request }) {
    const { monitor, heartbeat, msg } = Object(request.content);
    if (!heartbeat || !monitor) {
      // A test, or a certificate that expires: the text is all there is.
      return msg ? { content: { attachments: [{ color: COLORS.notice, text: String(msg) }] } } : undefined;
    }
    const down = heartbeat.status === DOWN;
    const where = monitor.url && /^https?:\/\/./.test(monitor.url) ? `[${monitor.name}](${monitor.url})` : `*${monitor.name}*`;
    const why = heartbeat.msg && heartbeat.msg !== 'OK' ? heartbeat.msg : '';
    const ping = !down && heartbeat.ping ? `${heartbeat.ping} ms` : '';
    return {
      content: {
        text: `${where} is ${down ? '*down*' : 'up'}`,
        attachments: why || ping ? [{ color: down ? COLORS.down : COLORS.up, text: why || ping }] : [],
      },
    };
  }
}
