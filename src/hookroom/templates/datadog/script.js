// Datadog: the Webhooks integration, with the payload of the README, or with Datadog's own.
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const BAD = '#d9534f';
const GOOD = '#2fa44f';
const WARNING = '#e0a800';
const NEUTRAL = '#4a90d9';

// $ALERT_TRANSITION, how it reads, and its color.
const TRANSITIONS = {
  __proto__: null,
  triggered: ['*triggered*', BAD],
  're-triggered': ['*triggered* again', BAD],
  warn: ['*warning*', WARNING],
  're-warn': ['*warning* again', WARNING],
  'no data': ['*no data*', WARNING],
  're-no data': ['*no data* again', WARNING],
  recovered: ['*recovered*', GOOD],
  renotify: ['*still open*', BAD],
};
const TYPES = { __proto__: null, error: BAD, warning: WARNING, success: GOOD };

// "[P1] [Triggered on {host:web-1}] CPU is high": the priority, the transition, the scope, and what is left.
const TITLE = /^(?:\[(P\d)\]\s*)?(?:\[([A-Za-z -]+?)(?: on \{?([^\]}]*)\}?)?\]\s*)?(.*)$/s;

class Script {
  process_incoming_request({ request }) {
    const body = Object(request.content);
    const [, priority, prefix, on, name] = filled(body.title).slice(0, 500).match(TITLE);
    const known = TRANSITIONS[(filled(body.transition) || text(prefix)).toLowerCase()];
    // A word in brackets that is no transition belongs to the title.
    const title = line(TRANSITIONS[text(prefix).toLowerCase()] ? name : filled(body.title), 150);
    if (!title) {
      return undefined;
    }
    const [said, color] = known || ['', TYPES[filled(body.type)] || NEUTRAL];
    const where = link(title, filled(body.link) || monitorPage(body.body));
    const scope = line(filled(body.scope) || text(on), 150);
    // That it is over is all there is to say when it is.
    const attachments = said && color === GOOD ? [] : details(body, color, filled(body.priority) || text(priority));
    return { content: { text: `${where}${said && `: ${said}`}${scope && ` on ${scope}`}`, attachments } };
  }
}

function details(body, color, priority) {
  const message = inert(readable(filled(body.message) || filled(body.body)));
  const said = [inert(filled(body.status)), message].filter(Boolean).join('\n');
  const fields = priority ? [{ title: 'Priority', value: line(priority, 20), short: true }] : [];
  return said || fields.length ? [{ color, text: said, fields }] : [];
}

// A variable that has no value for an event is sent as "null", as nothing, or as it stands in the payload;
// the scope of a monitor that has no groups is "*".
function filled(value) {
  const given = text(value).trim();
  return /^(null|none|undefined|n\/a|\*|\$[A-Z_]+)$/i.test(given) ? '' : given;
}

// What people wrote into a monitor, without whom it notifies, its graph, and the links that Datadog puts at the end.
function readable(value) {
  return text(value)
    .slice(0, 2000)
    .replace(/\n\s+/g, '\n')
    .replace(/\n(?:- - -|The monitor was last triggered)[^]*$/, '')
    .replace(/%%%|\*\*|^#+/gm, '')
    .replace(/(^|\s)@[\w.@/-]+/g, '$1')
    .replace(/\[?!\[[^\]]{0,99}\]\([^)]{0,999}\)(?:\]\([^)]{0,999}\))?/g, '')
    .replace(/\[([^\][]*)\]\([^)]{0,999}\)/g, '$1')
    .replace(/\n\s+/g, '\n');
}

// Datadog's own payload has the address of the monitor only in its text.
function monitorPage(value) {
  return (text(value).match(/\[Monitor Status\]\((https?:\/\/[^)\s]+)\)/) || [])[1];
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
