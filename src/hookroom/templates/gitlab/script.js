// GitLab: Settings, Webhooks, of a project or a group. The field object_kind says what happened.
const COLORS = { bad: '#d9534f', good: '#2fa44f', notice: '#e0a800', neutral: '#4a90d9' };
const MOST_COMMITS = 5;
const MOST_JOBS = 5;
const NO_COMMIT = /^0+$/;

const EVENTS = {
  push, tag_push: tagPush, merge_request: mergeRequest, issue, work_item: issue, note, pipeline, build, release,
  wiki_page: wikiPage, deployment, feature_flag: featureFlag, emoji: () => null,
};

class Script {
  process_incoming_request({ request }) {
    const body = Object(request.content);
    // Events of members and subgroups have no object_kind.
    const kind = plain(body.object_kind ?? body.event_name);
    if (!kind) return { error: 'There is no object_kind in the body: this is not a webhook of GitLab' };
    const message = Object.hasOwn(EVENTS, kind) ? EVENTS[kind](body) : other(kind, body);
    return message ? { content: message } : undefined;
  }
}

function push(body) {
  const branch = code(name(body.ref));
  if (NO_COMMIT.test(body.after)) return say(body, `${pusher(body)} deleted the branch ${branch}`);
  const commits = list(body.commits);
  const total = Math.max(commits.length, Number(body.total_commits_count) || 0);
  const isNew = NO_COMMIT.test(body.before);
  if (isNew && !total) return say(body, `${pusher(body)} created the branch ${branch}`);
  const compared = isNew ? '' : `${body.project?.web_url}/-/compare/${plain(body.before)}...${plain(body.after)}`;
  const lines = commits.slice(0, MOST_COMMITS).map((one) => {
    const author = one?.author?.name;
    const by = author && author !== body.user_name ? ` – ${who(one.author)}` : '';
    return `${link(short(one?.id), one?.url)} ${plain(one?.title || firstLine(one?.message), 100)}${by}`;
  });
  if (total > lines.length) lines.push(`and ${total - lines.length} more`);
  const shown = commits.length && { color: COLORS.neutral, text: lines.join('\n') };
  const to = isNew ? 'to the new branch' : 'to';
  return say(body, `${pusher(body)} pushed ${link(count(total, 'commit'), compared)} ${to} ${branch}`, shown);
}

function tagPush(body) {
  const deleted = NO_COMMIT.test(body.after);
  const done = deleted ? 'deleted' : 'created';
  return say(body, `${pusher(body)} ${done} the tag ${code(name(body.ref))}`, !deleted && quote(body.message));
}

function mergeRequest(body) {
  const merge = Object(body.object_attributes);
  const target = code(merge.target_branch);
  const draft = merge.draft ?? merge.work_in_progress ? 'draft ' : '';
  const done = {
    open: `*opened* the ${draft}merge request ${code(merge.source_branch)} → ${target}`,
    merge: `*merged* the merge request into ${target}`,
    close: '*closed* the merge request without merging',
    reopen: '*reopened* the merge request',
    approved: '*approved* it',
    approval: '*approved* it',
    unapproved: 'withdrew the approval',
    unapproval: 'withdrew the approval',
    update: changed(Object(body.changes)),
  };
  return ofItem(body, '!', merge, done, merge.action === 'open' && quote(merge.description));
}

/** What of an update of a merge request is told: that it is ready or a draft again, and new reviewers. */
function changed({ draft, reviewers }) {
  if (draft) return draft.current ? 'made the merge request a draft' : 'marked the merge request as *ready for review*';
  const before = list(reviewers?.previous).map((one) => one?.username);
  const asked = list(reviewers?.current).filter((one) => !before.includes(one?.username));
  return asked.length ? `asked ${asked.slice(0, 5).map(who).join(', ')} for a review` : '';
}

function issue(body) {
  const item = Object(body.object_attributes);
  const kind = plain(item.type).toLowerCase() || 'issue';
  const done = { open: `*opened* the ${kind}`, close: `*closed* the ${kind}`, reopen: `*reopened* the ${kind}` };
  return ofItem(body, '#', item, done, item.action === 'open' && quote(item.description));
}

function note(body) {
  const given = Object(body.object_attributes);
  if (given.system || given.action === 'update') return null;
  const [sign, item] = {
    MergeRequest: ['!', body.merge_request],
    Issue: ['#', body.issue],
    Snippet: [' snippet ', body.snippet],
  }[given.noteable_type] ?? ['', { title: `commit ${short(given.commit_id ?? body.commit?.id)}` }];
  const on = given.position?.new_path ? ` on ${code(given.position.new_path)}` : '';
  const commented = { iid: item?.iid ?? item?.id, title: item?.title, url: given.url, action: 'create' };
  return ofItem(body, sign, commented, { create: `commented${on}` }, quote(given.note));
}

function pipeline(body) {
  const { id, url, ref, status, duration } = Object(body.object_attributes);
  const end = { success: 'succeeded', failed: '*failed*', canceled: 'was canceled' }[status];
  if (!end) return null;
  const page = web(url) || `${body.project?.web_url}/-/pipelines/${plain(id)}`; // Older versions send no url.
  const where = link(`${project(body)} pipeline #${plain(id)}`, page);
  // The ref of a merge request's pipeline is refs/merge-requests/42/head.
  const branch = code(body.merge_request?.source_branch ?? ref);
  const text = `${end} on ${branch}${duration > 0 ? ` after ${time(duration)}` : ''}`;
  if (status !== 'failed') return say(body, text, null, where);
  const failed = list(body.builds).filter((one) => one?.status === 'failed' && !one.allow_failure);
  const jobs = failed.slice(0, MOST_JOBS).map((one) => code(one.name)).join(', ');
  const more = failed.length > MOST_JOBS ? ` and ${failed.length - MOST_JOBS} more` : '';
  const lines = [ofCommit(body.commit), jobs && `Failed: ${jobs}${more}`].filter(Boolean).join('\n');
  return say(body, text, lines && { color: COLORS.bad, text: lines }, where);
}

/** A job. Those that succeed, and those that may fail, are not told. */
function build(body) {
  if (body.build_status !== 'failed' || body.build_allow_failure) return null;
  const home = body.project?.web_url ?? body.repository?.homepage;
  const where = link(`${project(body)} job ${plain(body.build_name)}`, `${home}/-/jobs/${plain(body.build_id)}`);
  const reason = plain(body.build_failure_reason).replace(/_/g, ' ');
  return say(body, `*failed* on ${code(body.ref)}`, reason && { color: COLORS.bad, text: reason }, where);
}

function release(body) {
  const end = { create: '*published*', delete: 'deleted' }[body.action];
  if (!end) return null;
  const label = [body.tag, body.name !== body.tag && body.name].map((one) => plain(one)).filter(Boolean).join(' ');
  const where = link(`${project(body)} ${label}`, body.action === 'create' && body.url);
  return say(body, `release ${end}`, body.action === 'create' && quote(body.description), where);
}

function wikiPage(body) {
  const page = Object(body.object_attributes);
  const done = { create: '*created* the page', update: 'changed the page', delete: 'deleted the page' };
  return ofItem(body, ' wiki', page, done, quote(page.message));
}

function deployment(body) {
  const place = plain(body.environment) || 'an environment';
  if (body.status === 'success') {
    return say(body, `${who(body.user)} *deployed* ${code(body.ref)} to ${link(place, body.environment_external_url)}`);
  }
  if (body.status !== 'failed') return null;
  const text = ofCommit({ id: body.short_sha, title: body.commit_title, url: body.commit_url });
  const log = web(body.deployable_url);
  const details = (text || log) && { color: COLORS.bad, text, title: log && 'Log', title_link: log };
  return say(body, `deployment of ${code(body.ref)} to ${place} *failed*`, details);
}

function featureFlag(body) {
  const flag = Object(body.object_attributes);
  return say(body, `${who(body.user)} switched ${flag.active ? '*on*' : '*off*'} the feature flag ${code(flag.name)}`);
}

function other(kind, body) {
  const action = plain(body.object_attributes?.action ?? body.action);
  const by = body.user ? ` by ${who(body.user)}` : '';
  return say(body, `event ${code(kind)}${action && ` (${action})`}${by}`);
}

/** A message on an item with a title, if `done` has its action; `sign` is between the project and the number. */
function ofItem(body, sign, item, done, attachment) {
  if (!Object.hasOwn(done, item.action) || !done[item.action]) return null;
  const where = link(`${project(body)}${sign}${plain(item.iid)} ${plain(item.title)}`, item.url);
  return say(body, `${who(body.user)} ${done[item.action]}`, attachment, where);
}

function ofCommit(commit) {
  return `${link(short(commit?.id), commit?.url)} ${plain(commit?.title || firstLine(commit?.message), 100)}`.trim();
}

function say(body, what, attachment, where = link(project(body), body.project?.web_url ?? body.repository?.homepage)) {
  return { text: `${where}: ${what}`, attachments: attachment ? [attachment] : [] };
}

function project(body) {
  return plain(body.project?.path_with_namespace ?? body.project_name ?? body.group_path) || 'GitLab';
}

function pusher(body) {
  return plain(body.user_name) || plain(body.user_username) || 'somebody';
}

function who(user) {
  return plain(user?.name) || plain(user?.username) || 'somebody';
}

function time(seconds) {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function name(ref) {
  return plain(ref).replace(/^refs\/(heads|tags)\//, '');
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
