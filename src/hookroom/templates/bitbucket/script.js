// Bitbucket Cloud and Bitbucket Data Center: the header X-Event-Key says what happened. The two use other keys and
// other shapes for the same things; `pullRequest` and the functions at the end know both.
const COLORS = { bad: '#d9534f', good: '#2fa44f', notice: '#e0a800', neutral: '#4a90d9' };
const MOST_COMMITS = 5;
const MOST_CHANGES = 5;

const EVENTS = {
  'repo:push': push, 'repo:refs_changed': refsChanged, 'repo:fork': fork, 'repo:forked': fork,
  'repo:commit_comment_created': commitComment, 'repo:comment:added': commitComment,
  'repo:commit_status_created': commitStatus, 'repo:commit_status_updated': commitStatus,
  'issue:created': issue, 'issue:updated': issue, 'issue:comment_created': issue,
};
const PULL_REQUEST_EVENTS = {
  'pullrequest:created': opened, 'pr:opened': opened,
  'pullrequest:fulfilled': merged, 'pr:merged': merged,
  'pullrequest:rejected': () => '*declined* the pull request', 'pr:declined': () => '*declined* the pull request',
  'pr:deleted': () => 'deleted the pull request',
  'pullrequest:approved': () => '*approved* it', 'pr:reviewer:approved': () => '*approved* it',
  'pullrequest:unapproved': () => 'withdrew the approval', 'pr:reviewer:unapproved': () => 'withdrew the approval',
  'pullrequest:changes_request_created': () => '*asked for changes*',
  'pr:reviewer:needs_work': () => '*asked for changes*', 'pr:reviewer:changes_requested': () => '*asked for changes*',
  'pr:reviewer:updated': reviewers,
  'pullrequest:comment_created': commented, 'pr:comment:added': commented,
};
// Changes of what was told before, and what only programs need.
const SILENT = /^diagnostics:|^mirror:|[:_](updated|modified|edited|deleted|resolved|reopened|changes_request_removed)$/;

class Script {
  process_incoming_request({ request }) {
    const event = request.headers['x-event-key'];
    if (!event) return { error: 'There is no X-Event-Key header: this is not a webhook of Bitbucket' };
    const body = Object(request.content);
    const ofPullRequest = Object.hasOwn(PULL_REQUEST_EVENTS, event) ? pullRequest : null;
    const told = ofPullRequest ?? (Object.hasOwn(EVENTS, event) ? EVENTS[event] : other);
    const message = told(body, event);
    return message ? { content: message } : undefined;
  }
}

/** Cloud: several branches and tags in one call, of each at most five commits, `truncated` if there are more. */
function push(body) {
  const changes = list(body.push?.changes);
  const lines = changes.slice(0, MOST_CHANGES).map((one) => {
    const ref = Object(one?.new ?? one?.old);
    const kind = plain(ref.type).replace('_', ' ') || 'branch';
    const commits = list(one?.commits);
    if (!one?.new) return `deleted the ${kind} ${code(ref.name)}`;
    if (kind === 'tag' || (one.created && !commits.length)) return `created the ${kind} ${code(ref.name)}`;
    const many = one.truncated ? `more than ${count(commits.length, 'commit')}` : count(commits.length, 'commit');
    const verb = one.forced ? '*force-pushed*' : 'pushed';
    return `${verb} ${link(many, one.links?.html?.href)} to ${one.created ? 'the new branch ' : ''}${code(ref.name)}`;
  });
  const [first] = changes;
  const commits = list(first?.new && first.commits).map((one) => ofCommit(one?.hash, page(one), one?.message));
  return ofPush(body, changes, lines, commits, first?.truncated ? 'and more' : '');
}

/** Data Center: the commits are there since 8.0, and only of pushes to one branch. */
function refsChanged(body) {
  const changes = list(body.changes);
  const home = page(body.repository).replace(/\/browse$/, '');
  const lines = changes.slice(0, MOST_CHANGES).map((one) => {
    const kind = plain(one?.ref?.type).toLowerCase() || 'branch';
    const name = code(one?.ref?.displayId);
    if (one?.type === 'DELETE') return `deleted the ${kind} ${name}`;
    if (one?.type === 'ADD') return `created the ${kind} ${name}`;
    return `pushed to ${name}`;
  });
  const commits = list(body.commits).map((one) => {
    return ofCommit(one?.displayId ?? one?.id, `${home}/commits/${plain(one?.id)}`, one?.message);
  });
  return ofPush(body, changes, lines, commits, '');
}

function ofPush(body, changes, lines, commits, more) {
  if (!lines.length) return null;
  const left = commits.length - MOST_COMMITS;
  const shown = commits.slice(0, MOST_COMMITS).concat(left > 0 ? `and ${left} more` : more || []);
  if (changes.length > MOST_CHANGES) lines.push(`and ${count(changes.length - MOST_CHANGES, 'other change')}`);
  const attachment = changes.length === 1 && commits.length && { color: COLORS.neutral, text: shown.join('\n') };
  return say(body, `${actor(body)} ${lines.join(', ')}`, attachment);
}

function pullRequest(body, event) {
  const pull = Object(body.pullrequest ?? body.pullRequest);
  const what = PULL_REQUEST_EVENTS[event](body, pull);
  if (!what) return null;
  const home = body.repository ?? pull.toRef?.repository;
  const where = link(`${repository(home)} #${plain(pull.id)} ${plain(pull.title)}`, page(body.comment) || page(pull));
  const text = {
    'pullrequest:created': pull.description, 'pr:opened': pull.description, 'pullrequest:rejected': pull.reason,
    'pullrequest:comment_created': body.comment?.content?.raw, 'pr:comment:added': body.comment?.text,
  }[event];
  return say(body, `${actor(body)} ${what}`, quote(text), where);
}

function opened(body, pull) {
  const source = code(pull.source?.branch?.name ?? pull.fromRef?.displayId);
  return `*opened* the ${pull.draft ? 'draft ' : ''}pull request ${source} → ${target(pull)}`;
}

function merged(body, pull) {
  return `*merged* the pull request into ${target(pull)}`;
}

function target(pull) {
  return code(pull.destination?.branch?.name ?? pull.toRef?.displayId);
}

function reviewers(body) {
  const added = list(body.addedReviewers).slice(0, 5).map(who);
  return added.length ? `asked ${added.join(', ')} for a review` : '';
}

function commented(body) {
  const path = body.comment?.inline?.path ?? body.commentAnchor?.path;
  return `commented${path ? ` on ${code(path)}` : ''}`;
}

function commitComment(body) {
  const sha = plain(body.commit?.hash ?? body.commit).slice(0, 7);
  const where = link(`${repository(body.repository)} commit ${sha}`, page(body.comment));
  return say(body, `${actor(body)} commented`, quote(body.comment?.content?.raw ?? body.comment?.text), where);
}

/** Of Pipelines and other builds. */
function commitStatus(body) {
  const status = Object(body.commit_status);
  const end = { SUCCESSFUL: 'succeeded', FAILED: '*failed*', STOPPED: 'was stopped' }[status.state];
  if (!end) return null;
  const where = link(`${repository(body.repository)} ${plain(status.name) || plain(status.key)}`, status.url);
  const text = status.state === 'FAILED' && plain(firstLine(status.commit?.message) || status.description);
  const branch = status.refname ? ` on ${code(status.refname)}` : '';
  return say(body, `${end}${branch}`, text && { color: COLORS.bad, text }, where);
}

function issue(body, event) {
  const item = Object(body.issue);
  const status = body.changes?.status;
  const done = {
    'issue:created': `*opened* the ${plain(item.kind) || 'issue'}`,
    'issue:comment_created': 'commented',
    'issue:updated': status?.new && `set the status to *${plain(status.new)}*`,
  }[event];
  if (!done || (event === 'issue:comment_created' && !body.comment?.content?.raw)) return null;
  const label = `${repository(body.repository)} #${plain(item.id)} ${plain(item.title)}`;
  const text = event === 'issue:created' ? item.content?.raw : body.comment?.content?.raw;
  return say(body, `${actor(body)} ${done}`, quote(text), link(label, page(body.comment) || page(item)));
}

function fork(body) {
  const [original, copy] = body.fork ? [body.repository, body.fork] : [body.repository?.origin, body.repository];
  const where = link(repository(original), page(original));
  return say(body, `${actor(body)} forked it to ${link(repository(copy), page(copy))}`, null, where);
}

function other(body, event) {
  if (SILENT.test(event)) return null;
  return say(body, `event ${code(event)} by ${actor(body)}`);
}

function say(body, what, attachment, where = link(repository(body.repository), page(body.repository))) {
  return { text: `${where}: ${what}`, attachments: attachment ? [attachment] : [] };
}

function ofCommit(sha, url, message) {
  return `${link(short(sha), url)} ${plain(firstLine(message), 100)}`;
}

/** Cloud has a full name; Data Center a project and a name. */
function repository(one) {
  const parts = one?.full_name ? [one.full_name] : [one?.project?.key, one?.slug];
  return parts.map((part) => plain(part)).filter(Boolean).join('/') || 'Bitbucket';
}

/** The address for people: one in Cloud, a list in Data Center. */
function page(one) {
  return web(one?.links?.html?.href) || web(one?.links?.self?.[0]?.href);
}

function actor(body) {
  return who(body.actor);
}

function who(user) {
  return plain(user?.display_name ?? user?.displayName) || plain(user?.nickname ?? user?.name) || 'somebody';
}

function quote(text, color = COLORS.neutral) {
  const shown = excerpt(text);
  return shown && { color, text: shown };
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function short(sha) {
  return plain(sha).slice(0, 7);
}

function firstLine(text) {
  return String(text ?? '').slice(0, 2000).trimStart().split('\n', 1)[0];
}

function code(text) {
  return `\`${plain(text) || '?'}\``;
}

function web(url) {
  return typeof url === 'string' && url.length <= 2000 && /^https?:\/\/[^\s/?#\\]/i.test(url) ? url : '';
}

function link(text, url) {
  const target = web(url).replace(/[\s()<>]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const label = plain(text) || target;
  return target ? `[${label}](${target})` : label;
}

/** Text of others on one line: it mentions nobody, and is no Markdown. */
function plain(text, length = 200) {
  if (typeof text !== 'string' && typeof text !== 'number') return '';
  const line = cut(String(text).slice(0, 2000).replace(/\s+/g, ' ').trim(), length);
  const lookalikes = { '[': '(', ']': ')', '<': '‹', '*': '∗', '~': '∼', '`': "'" };
  return unmentioned(line.replace(/[[\]<*~`]/g, (one) => lookalikes[one]));
}

/** The beginning of a text in Markdown, without comments, pictures and links. */
function excerpt(text) {
  if (typeof text !== 'string') return '';
  const bare = text.slice(0, 2000)
    .replace(/<!--[^]*?(-->|$)/g, '')
    .replace(/!?\[([^[\]\n]*)\]\([^)\s]{0,300}\)/g, '$1')
    .replace(/\]\(/g, '] (')
    .replace(/<(?=\S)/g, '‹')
    .split('\n').map((line) => line.trim()).filter(Boolean).join('\n');
  return unmentioned(cut(bare, 200));
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

function unmentioned(text) {
  return text.replace(/(?<!\w)@(?!\u200b)/g, '@\u200b');
}
