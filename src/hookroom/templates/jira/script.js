// Jira Cloud and Data Center: System, WebHooks.
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const NEUTRAL = '#4a90d9';
const MOST_CHANGES = 10;

// Events that come by the dozen and tell a room nothing, by how their names begin.
const NOISE = /^(worklog|jira:worklog|issuelink|attachment|issue_property|user|board|filter|option|comment_deleted|sprint_(cre|upd|del))/;

class Script {
  process_incoming_request({ request }) {
    const body = Object(request.content);
    const event = text(body.webhookEvent);
    if (!event || NOISE.test(event)) {
      return undefined;
    }
    const content = message(event, body);
    return content ? { content } : undefined;
  }
}

function message(event, body) {
  switch (event) {
    case 'jira:issue_created':
      return created(Object(body.issue), name(body.user));
    case 'jira:issue_updated':
      return updated(Object(body.issue), Object(body.changelog), name(body.user));
    case 'jira:issue_deleted':
      return { text: `*${title(Object(body.issue))}*: ${name(body.user)} deleted it` };
    case 'comment_created':
    case 'comment_updated':
      return commented(Object(body.issue), Object(body.comment), event === 'comment_created');
    case 'sprint_started':
    case 'sprint_closed':
      return sprint(Object(body.sprint), event === 'sprint_started');
    case 'jira:version_released':
      return version(Object(body.version));
    default:
      return { text: `*${subject(body)}*: ${line(event, 60)}` };
  }
}

function created(issue, who) {
  const fields = Object(issue.fields);
  const about = [
    line(Object(fields.issuetype).name, 40),
    line(Object(fields.priority).name, 40),
    fields.assignee ? `for ${name(fields.assignee)}` : '',
  ].filter(Boolean);
  const what = about.length ? ` (${about.join(', ')})` : '';
  return { text: `${linked(issue)}: ${who} created it${what}`, attachments: quoted(fields.description) };
}

function updated(issue, changelog, who) {
  const items = Array.isArray(changelog.items) ? changelog.items.slice(0, MOST_CHANGES) : [];
  const changes = items.map((item) => change(Object(item))).filter(Boolean);
  // Nothing that we tell of: a rank, a label, or a comment, for which Jira sends an event of its own as well.
  return changes.length ? { text: `${linked(issue)}: ${who} ${changes.join(', ')}` } : undefined;
}

// One field: `toString` is Jira's name of the new value, and not always there.
function change(item) {
  const from = line(item.fromString);
  const to = line(item.toString);
  switch (text(item.field).toLowerCase()) {
    case 'status':
      return `moved it${from && ` from ${from}`} to *${to || '?'}*`;
    case 'assignee':
      return to ? `assigned it to *${to}*` : 'unassigned it';
    case 'priority':
      return to ? `set the priority to *${to}*` : 'removed the priority';
    case 'summary':
      return from ? `renamed it (was: ${from})` : 'renamed it';
    case 'description':
      return 'changed the description';
    case 'issuetype':
      return `made it a *${to || '?'}*`;
    case 'duedate':
      return to ? `set the due date to *${day(item.to) || to}*` : 'removed the due date';
    case 'sprint':
      return to ? `moved it to *${to}*` : 'took it out of the sprint';
    case 'fix version':
      return to ? `set the fix version to *${to}*` : `removed the fix version${from && ` ${from}`}`;
    default:
      return '';
  }
}

function commented(issue, comment, isNew) {
  const who = name(isNew ? comment.author : comment.updateAuthor || comment.author);
  const where = /^\d+$/.test(text(comment.id)) ? `?focusedCommentId=${text(comment.id)}` : '';
  // Only a service project has comments that its customers do not see.
  const inside = comment.jsdPublic === false ? ' internally' : '';
  return {
    text: `${linked(issue, where)}: ${who} ${isNew ? `commented${inside}` : 'edited a comment'}`,
    attachments: quoted(comment.body),
  };
}

function sprint(about, isStart) {
  const end = day(about.endDate);
  return {
    text: `*${line(about.name) || 'A sprint'}* ${isStart ? 'started' : 'is closed'}${isStart && end ? `, until ${end}` : ''}`,
    attachments: isStart ? quoted(about.goal) : [],
  };
}

function version(about) {
  return { text: `*${line(about.name) || 'A version'}* is released`, attachments: quoted(about.description) };
}

// What an event is about that has no lines of its own here.
function subject(body) {
  const { issue, project, sprint: about, version: release } = body;
  const named = [Object(project).name, Object(about).name, Object(release).name].map((one) => line(one)).find(Boolean);
  return issue ? title(Object(issue)) : named || 'Jira';
}

// Jira's own markup stays, but for mentions, which are ids there. A newer description may be an object: nothing of it.
function quoted(value) {
  const said = inert(text(value).slice(0, 2000).replace(/\[~[^\]]{0,99}\]/g, '@…'));
  return said ? [{ color: NEUTRAL, text: said }] : [];
}

function title(issue) {
  return `${line(issue.key, 40)} ${line(Object(issue.fields).summary)}`.trim() || 'An issue';
}

// The page of an issue is on the host of its `self`, which is the address of the API.
function linked(issue, more = '') {
  const base = text(issue.self).split('/rest/')[0];
  const key = text(issue.key);
  return link(title(issue), base && /^[\w-]+$/.test(key) ? `${base}/browse/${key}${more}` : '');
}

function name(user) {
  return line(Object(user).displayName, 60) || line(Object(user).name, 60) || 'Someone';
}

function day(value) {
  return /^\d{4}-\d\d-\d\d/.test(text(value)) ? value.slice(0, 10) : '';
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
