// Argo CD Notifications: the service "webhook", with the template of the README, which says what is in the body.
const COLORS = { bad: '#d9534f', notice: '#e0a800' };
const HEALTH = { Degraded: COLORS.bad, Missing: COLORS.bad, Unknown: COLORS.notice, Suspended: COLORS.notice };

class Script {
  process_incoming_request({ request }) {
    const { app, project, url, sync, health, operation, conditions } = Object(request.content);
    if (!plain(app)) return { error: 'There is no app in the body: it is not made by the template for Argo CD' };
    const failed = operation?.phase === 'Failed' || operation?.phase === 'Error';
    const unwell = Object.hasOwn(HEALTH, health?.status) ? HEALTH[health.status] : '';
    // What went wrong, each thing once: the conditions often say the same as the operation.
    const told = list(conditions).map((one) => one?.message);
    const reasons = [failed && operation.message, unwell && health.message, ...told];
    const lines = [...new Set(reasons.map((one) => plain(one)).filter(Boolean))].slice(0, 3);
    const color = failed ? COLORS.bad : unwell || COLORS.notice;
    const where = link(project && project !== 'default' ? `${plain(project)}/${plain(app)}` : app, url);
    const state = [ofSync(sync, operation, failed), ofHealth(health?.status, unwell)].filter(Boolean).join(', ');
    return {
      content: { text: `${where}: ${state}`, attachments: lines.length ? [{ color, text: lines.join('\n') }] : [] },
    };
  }
}

function ofSync(sync, operation, failed) {
  const user = plain(operation?.initiatedBy?.username);
  const by = user ? ` by ${user}` : '';
  if (failed) return `sync *failed*${by && `, started${by}`}`;
  if (operation?.phase === 'Running') return `is syncing${by && `, started${by}`}`;
  if (sync?.status === 'Unknown') return 'sync status *unknown*';
  // Of applications with several sources there are several revisions.
  const revision = plain(sync?.revision || list(sync?.revisions).map((one) => short(one)).join(' '));
  const at = /^[0-9a-f]{40}$/.test(revision) ? short(revision) : revision;
  if (sync?.status === 'Synced') return `*synced*${at && ` to ${code(at)}`}${by}`;
  return plain(sync?.status) || 'changed';
}

function ofHealth(status, unwell) {
  return unwell ? `*${plain(status)}*` : plain(status);
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function short(sha) {
  return plain(sha).slice(0, 7);
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

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

function unmentioned(text) {
  return text.replace(/(?<!\w)@(?!\u200b)/g, '@\u200b');
}
