// GitHub: Settings, Webhooks, of a repository or an organization. The header X-GitHub-Event says what happened.
const COLORS = { bad: '#d9534f', good: '#2fa44f', notice: '#e0a800', neutral: '#4a90d9' };
const MOST_COMMITS = 5;

const EVENTS = {
  push, create: ref('created'), delete: ref('deleted'), fork, star, issues, release, discussion,
  pull_request: pullRequest, pull_request_review: review, pull_request_review_comment: comment,
  issue_comment: comment, commit_comment: comment, discussion_comment: comment,
  workflow_run: workflowRun, deployment_status: deploymentStatus,
  dependabot_alert: dependabotAlert, code_scanning_alert: codeAlert, secret_scanning_alert: secretAlert,
};
// They follow from other events, or come by the dozen. Of events in neither list there is a short line.
const SILENT = new Set([
  'ping', 'watch', 'status', 'check_run', 'check_suite', 'workflow_job', 'workflow_dispatch', 'deployment', 'merge_group',
  'page_build', 'label', 'milestone', 'pull_request_review_thread', 'projects_v2_item', 'sub_issues', 'issue_dependencies',
  'repository_dispatch', 'repository_vulnerability_alert', 'registry_package', 'installation', 'installation_repositories',
]);
const ENDS = {
  success: ['succeeded', COLORS.good], failure: ['*failed*', COLORS.bad], timed_out: ['*timed out*', COLORS.bad],
  startup_failure: ['*could not start*', COLORS.bad], cancelled: ['was cancelled', COLORS.notice],
  action_required: ['*needs approval*', COLORS.notice],
};
const SEVERITIES = { critical: COLORS.bad, high: COLORS.bad, error: COLORS.bad };

class Script {
  process_incoming_request({ request }) {
    const event = request.headers['x-github-event'];
    if (!event) return { error: 'There is no X-GitHub-Event header: this is not a webhook of GitHub' };
    const body = Object(request.content);
    if (SILENT.has(event)) return undefined;
    const message = Object.hasOwn(EVENTS, event) ? EVENTS[event](body) : other(event, body);
    return message ? { content: message } : undefined;
  }
}

function push(body) {
  const name = String(body.ref ?? '');
  const commits = list(body.commits);
  // Tags, and branches that come and go, are told by the events "create" and "delete".
  if (!name.startsWith('refs/heads/') || ofMergeQueue(name) || body.deleted) return null;
  if (body.created && !commits.length) return null;
  const what = link(commits.length ? count(commits.length, 'commit') : short(body.after), body.compare) || 'something';
  const lines = commits.slice(0, MOST_COMMITS).map((one) => {
    const author = one?.author?.username || one?.author?.name;
    const by = author && author !== body.sender?.login ? ` – ${who(author)}` : '';
    return `${link(short(one?.id), one?.url)} ${plain(firstLine(one?.message), 100)}${by}`;
  });
  if (commits.length > MOST_COMMITS) lines.push(`and ${commits.length - MOST_COMMITS} more`);
  const verb = body.forced ? '*force-pushed*' : 'pushed';
  const shown = lines.length && { color: COLORS.neutral, text: lines.join('\n') };
  return say(body, `${sender(body)} ${verb} ${what} to ${code(name.slice(11))}`, shown);
}

/** What tells that a branch or a tag was `done`. */
function ref(done) {
  return (body) => {
    const what = `${sender(body)} ${done} the ${plain(body.ref_type) || 'ref'} ${code(body.ref)}`;
    return ofMergeQueue(body.ref) ? null : say(body, what);
  };
}

function fork(body) {
  const copy = link(body.forkee?.full_name, body.forkee?.html_url) || 'a new repository';
  return say(body, `${sender(body)} forked it to ${copy}`);
}

function star(body) {
  if (body.action !== 'created') return null;
  const stars = body.repository?.stargazers_count;
  return say(body, `${sender(body)} starred it${stars > 0 ? ` (${count(stars, 'star')})` : ''}`);
}

function pullRequest(body) {
  const pull = Object(body.pull_request);
  const target = code(pull.base?.ref);
  const asked = who(body.requested_reviewer?.login ?? body.requested_team?.name);
  const done = {
    opened: `*opened* the ${pull.draft ? 'draft ' : ''}pull request ${code(pull.head?.ref)} → ${target}`,
    closed: pull.merged ? `*merged* the pull request into ${target}` : '*closed* the pull request without merging',
    reopened: '*reopened* the pull request',
    ready_for_review: 'marked the pull request as *ready for review*',
    converted_to_draft: 'made the pull request a draft',
    review_requested: `asked ${asked} for a review`,
  };
  return ofItem(body, pull, done, body.action === 'opened' && quote(pull.body));
}

function issues(body) {
  const issue = Object(body.issue);
  const as = { not_planned: ' as not planned', duplicate: ' as a duplicate' }[issue.state_reason] ?? '';
  const done = {
    opened: '*opened* the issue',
    closed: `*closed* the issue${as}`,
    reopened: '*reopened* the issue',
    assigned: `assigned the issue to ${who(body.assignee?.login)}`,
    transferred: 'moved the issue to another repository',
    deleted: 'deleted the issue',
  };
  return ofItem(body, issue, done, body.action === 'opened' && quote(issue.body));
}

function discussion(body) {
  const item = Object(body.discussion);
  const done = { created: '*started* the discussion', answered: 'marked an *answer*' };
  return ofItem(body, item, done, body.action === 'created' ? quote(item.body) : quote(body.answer?.body, COLORS.good));
}

function review(body) {
  const given = Object(body.review);
  const state = body.action === 'submitted' ? String(given.state).toLowerCase() : body.action;
  const said = {
    approved: ['*approved* it', COLORS.good],
    changes_requested: ['*asked for changes*', COLORS.notice],
    commented: given.body && ['reviewed it', COLORS.neutral], // Without a text it only carries comments on lines.
    dismissed: ['dismissed a review', COLORS.neutral],
  }[state];
  if (!said) return null;
  const item = { ...Object(body.pull_request), html_url: given.html_url };
  return ofItem(body, item, { [body.action]: said[0] }, quote(given.body, said[1]));
}

function comment(body) {
  if (body.action !== 'created') return null;
  const given = Object(body.comment);
  const item = body.issue ?? body.pull_request ?? body.discussion ?? { title: `commit ${short(given.commit_id)}` };
  const on = given.path ? ` on ${code(given.path)}` : '';
  return ofItem(body, { ...Object(item), html_url: given.html_url }, { created: `commented${on}` }, quote(given.body));
}

function release(body) {
  if (body.action !== 'published') return null;
  const { tag_name: tag, name, prerelease, body: notes, html_url: url } = Object(body.release);
  const label = [tag, name !== tag && name].filter(Boolean).join(' ');
  const where = link(`${repository(body)} ${label}`, url);
  return say(body, `${sender(body)} *published* the ${prerelease ? 'pre-release' : 'release'}`, quote(notes), where);
}

function workflowRun(body) {
  const run = Object(body.workflow_run);
  if (body.action !== 'completed' || !Object.hasOwn(ENDS, run.conclusion)) return null;
  const [end, color] = ENDS[run.conclusion];
  const again = run.run_attempt > 1 ? ` (attempt ${plain(run.run_attempt)})` : '';
  const sha = plain(run.head_sha);
  const commit = sha && link(short(sha), `${body.repository?.html_url}/commit/${sha}`);
  const text = `${commit} ${plain(run.display_title)}`.trim();
  const failed = run.conclusion !== 'success' && text && { color, text };
  const where = link(`${repository(body)} ${plain(run.name) || 'workflow'} #${plain(run.run_number)}`, run.html_url);
  return say(body, `${end} on ${code(run.head_branch)}${again}`, failed, where);
}

function deploymentStatus(body) {
  const status = Object(body.deployment_status);
  const ref = code(body.deployment?.ref);
  const place = status.environment ?? body.deployment?.environment ?? 'an environment';
  if (status.state === 'success') {
    return say(body, `${sender(body)} *deployed* ${ref} to ${link(place, status.environment_url) || 'an environment'}`);
  }
  if (status.state !== 'failure' && status.state !== 'error') return null;
  const text = plain(status.description);
  const log = web(status.log_url) || web(status.target_url);
  const details = (text || log) && { color: COLORS.bad, text, title: log && 'Log', title_link: log };
  return say(body, `deployment of ${ref} to ${plain(place)} *failed*`, details);
}

function dependabotAlert(body) {
  const { dependency, security_advisory: advisory, security_vulnerability: found } = Object(body.alert);
  const fields = [
    { title: 'Advisory', value: plain(advisory?.cve_id ?? advisory?.ghsa_id), short: true },
    { title: 'Fixed in', value: plain(found?.first_patched_version?.identifier) || 'no version yet', short: true },
  ];
  return alert(body, advisory?.severity, plain(dependency?.package?.name), advisory?.summary, fields);
}

function codeAlert(body) {
  const { rule, tool } = Object(body.alert);
  return alert(body, rule?.security_severity_level ?? rule?.severity, plain(tool?.name), rule?.description ?? rule?.name);
}

function secretAlert(body) {
  return alert(body, 'critical', 'secret', body.alert?.secret_type_display_name ?? body.alert?.secret_type);
}

/** Of the three kinds of security alerts. The secret that was found is never shown. */
function alert(body, severity, subject, summary, fields = []) {
  const where = link(`${repository(body)} ${subject}`, body.alert?.html_url);
  const again = ['reopened', 'reopened_by_user', 'reintroduced'].includes(body.action);
  if (body.action === 'created' || again) {
    const color = Object.hasOwn(SEVERITIES, severity) ? SEVERITIES[severity] : COLORS.notice;
    const known = fields.filter((one) => one.value);
    const about = { color, text: plain(summary), fields: known.length ? known : undefined };
    return say(body, `${again ? 'again a' : 'new'} *${plain(severity) || 'unrated'}* security alert`, about, where);
  }
  const done = {
    fixed: 'was *fixed*', dismissed: 'was dismissed', closed_by_user: 'was dismissed', resolved: 'was resolved',
    publicly_leaked: '*leaked publicly*',
  };
  if (!Object.hasOwn(done, body.action)) return null;
  return say(body, `${plain(summary) || 'security alert'} ${done[body.action]}`, null, where);
}

function other(event, body) {
  return say(body, `event ${code(event)}${body.action ? ` (${plain(body.action)})` : ''} by ${sender(body)}`);
}

/** A message on a numbered item with a title, if `done` has the action. */
function ofItem(body, item, done, attachment) {
  if (!Object.hasOwn(done, body.action)) return null;
  const number = item.number ? `#${item.number}` : '';
  const where = link(`${repository(body)}${number} ${plain(item.title)}`, item.html_url);
  return say(body, `${sender(body)} ${done[body.action]}`, attachment, where);
}

function say(body, what, attachment, where = link(repository(body), body.repository?.html_url)) {
  return { text: `${where}: ${what}`, attachments: attachment ? [attachment] : [] };
}

function repository(body) {
  return plain(body.repository?.full_name ?? body.organization?.login) || 'GitHub';
}

function sender(body) {
  return who(body.sender?.login);
}

function who(login) {
  return plain(String(login ?? '').replace(/\[bot\]$/, '')) || 'somebody';
}

function ofMergeQueue(ref) {
  return /^(refs\/heads\/)?gh-readonly-queue\//.test(ref);
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
