// Sentry: webhooks of an internal integration, and those of the older WebHooks plugin.
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const BAD = '#d9534f';
const GOOD = '#2fa44f';
const WARNING = '#e0a800';
const NEUTRAL = '#4a90d9';

class Script {
  process_incoming_request({ request }) {
    const body = Object(request.content);
    const content = message(text(Object(request.headers)['sentry-hook-resource']), body);
    return content ? { content } : undefined;
  }
}

function message(resource, body) {
  const data = Object(body.data);
  const action = text(body.action);
  switch (resource) {
    case 'event_alert':
      return event(Object(data.event), `alert *${line(data.triggered_rule) || 'of an issue'}*`);
    case 'error':
      return event(Object(data.error), 'new error');
    case 'issue':
      return issue(action, Object(data.issue), body);
    case 'metric_alert':
      return metric(action, data);
    case 'comment':
      return comment(action, data, who(body.actor));
    case 'installation':
      return undefined;
    case '':
      // The plugin sends no header, and one object that is all about the issue.
      return body.event && body.url ? plugin(body) : undefined;
    default:
      return other(resource, action, Object(data.issue));
  }
}

function event(about, what) {
  const project = (text(about.url).match(/\/projects\/[^/]+\/([^/]+)\//) || [])[1];
  return {
    text: `${link(title(about), about.web_url)}: ${what}${project ? ` in ${line(project)}` : ''}`,
    attachments: details(about),
  };
}

function plugin(body) {
  const about = Object(body.event);
  const rules = (Array.isArray(body.triggering_rules) ? body.triggering_rules : []).map((one) => line(one)).filter(Boolean);
  const what = rules.length ? `alert *${rules.slice(0, 3).join('*, *')}*` : 'new event';
  const project = line(body.project_name) || line(body.project);
  const where = link(title({ title: about.title || body.message, metadata: about.metadata }), body.url);
  return {
    text: `${where}: ${what}${project && ` in ${project}`}`,
    attachments: details({ ...about, culprit: body.culprit, level: body.level }),
  };
}

function issue(action, about, body) {
  const by = who(body.actor);
  const project = line(Object(about.project).name);
  const where = link(`${line(about.shortId, 60)} ${title(about)}`.trim(), about.web_url || about.permalink);
  const said = (what, more = []) => ({ text: `${where}: ${what}`, attachments: more });
  switch (action) {
    case 'created':
      return said(`new ${line(about.issueCategory, 40) || 'error'}${project && ` in ${project}`}`, details(about));
    case 'resolved':
      return said(`*resolved*${by && ` by ${by}`}`);
    case 'assigned':
      return said(`assigned to *${who(Object(body.data).assignee) || who(about.assignedTo) || 'someone'}*${by && ` by ${by}`}`);
    case 'archived':
    case 'ignored':
      return said(`archived${by && ` by ${by}`}`);
    case 'unresolved':
      return said(`*open again*${by && ` by ${by}`}${why(about.substatus)}`, details(about));
    default:
      return said(line(action, 40) || 'changed');
  }
}

// Why an issue is open again, where Sentry found that out by itself.
function why(substatus) {
  return substatus === 'regressed' || substatus === 'escalating' ? `, ${substatus}` : '';
}

function metric(action, data) {
  const rule = Object(Object(data.metric_alert).alert_rule);
  const name = line(rule.name) || line(text(data.description_title).replace(/^\w+: /, '')) || 'Metric alert';
  const color = { __proto__: null, critical: BAD, warning: WARNING, resolved: GOOD }[action] || NEUTRAL;
  const what = inert(data.description_text);
  return {
    text: `${link(name, data.web_url)}: *${line(action, 40) || 'changed'}*`,
    attachments: what ? [{ color, text: what }] : [],
  };
}

function comment(action, data, by) {
  if (action !== 'created') {
    return undefined;
  }
  // The number of the issue is all there is of it: no title and no address.
  const said = inert(data.comment);
  return {
    text: `*${line(data.project_slug) || 'Sentry'}*: ${by || 'Someone'} commented on issue ${line(data.issue_id, 40) || '?'}`,
    attachments: said ? [{ color: NEUTRAL, text: said }] : [],
  };
}

// Resources that came later than this script.
function other(resource, action, about) {
  const where = about.title ? link(title(about), about.web_url || about.permalink) : '*Sentry*';
  return { text: `${where}: ${line(`${resource} ${action}`)}` };
}

// Where the code is, and where it ran: what tells one error from another.
function details(about) {
  const tags = new Map((Array.isArray(about.tags) ? about.tags : []).filter(Array.isArray).map(([key, value]) => [key, value]));
  const fields = [
    ['Environment', line(about.environment || tags.get('environment'))],
    ['Release', line(about.release || tags.get('release'))],
    ['Events', about.count === '1' ? '' : line(about.count, 20)],
  ];
  const shown = fields.filter(([, value]) => value).map(([title, value]) => ({ title, value, short: true }));
  const culprit = code(about.culprit, 200);
  if (!culprit && !shown.length) {
    return [];
  }
  const color = { __proto__: null, warning: WARNING, info: NEUTRAL, debug: NEUTRAL, sample: NEUTRAL }[text(about.level)] || BAD;
  return [{ color, text: culprit, fields: shown }];
}

function title(about) {
  const { type, value } = Object(about.metadata);
  return line(about.title, 150) || line(`${text(type)} ${text(value)}`, 150) || 'An issue';
}

// A person, or a team; what Sentry does by itself has no name.
function who(actor) {
  const { type, name, email } = Object(actor);
  return type === 'application' ? '' : line(name, 60) || line(email, 60);
}

// Of others as code, where only a mention would still be one; `](` and `<` are for readers of other Markdown.
function code(value, most = 60) {
  const shown = verbatim(text(value).slice(0, most).replace(/\s+/g, ' ').trim());
  return shown && `\`${shown}\``;
}

function verbatim(given) {
  return given.replace(/`/g, LOOK_ALIKES['`']).replace(/\](?=\()|<(?=http)|(?<![A-Za-z0-9])[@#](?=\S)/g, '$&\u200b');
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
