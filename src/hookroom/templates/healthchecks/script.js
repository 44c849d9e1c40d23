// Healthchecks.io: integration "Webhook", with the body that README.md gives, or with all of it in the query.
const RED = '#d9534f';
const UNITS = [
  [604800, 'week'],
  [86400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

class Script {
  process_incoming_request({ request }) {
    const { content } = request;
    if (typeof content === 'string') {
      return plain(content) ? { content: { text: plain(content, 500) } } : undefined;
    }
    const call = { ...Object(Object(request.url).query), ...Object(content) };
    const check = Object(call.check);
    const name = plain(check.name) || plain(call.name) || plain(check.slug);
    const status = plain(call.status || check.status, 30);
    if (!name && !status) {
      return { error: 'Nothing in it says which check: see the body or the query in the README of this template.' };
    }
    return {
      content: {
        text: `${link(name || 'A check', page(check))} is ${status === 'down' ? '*down*' : status || 'in an unknown state'}`,
        attachments: status === 'down' ? details(call, check) : [],
      },
    };
  }
}

// Why it may be down: what it is, what its last ping said, and when it should have come.
function details(call, check) {
  const exit = Number(call.exitstatus);
  // Shown as code, in which stars are stars.
  const cron = typeof check.schedule === 'string' && /^[\w *\/,#:.~-]{1,60}$/.test(check.schedule);
  const schedule = cron ? `\`${check.schedule}\`` : plain(check.schedule, 60);
  const fields = [
    ['Last ping', moment(check.last_ping)],
    ['Schedule', schedule && `${schedule} ${plain(check.tz, 60)}`.trim()],
    ['Period', schedule ? '' : period(check.timeout)],
    ['Exit status', exit > 0 ? String(exit) : ''],
    ['Tags', plain(check.tags || call.tags, 100)],
  ];
  const body = plain(call.body);
  const text = [plain(check.desc), body && `Last ping said: ${body}`].filter(Boolean).join('\n');
  const shown = fields.filter(([, value]) => value).map(([title, value]) => ({ title, value, short: true }));
  return text || shown.length ? [{ color: RED, ...(text && { text }), ...(shown.length && { fields: shown }) }] : [];
}

// The check in the browser, made of its address in the API.
function page(check) {
  const [, site, id] = /^(https?:\/\/.+)\/api\/v\d+\/checks\/([\w-]+)$/.exec(plain(check.update_url, 500)) || [];
  return id ? `${site}/checks/${id}/details/` : '';
}

// "2026-03-02 02:00 UTC"
function moment(time) {
  const date = new Date(typeof time === 'string' ? time : NaN);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

// Seconds in the largest unit that measures them: "1 day", "90 minutes".
function period(seconds) {
  const [length, unit] = UNITS.find(([size]) => seconds >= size && seconds % size === 0) || [];
  const count = seconds / length;
  return unit ? `${count} ${unit}${count === 1 ? '' : 's'}` : '';
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
