// Zabbix: the media type that README.md gives. All its parameters are texts; a macro without a value stays "{AS.IT.IS}".
const RED = '#d9534f';
const GREEN = '#2fa44f';
const YELLOW = '#e0a800';
const BLUE = '#4a90d9';
// Not classified, information, warning, average, high, disaster.
const SEVERITIES = [BLUE, BLUE, YELLOW, YELLOW, RED, RED];

class Script {
  process_incoming_request({ request }) {
    const given = params(request.content);
    if (!Object.keys(given).length) {
      return undefined;
    }
    // 0 are triggers; discovery, autoregistration, internal events and services have no more than subject and message.
    return given.event_source === '0' && plain(given.event_name) ? trigger(given) : other(given);
  }
}

function trigger(given) {
  const severity = plain(given.event_severity, 30);
  const where = plain(given.host_name);
  const subject = `${link(plain(given.event_name), page(given))}${where && ` on *${where}*`}`;
  if (given.event_update_status === '1') {
    const who = plain(given.event_update_user) || 'Somebody';
    const what = plain(given.event_update_action) || 'updated the problem';
    return message(`${subject}: *${who}* ${what}`, BLUE, plain(given.event_update_message, 400));
  }
  if (given.event_value === '0') {
    const after = plain(given.event_duration, 30);
    return message(`${subject}: resolved${after && ` after ${after}`}`, GREEN, '');
  }
  const fields = [
    ['Operational data', plain(given.event_opdata, 100)],
    ['Tags', plain(given.event_tags)],
  ];
  return message(
    `${subject}: *problem*${severity && ` (${severity})`}`,
    colorFor(given.event_nseverity),
    plain(given.trigger_description),
    fields.filter(([, value]) => value).map(([title, value]) => ({ title, value, short: true })),
  );
}

function other(given) {
  const subject = plain(given.alert_subject || given.subject);
  const details = lines(given.alert_message || given.message);
  if (!subject && !details) {
    return { content: { text: 'A test of the media type: Zabbix fills in what happened.' } };
  }
  return subject ? message(subject, colorOf(subject, given), details) : message(details, BLUE, '');
}

// The default subjects say it: "Problem: …", "Resolved in 5m: …", "Updated problem in 2m: …".
function colorOf(subject, { event_value: value, event_nseverity: severity }) {
  if (value === '0' || /^(\[?ok\]?\b|\[?resolved\b)/i.test(subject)) {
    return GREEN;
  }
  return value === '1' || /^\[?problem\b/i.test(subject) ? colorFor(severity) : BLUE;
}

function colorFor(severity) {
  return SEVERITIES[Number(severity)] || RED;
}

function message(text, color, details, fields = []) {
  const shown = { ...(details && { text: details }), ...(fields.length && { fields }) };
  return { content: { text, attachments: Object.keys(shown).length ? [{ color, ...shown }] : [] } };
}

// The event in Zabbix's frontend.
function page({ zabbix_url: site, trigger_id: trigger, event_id: event }) {
  const known = /^\d+$/.test(trigger) && /^\d+$/.test(event);
  return known && target(site) ? `${target(site).replace(/\/+$/, '')}/tr_events.php?triggerid=${trigger}&eventid=${event}` : '';
}

// The parameters that have a value, by their names in small letters.
function params(content) {
  const all = content && typeof content === 'object' && !Array.isArray(content) ? Object.entries(content).slice(0, 100) : [];
  const named = all.filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), filled(String(value))]));
}

function filled(value) {
  return /^\s*(\{[^{}]*\}|\*UNKNOWN\*)\s*$/.test(value) ? '' : value;
}

function lines(value) {
  const all = typeof value === 'string' ? value.slice(0, 2000).split('\n') : [];
  return all.map((line) => plain(line)).filter(Boolean).slice(0, 8).join('\n');
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
