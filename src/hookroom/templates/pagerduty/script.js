// PagerDuty: V3 webhooks (Integrations, Generic Webhooks).
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const BAD = '#d9534f';
const NEUTRAL = '#4a90d9';

class Script {
  process_incoming_request({ request }) {
    const event = Object(Object(request.content).event);
    const type = text(event.event_type);
    if (!type || type === 'pagey.ping') {
      return undefined;
    }
    // A note, a status update and a responder have the incident inside; other data is the incident itself, or a service.
    const data = Object(event.data);
    const about = Object(data.incident || data);
    const where = link(line(about.title) || line(about.summary) || 'An incident', about.html_url);
    const { said, more = [] } = told(type, data, who(event.agent));
    return { content: { text: `${where}: ${said}`, attachments: more } };
  }
}

// What happened, and what there is to read of it. Who is not known is left out: PagerDuty does much by itself.
function told(type, data, by) {
  const did = (verb, rest = '') => `${by ? `${by} ${verb} it` : verb}${rest}`;
  switch (type) {
    case 'incident.triggered':
      // A service triggers most of them: it has a field already.
      return { said: `*triggered*${by && by !== who(data.service) ? ` by ${by}` : ''}`, more: details(data) };
    case 'incident.acknowledged':
      return { said: did('acknowledged') };
    case 'incident.unacknowledged':
      return { said: '*no longer acknowledged*' };
    case 'incident.resolved':
      return { said: `*resolved*${by && ` by ${by}`}` };
    case 'incident.reopened':
      return { said: `*reopened*${by && ` by ${by}`}` };
    case 'incident.escalated':
      return { said: did('escalated', to(data.assignees)) };
    case 'incident.reassigned':
      return { said: did('reassigned', to(data.assignees)) };
    case 'incident.delegated':
      return { said: did('delegated', to([data.escalation_policy])) };
    case 'incident.priority_updated':
      return { said: priority(data.priority, by) };
    case 'incident.annotated':
      return { said: by ? `${by} added a note` : 'a note', more: quoted(data.content) };
    case 'incident.status_update_published':
      return { said: by ? `${by} published a status update` : 'a status update', more: quoted(data.message) };
    case 'incident.responder.added':
      return { said: `${by || 'PagerDuty'} asked ${responder(data)} to respond`, more: quoted(data.message) };
    case 'incident.responder.replied':
      return { said: `${responder(data)} ${line(data.state, 40) || 'replied'}`, more: quoted(data.message) };
    default:
      return { said: line(type, 80) };
  }
}

function details(incident) {
  const fields = [
    ['Service', line(Object(incident.service).summary)],
    ['Urgency', line(incident.urgency, 40)],
    ['Priority', line(Object(incident.priority).summary, 40)],
    ['Assigned to', names(incident.assignees)],
  ];
  const shown = fields.filter(([, value]) => value).map(([title, value]) => ({ title, value, short: true }));
  return shown.length ? [{ color: incident.urgency === 'low' ? NEUTRAL : BAD, fields: shown }] : [];
}

function priority(given, by) {
  const name = line(Object(given).summary, 40);
  const verb = name ? `set the priority to *${name}*` : 'removed the priority';
  return by ? `${by} ${verb}` : name ? `priority *${name}*` : 'no priority any more';
}

function responder(data) {
  return `*${who(data.user) || who(data.escalation_policy) || 'someone'}*`;
}

function to(references) {
  const all = names(references);
  return all && ` to *${all}*`;
}

function names(references) {
  const all = (Array.isArray(references) ? references : []).map(who).filter(Boolean);
  return all.length > 5 ? `${all.slice(0, 5).join(', ')} and ${all.length - 5} more` : all.join(', ');
}

// A person, a service or a policy: all are references with a summary.
function who(reference) {
  return line(Object(reference).summary, 60);
}

function quoted(value) {
  const said = inert(value);
  return said ? [{ color: NEUTRAL, text: said }] : [];
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
