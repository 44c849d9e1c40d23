// Atlassian Statuspage: webhook subscriptions of a page, for its incidents and its components.
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const BAD = '#d9534f';
const GOOD = '#2fa44f';
const WARNING = '#e0a800';
const NEUTRAL = '#4a90d9';

const IMPACTS = { __proto__: null, critical: BAD, major: BAD, minor: WARNING };
const MOST_COMPONENTS = 5;

class Script {
  process_incoming_request({ request }) {
    const body = Object(request.content);
    const content = body.incident ? incident(Object(body.incident)) : body.component ? component(body) : undefined;
    return content ? { content } : undefined;
  }
}

function incident(about) {
  const update = latest(about.incident_updates);
  const status = text(update.status) || text(about.status);
  const fields = [
    ['Affected', affected(update.affected_components)],
    ['Scheduled', status === 'scheduled' ? period(about.scheduled_for, about.scheduled_until) : ''],
  ];
  const shown = fields.filter(([, value]) => value).map(([title, value]) => ({ title, value, short: false }));
  const said = inert(plain(update.body), 300);
  const isOver = status === 'resolved' || status === 'completed';
  return {
    text: `${link(line(about.name) || 'An incident', about.shortlink)}: *${words(status) || 'updated'}*`,
    attachments: said || shown.length
      ? [{ color: isOver ? GOOD : IMPACTS[text(about.impact)] || NEUTRAL, text: said, fields: shown }]
      : [],
  };
}

function component(body) {
  const about = Object(body.component);
  const update = Object(body.component_update);
  const status = text(update.new_status) || text(about.status);
  const was = words(update.old_status);
  // The host of the page is known from where one unsubscribes; that address itself is a secret.
  const page = (text(Object(body.meta).unsubscribe).match(/^https?:\/\/[^/?#]+/) || [''])[0];
  const shown = words(status) || 'changed';
  return {
    text: `${link(line(about.name) || 'A component', page)}: ${status === 'operational' ? shown : `*${shown}*`}${was && ` (was ${was})`}`,
  };
}

// An incident comes with all its updates, and not always with the newest first.
function latest(updates) {
  const all = (Array.isArray(updates) ? updates : []).map((one) => Object(one));
  return all.reduce((newest, one) => (text(one.created_at) > text(newest.created_at) ? one : newest), all[0] || {});
}

function affected(components) {
  const all = (Array.isArray(components) ? components : []).map((one) => Object(one)).filter((one) => text(one.name).trim());
  const shown = all.slice(0, MOST_COMPONENTS).map((one) => {
    const status = words(one.new_status);
    return `${line(one.name, 60)}${status && ` (${status})`}`;
  });
  const more = all.length > shown.length ? ` and ${all.length - shown.length} more` : '';
  return shown.join(', ') + more;
}

function period(from, until) {
  const [start, end] = [moment(from), moment(until)];
  return start && `${start}${end && ` to ${end}`} UTC`;
}

function moment(value) {
  const given = text(value);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d.*Z$/.test(given) ? given.slice(0, 16).replace('T', ' ') : '';
}

// "under_maintenance" and its kin.
function words(value) {
  return line(text(value).slice(0, 40).replace(/_/g, ' '), 40);
}

// Updates may be written with tags of HTML.
function plain(value) {
  return text(value).slice(0, 2000).replace(/<br\s*\/?>/gi, '\n').replace(/<\/?[a-z][^>]{0,200}>/gi, '');
}

function text(value) {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

// What others wrote, for our Markdown: cut, its marks as look-alikes, and a zero-width space where a mention, a link or
// a formula would begin. A backslash would not do: within links it is shown as it is.
function inert(value, most = 200) {
  const given = text(value).trim();
  const cut = given.length > most ? `${given.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…` : given;
  return cut
    .replace(/[*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (mark) => LOOK_ALIKES[mark])
    .replace(/[\]<\\]|(?<![A-Za-z0-9])[@#](?=\S)/g, '$&\u200b');
}

// The same on one line.
function line(value, most = 100) {
  return inert(text(value).slice(0, 500).replace(/\s+/g, ' '), most);
}

// A link where the address is one of the web, else bold. The label is inert already.
function link(label, address) {
  const given = text(address).trim();
  if (given.length > 1000 || !/^https?:\/\/[^\s/?#\\]/i.test(given)) {
    return `*${label}*`;
  }
  const target = given.replace(/[\s()<>|\\*`]/g, (mark) => ESCAPES[mark] || encodeURIComponent(mark));
  return `[${label}](${target})`;
}
