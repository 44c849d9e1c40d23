// Jenkins: the Notification plugin (format JSON), and the Outbound WebHook plugin.
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const MOST_TESTS = 5;

// How a result reads, and its color where it is worth more than a line.
const RESULTS = {
  __proto__: null,
  success: ['succeeded', ''],
  failure: ['*failed*', '#d9534f'],
  unstable: ['is *unstable*', '#e0a800'],
  aborted: ['was aborted', ''],
  not_built: ['was not built', ''],
};

class Script {
  process_incoming_request({ request }) {
    const body = Object(request.content);
    const content = body.build ? notified(body, Object(body.build)) : body.buildUrl || body.projectName ? outbound(body) : undefined;
    return content ? { content } : undefined;
  }
}

// The Notification plugin sends each build up to four times: QUEUED, STARTED, COMPLETED, FINALIZED. The last one, which
// all of its choices but "started" and "completed" include, knows the most. NONE is a pipeline's own `notifyEndpoints`.
function notified(job, build) {
  const phase = text(build.phase);
  if (phase !== 'FINALIZED' && phase !== 'NONE') {
    return undefined;
  }
  const status = text(build.status).toLowerCase();
  const [said, color] = RESULTS[status] || [line(status) ? `ended as ${line(status, 40)}` : 'is running', ''];
  const scm = Object(build.scm);
  const took = typeof build.duration === 'number' && build.duration > 0 ? ` after ${time(build.duration)}` : '';
  const branch = code(text(scm.branch).replace(/^(refs\/heads|refs\/remotes\/origin|origin)\//, ''));
  const details = [line(build.notes, 200)];
  if (color) {
    details.push(tests(Object(build.test_summary)), culprits(scm.culprits), log(build.log));
  }
  const shown = details.filter(Boolean).join('\n');
  return {
    text: `${link(`${jobName(job)} #${line(build.number, 20)}`, build.full_url)} ${said}${took}${branch && ` on ${branch}`}`,
    attachments: shown ? [{ color: color || '#4a90d9', text: shown }] : [],
  };
}

// The Outbound WebHook plugin: little more than a name and an address. `buildVars` is the environment: it stays unsaid.
function outbound(body) {
  const event = text(body.event).toLowerCase();
  const [said] = RESULTS[event] || [event === 'start' ? 'started' : event === 'pipeline' ? 'reached its webhook step' : line(event, 40)];
  return { text: `${link(`${line(body.projectName)} ${line(body.buildName, 60)}`.trim() || 'A build', body.buildUrl)} ${said}`.trim() };
}

// The name of a job in folders is only its last part ("main" of a multibranch job): the others are in its address.
function jobName(job) {
  const parts = (text(job.url).match(/(?<=(?:^|\/)job\/)[^/]+/g) || []).map(decoded);
  return line(parts.length > 1 ? parts.join(' / ') : text(job.display_name) || text(job.name), 80) || 'A build';
}

function decoded(part) {
  try {
    return decodeURIComponent(decodeURIComponent(part));
  } catch {
    return part;
  }
}

function tests(summary) {
  const { total, failed } = summary;
  if (typeof total !== 'number' || !(failed > 0)) {
    return '';
  }
  const names = Array.isArray(summary.failed_tests) ? summary.failed_tests : [];
  const shown = names.slice(0, MOST_TESTS).map((one) => code(one, 120)).filter(Boolean);
  const more = shown.length && failed > shown.length ? [`and ${failed - shown.length} more`] : [];
  return [`${failed} of ${total} ${total === 1 ? 'test' : 'tests'} failed${shown.length ? ':' : ''}`, ...shown, ...more].join('\n');
}

function culprits(given) {
  const names = (Array.isArray(given) ? given : []).map((one) => line(one, 40)).filter(Boolean);
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return names.length ? `Changes by ${names.slice(0, 5).join(', ')}${more}` : '';
}

// The end of the log, where the endpoint is set to send some: that is where the error is.
function log(given) {
  const end = text(given).slice(-400).trim().split('\n').slice(-5).join('\n');
  return end && `\`\`\`\n${verbatim(end)}\n\`\`\``;
}

function time(ms) {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) {
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
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
