// Gitea and Forgejo: Settings, Webhooks, of a repository or an organization; type "Gitea" or "Forgejo".
const COLORS = { bad: '#d9534f', good: '#2fa44f', notice: '#e0a800', neutral: '#4a90d9' };
const MOST_COMMITS = 5;

const EVENTS = {
  push, create: ref('created'), delete: ref('deleted'), fork, issues, pull_request: pullRequest, issue_comment: comment,
  release, wiki, repository: ofRepository, package: ofPackage, workflow_run: workflowRun,
  action_run_failure: actionRun, action_run_success: actionRun, action_run_recover: actionRun,
};
const SILENT = new Set(['status', 'workflow_job', 'schedule']);

class Script {
  process_incoming_request({ request }) {
    const event = request.headers['x-gitea-event'] || request.headers['x-forgejo-event'];
    if (!event) return { error: 'There is no X-Gitea-Event header: this is not a webhook of Gitea or Forgejo' };
    if (SILENT.has(event)) return undefined;
    const body = Object(request.content);
    // Reviews are events of several names, which differ between versions.
    const told = body.review ? review : Object.hasOwn(EVENTS, event) ? EVENTS[event] : other;
    const message = told(body, event);
    return message ? { content: message } : undefined;
  }
}

function push(body) {
  const name = plain(body.ref);
  const commits = list(body.commits);
  // There are at most a few commits in the call. Tags and new branches are told by the event "create".
  const total = Math.max(commits.length, Number(body.total_commits) || 0);
  if (!name.startsWith('refs/heads/') || !total) return null;
  const pusher = body.pusher?.login ?? body.sender?.login;
  const lines = commits.slice(0, MOST_COMMITS).map((one) => {
    const author = one?.author?.username || one?.author?.name;
    const by = author && author !== pusher ? ` – ${plain(author)}` : '';
    return `${link(short(one?.id), one?.url)} ${plain(firstLine(one?.message), 100)}${by}`;
  });
  if (total > lines.length) lines.push(`and ${total - lines.length} more`);
  const shown = commits.length && { color: COLORS.neutral, text: lines.join('\n') };
  const what = link(count(total, 'commit'), body.compare_url);
  return say(body, `${who(pusher)} pushed ${what} to ${code(name.slice(11))}`, shown);
}

/** What tells that a branch or a tag was `done`. */
function ref(done) {
  return (body) => {
    const name = plain(body.ref).replace(/^refs\/(heads|tags)\//, '');
    return say(body, `${sender(body)} ${done} the ${plain(body.ref_type) || 'ref'} ${code(name)}`);
  };
}

/** In the event of a fork, `forkee` is the original. */
function fork(body) {
  const copy = link(body.repository?.full_name, body.repository?.html_url) || 'a new repository';
  const original = link(body.forkee?.full_name, body.forkee?.html_url) || 'Gitea';
  return say(body, `${sender(body)} forked it to ${copy}`, null, original);
}

function issues(body) {
  const issue = Object(body.issue);
  const done = {
    opened: '*opened* the issue',
    closed: '*closed* the issue',
    reopened: '*reopened* the issue',
    assigned: `assigned the issue to ${who(issue.assignee?.login)}`,
  };
  return ofItem(body, issue, done, body.action === 'opened' && quote(issue.body));
}

function pullRequest(body) {
  const pull = Object(body.pull_request);
  const target = code(pull.base?.ref);
  const done = {
    opened: `*opened* the ${pull.draft ? 'draft ' : ''}pull request ${code(pull.head?.ref)} → ${target}`,
    closed: pull.merged ? `*merged* the pull request into ${target}` : '*closed* the pull request without merging',
    reopened: '*reopened* the pull request',
    review_requested: `asked ${who(body.requested_reviewer?.login)} for a review`,
  };
  return ofItem(body, pull, done, body.action === 'opened' && quote(pull.body));
}

function review(body) {
  const { type, content } = body.review;
  const kind = plain(type).replace(/^pull_request_review_/, '');
  const [said, color] = {
    approved: ['*approved* it', COLORS.good],
    rejected: ['*asked for changes*', COLORS.notice],
  }[kind] ?? ['reviewed it', COLORS.neutral];
  return ofItem(body, Object(body.pull_request), { reviewed: said }, quote(content, color));
}

function comment(body) {
  const given = Object(body.comment);
  const item = Object(body.issue ?? body.pull_request);
  return ofItem(body, { ...item, html_url: given.html_url }, { created: 'commented' }, quote(given.body));
}

function release(body) {
  const { tag_name: tag, name, prerelease, body: notes, html_url: url } = Object(body.release);
  if (body.action !== 'published') return null;
  const label = [tag, name !== tag && name].map((one) => plain(one)).filter(Boolean).join(' ');
  const kind = prerelease ? 'pre-release' : 'release';
  return say(body, `${sender(body)} *published* the ${kind}`, quote(notes), link(`${repository(body)} ${label}`, url));
}

function wiki(body) {
  const done = { created: 'created', edited: 'changed', deleted: 'deleted' };
  if (!Object.hasOwn(done, body.action)) return null;
  return say(body, `${sender(body)} ${done[body.action]} the wiki page ${code(body.page)}`, quote(body.comment));
}

function ofRepository(body) {
  return say(body, `${sender(body)} ${plain(body.action) || 'changed'} the repository`);
}

function ofPackage(body) {
  const { name, version, type, html_url: url } = Object(body.package);
  const where = link(`${plain(name) || 'package'} ${plain(version)}`, url);
  const done = body.action === 'created' ? '*published*' : plain(body.action) || 'changed';
  return say(body, `${sender(body)} ${done} the ${plain(type)} package`, null, where);
}

/** Of Gitea's Actions. */
function workflowRun(body) {
  const run = Object(body.workflow_run);
  const [end, color] = {
    success: ['succeeded', COLORS.good], failure: ['*failed*', COLORS.bad], cancelled: ['was cancelled', COLORS.notice],
  }[run.conclusion] ?? [];
  if (body.action !== 'completed' || !end) return null;
  const name = plain(body.workflow?.name ?? run.name) || 'workflow';
  const where = link(`${repository(body)} ${name} #${plain(run.run_number)}`, run.html_url);
  const text = run.conclusion !== 'success' && plain(run.display_title);
  return say(body, `${end} on ${code(run.head_branch)}`, text && { color, text }, where);
}

/** Of Forgejo's Actions; "recover" is the first success after a failure, and comes besides "success". */
function actionRun(body, event) {
  const run = Object(body.run);
  if (event === 'action_run_recover') return null;
  const failed = event === 'action_run_failure';
  const home = run.repository?.full_name ?? body.repository?.full_name;
  const label = `${plain(home) || 'Forgejo'} ${plain(run.workflow_id)} #${plain(run.index_in_repo)}`;
  const text = failed && plain(run.title);
  const branch = run.prettyref ? ` on ${code(run.prettyref)}` : '';
  const end = failed ? '*failed*' : 'succeeded';
  return say(body, `${end}${branch}`, text && { color: COLORS.bad, text }, link(label, run.html_url));
}

function other(body, event) {
  return say(body, `event ${code(event)}${body.action ? ` (${plain(body.action) || '?'})` : ''} by ${sender(body)}`);
}

/** A message on a numbered item with a title, if `done` has the action. */
function ofItem(body, item, done, attachment) {
  if (!Object.hasOwn(done, body.action)) return null;
  const number = item.number ? `#${plain(item.number)}` : '';
  const where = link(`${repository(body)}${number} ${plain(item.title)}`, item.html_url);
  return say(body, `${sender(body)} ${done[body.action]}`, attachment, where);
}

function say(body, what, attachment, where = link(repository(body), body.repository?.html_url)) {
  return { text: `${where}: ${what}`, attachments: attachment ? [attachment] : [] };
}

function repository(body) {
  return plain(body.repository?.full_name ?? body.organization?.username) || 'Gitea';
}

function sender(body) {
  return who(body.sender?.login);
}

function who(login) {
  return plain(login) || 'somebody';
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
