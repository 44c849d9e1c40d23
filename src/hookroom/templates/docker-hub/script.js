// Docker Hub: the tab Webhooks of a repository. There is one event: a tag was pushed.
class Script {
  process_incoming_request({ request }) {
    const { push_data: push, repository } = Object(request.content);
    const name = plain(repository?.repo_name) || plain(repository?.name);
    if (!name) return { error: 'There is no repository in the body: this is not a webhook of Docker Hub' };
    const tag = plain(push?.tag);
    const page = web(repository.repo_url);
    const ofTag = tag && /\/r\//.test(page) ? `${page.replace(/\/$/, '')}/tags?name=${tag}` : page;
    const where = link(tag ? `${name}:${tag}` : name, ofTag);
    return { content: { text: `${where}: ${plain(push?.pusher) || 'somebody'} pushed the image` } };
  }
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
