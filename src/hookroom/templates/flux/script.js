// Flux: notification-controller, a Provider of type "generic-hmac" (or "generic"), and an Alert that uses it.
const COLORS = { bad: '#d9534f', neutral: '#4a90d9' };
// Flux tries again by itself; what comes of it is another event.
const SILENT = new Set(['DependencyNotReady']);

class Script {
  process_incoming_request({ request }) {
    const { involvedObject: object, severity, reason, message, metadata } = Object(request.content);
    if (!plain(object?.kind)) return { error: 'There is no involvedObject in the body: this is not an event of Flux' };
    if (severity === 'trace' || SILENT.has(reason)) return undefined;
    const name = [object.namespace, object.name].map((one) => plain(one)).filter(Boolean).join('/');
    const where = `*${plain(object.kind)} ${name}*`.replace(' *', '*');
    const revision = shortened(meta(metadata, 'revision'));
    // The messages of charts have their version already.
    const at = revision && !String(message).includes(revision) ? ` at ${code(revision)}` : '';
    const about = plain(meta(metadata, 'summary'));
    const note = about ? ` (${about})` : '';
    if (severity === 'error') {
      const text = excerpt(message, 500);
      return said(`${where}: *${plain(reason) || 'failed'}*${at}${note}`, text && { color: COLORS.bad, text });
    }
    // A change of many objects has a line for each.
    const lines = String(message ?? '').slice(0, 2000).split('\n').filter((one) => one.trim());
    if (lines.length < 2) return said(`${where}: ${plain(lines[0]) || plain(reason) || 'changed'}${at}${note}`);
    const shown = lines.slice(0, 5).map((one) => plain(one, 100));
    if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`);
    const what = reason === 'Progressing' ? `${lines.length} changes` : plain(reason) || 'changed';
    return said(`${where}: ${what}${at}${note}`, { color: COLORS.neutral, text: shown.join('\n') });
  }
}

function said(text, attachment) {
  return { content: { text, attachments: attachment ? [attachment] : [] } };
}

/** Some versions have the name of an API before the key: kustomize.toolkit.fluxcd.io/revision. */
function meta(metadata, key) {
  const found = Object.keys(Object(metadata)).find((one) => one === key || one.endsWith(`.fluxcd.io/${key}`));
  return found ? metadata[found] : '';
}

/** main@sha1:731f7eaddfb6… as main@731f7ea; older versions have main/731f7eaddfb6…. */
function shortened(revision) {
  return plain(revision).replace(/(?:sha\d+:)?\b([0-9a-f]{7})[0-9a-f]{33,57}\b/, '$1');
}

function code(text) {
  return `\`${plain(text) || '?'}\``;
}

/** Text of others on one line: it mentions nobody, and is no Markdown. */
function plain(text, length = 200) {
  if (typeof text !== 'string' && typeof text !== 'number') return '';
  const line = cut(String(text).slice(0, 2000).replace(/\s+/g, ' ').trim(), length);
  const lookalikes = { '[': '(', ']': ')', '<': '‹', '*': '∗', '~': '∼', '`': "'" };
  return unmentioned(line.replace(/[[\]<*~`]/g, (one) => lookalikes[one]));
}

/** The beginning of a text of several lines. */
function excerpt(text, length) {
  if (typeof text !== 'string') return '';
  return unmentioned(cut(text.slice(0, 2000).replace(/\]\(/g, '] (').replace(/<(?=\S)/g, '‹').trim(), length));
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

function unmentioned(text) {
  return text.replace(/(?<!\w)@(?!\u200b)/g, '@\u200b');
}
