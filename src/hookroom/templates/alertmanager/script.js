// Prometheus Alertmanager: webhook_configs. One message for each group of alerts.

// Alerts that always fire, to show that alerting works.
const QUIET = ['Watchdog', 'InfoInhibitor', 'DeadMansSwitch'];
const COLORS = { critical: '#d9534f', warning: '#e0a800', info: '#4a90d9', resolved: '#2fa44f' };
// Severities that are less than critical; one that is not known counts as critical.
const LEVELS = { warning: 'warning', warn: 'warning', medium: 'warning', low: 'info', info: 'info', none: 'info' };
const MOST_LINES = 5;
const MOST_LABELS = 6;

class Script {
  process_incoming_request({ request }) {
    const group = Object(request.content);
    const alerts = list(group.alerts).filter((alert) => !QUIET.includes(labels(alert).alertname));
    if (!alerts.length) {
      return undefined;
    }
    const firing = alerts.filter((alert) => alert.status !== 'resolved');
    const resolved = alerts.filter((alert) => alert.status === 'resolved');
    const runbook = record(group.commonAnnotations).runbook_url || annotations(alerts[0]).runbook_url;
    const links = [
      ['silence', firing.length ? silence(group) : ''],
      ['runbook', firing.length ? runbook : ''],
    ];
    return {
      content: {
        text: [
          `${link(title(group, alerts), source(group, alerts))}${state(group, firing, resolved)}`,
          ...links.filter(([, url]) => target(url)).map(([name, url]) => link(name, url)),
        ].join(' · '),
        attachments: attachment(
          COLORS[firing.length ? worst(firing) : 'resolved'],
          alerts.length === 1 ? single(alerts[0]) : several(group, firing, resolved),
        ),
      },
    };
  }
}

// The common name of the alerts; else what they are grouped by.
function title(group, alerts) {
  const name = plain(labels(alerts[0]).alertname);
  if (name && alerts.every((alert) => plain(labels(alert).alertname) === name)) {
    return name;
  }
  return pairs(group.groupLabels) || plain(group.receiver) || 'Alerts';
}

// " is *firing* (critical)", or ": *3 firing*, 1 resolved (warning)".
function state(group, firing, resolved) {
  const level = worst(firing);
  const worstOne = firing.find((alert) => levelOf(alert) === level);
  const word = worstOne ? plain(labels(worstOne).severity, 30) : '';
  const severity = word && ` (${word})`;
  const left = leftOut(group);
  if (firing.length + resolved.length + left === 1) {
    return `${firing.length ? ' is *firing*' : ' is resolved'}${severity}`;
  }
  const words = [
    firing.length ? `*${firing.length} firing*` : '',
    resolved.length ? `${resolved.length} resolved` : '',
    left ? `${left} more` : '',
  ];
  return `: ${words.filter(Boolean).join(', ')}${severity}`;
}

// One alert: what it says, and its labels.
function single(alert) {
  return { text: summary(annotations(alert), 400), fields: fields(labels(alert)) };
}

// What all say, then a line for each: the labels that tell it from the others, and what only it says.
function several(group, firing, resolved) {
  const alerts = [...firing, ...resolved];
  const sources = new Set(alerts.map((alert) => alert.generatorURL));
  const lines = alerts.slice(0, MOST_LINES).map((alert) => {
    const own = without(labels(alert), group.commonLabels);
    const name = [plain(own.alertname), pairs(own)].filter(Boolean).join(' ') || 'Alert';
    const what = summary(without(annotations(alert), group.commonAnnotations), 200);
    const done = firing.length && alert.status === 'resolved' ? ' (resolved)' : '';
    return `• ${sources.size > 1 ? link(name, alert.generatorURL) : name}${done}${what && `: ${what}`}`;
  });
  const more = alerts.length - lines.length + leftOut(group);
  const text = [summary(group.commonAnnotations, 300), ...lines, more ? `and ${more} more` : ''];
  return { text: text.filter(Boolean).join('\n'), fields: fields(group.groupLabels) };
}

function attachment(color, { text, fields: shown }) {
  return text || shown.length ? [{ color, ...(text && { text }), ...(shown.length && { fields: shown }) }] : [];
}

// How many alerts Alertmanager did not send, because of max_alerts.
function leftOut(group) {
  return Number.isInteger(group.truncatedAlerts) && group.truncatedAlerts > 0 ? group.truncatedAlerts : 0;
}

function summary(all, most) {
  const { summary: short, description, message } = record(all);
  return plain(short || description || message, most);
}

function fields(all) {
  return Object.entries(record(all))
    .slice(0, 50)
    .filter(([name, value]) => name !== 'alertname' && name !== 'severity' && plain(name) && plain(value))
    .slice(0, MOST_LABELS)
    .map(([name, value]) => ({ title: plain(name, 60), value: plain(value, 100), short: true }));
}

// "instance=db1, job=node"
function pairs(all) {
  return fields(all)
    .slice(0, 3)
    .map(({ title: name, value }) => `${name}=${value}`)
    .join(', ');
}

function without(all, common) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(record(common), name)));
}

function levelOf(alert) {
  const severity = plain(labels(alert).severity).toLowerCase();
  return Object.hasOwn(LEVELS, severity) ? LEVELS[severity] : 'critical';
}

function worst(alerts) {
  const levels = alerts.map(levelOf);
  return ['critical', 'warning', 'info'].find((level) => levels.includes(level));
}

// Where the alerts are: the expression in Prometheus, or Alertmanager's list.
function source(group, alerts) {
  const url = alerts[0].generatorURL;
  return target(url) && alerts.every((alert) => alert.generatorURL === url) ? url : page(group, '#/alerts');
}

function silence(group) {
  const matchers = Object.entries(record(group.commonLabels))
    .slice(0, 50)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const filter = encodeURIComponent(`{${matchers.join(',')}}`.toWellFormed());
  return matchers.length ? page(group, `#/silences/new?filter=${filter}`) : '';
}

function page(group, path) {
  return target(group.externalURL) && `${target(group.externalURL).replace(/\/+$/, '')}/${path}`;
}

function labels(alert) {
  return record(alert.labels);
}

function annotations(alert) {
  return record(alert.annotations);
}

// Names and their values; of what is no such thing, nothing.
function record(value) {
  return value && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function list(value) {
  return Array.isArray(value) ? value.filter((one) => one && typeof one === 'object') : [];
}

// The functions below make text of others harmless: it cannot format, link or mention.
function link(name, url) {
  return target(url) ? `[${name}](${target(url)})` : `*${name}*`;
}

function target(url) {
  const text = typeof url === 'string' && url.length < 1000 ? url.trim() : '';
  return /^https?:\/\/[^\s/?#\\]/i.test(text) ? text.replace(/[\s()<>|]/g, escape) : '';
}

// Rocket.Chat's Markdown has no escape character, hence look-alikes; a zero-width space stops mentions.
function plain(value, most = 200) {
  const alike = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ', '[': '(', ']': ')', '<': '‹' };
  const given = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const text = given.slice(0, 2000).replace(/\s+/g, ' ').trim();
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text)
    .toWellFormed()
    .replace(/[*~`[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=\S*\|)/g, (mark) => alike[mark])
    .replace(/\B@/g, '@\u200b');
}
