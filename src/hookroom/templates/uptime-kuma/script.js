// Uptime Kuma: Settings, Notifications, type "Webhook". Any of its presets will do, and GET.
const STATUS = ['*down*', 'up', 'pending', 'under maintenance'];
const COLORS = ['#d9534f', '#2fa44f', '#e0a800', '#4a90d9'];

class Script {
  process_incoming_request({ request }) {
    const { monitor, heartbeat, msg } = sent(request);
    if (!heartbeat || ![0, 1, 2, 3].includes(heartbeat.status)) {
      return said(msg);
    }
    const { name, url } = Object(monitor);
    const at = address(monitor);
    const why = heartbeat.msg === 'OK' ? '' : plain(heartbeat.msg);
    const ping = heartbeat.ping > 0 ? `${Math.round(heartbeat.ping)} ms` : '';
    const details = [why, ping].filter(Boolean).join(' · ');
    return {
      content: {
        text: `${link(plain(name) || 'Monitor', url)}${at && ` (\`${at}\`)`} is ${STATUS[heartbeat.status]}`,
        attachments: details ? [{ color: COLORS[heartbeat.status], text: details }] : [],
      },
    };
  }
}

// A test, or something that expires: "[name][url] server certificate shop.example.com will expire in 7 days".
function said(msg) {
  const text = typeof msg === 'string' ? msg.slice(0, 1000) : '';
  const [, name, url, what] = /^\[(.+?)\] ?\[(.*?)\] (.+)/s.exec(text) || [];
  const words = plain(what || text).replace(/\b1 days/, '1 day');
  return words ? { content: { text: what ? `${link(plain(name), url)}: ${words}` : words } } : undefined;
}

// JSON; a form with all of it in the field "data"; or, with GET, a query.
function sent({ content, url }) {
  const { data } = Object(content);
  if (typeof data === 'string') {
    return parsed(data);
  }
  const { msg, heartbeat, monitor } = Object(Object(url).query);
  return msg ? { msg, heartbeat: parsed(heartbeat), monitor: parsed(monitor) } : Object(content);
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

// Where a monitor without a link looks.
function address(monitor) {
  const { type, url, hostname, port, docker_container: container } = Object(monitor);
  if (target(url) || type === 'push') {
    return '';
  }
  const host = plain(type === 'docker' ? container : hostname);
  return host && Number(port) > 0 && type !== 'ping' && type !== 'dns' ? `${host}:${Number(port)}` : host;
}

// The functions below make text of others harmless: it cannot format, link or mention.
function link(name, url) {
  return target(url) ? `[${name}](${target(url)})` : `*${name}*`;
}

function target(url) {
  const text = typeof url === 'string' && url.length < 1000 ? url.trim() : '';
  return /^https?:\/\/[^\s/?#\\]/i.test(text) ? text.replace(/[\s()<>|]/g, escape) : '';
}

// Rocket.Chat's Markdown has no escape character, hence look-alikes; a zero-width space stops mentions.
function plain(value, most = 200) {
  const alike = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ', '[': '(', ']': ')', '<': '‹' };
  const given = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const text = given.slice(0, 2000).replace(/\s+/g, ' ').trim();
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text)
    .toWellFormed()
    .replace(/[*~`[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=\S*\|)/g, (mark) => alike[mark])
    .replace(/\B@/g, '@\u200b');
}
