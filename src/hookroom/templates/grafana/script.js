// Grafana: contact point "Webhook", and the notification channel of legacy alerting. One message for each group of alerts.
const COLORS = { critical: '#d9534f', warning: '#e0a800', info: '#4a90d9', resolved: '#2fa44f' };
// Severities that are less than critical; one that is not known counts as critical.
const LEVELS = { warning: 'warning', warn: 'warning', medium: 'warning', low: 'info', info: 'info', none: 'info' };
// Alerts that Grafana makes for rules that could not be evaluated.
const PROBLEMS = { DatasourceNoData: '*no data*', DatasourceError: '*error*' };
const LEGACY = {
  alerting: ['is *alerting*', 'critical'],
  no_data: ['has *no data*', 'warning'],
  ok: ['is ok', 'resolved'],
  paused: ['is paused', 'info'],
  pending: ['is pending', 'info'],
};
const MOST_LINES = 5;
const HIDDEN = ['alertname', 'severity', 'rulename', 'grafana_folder', 'datasource_uid', 'ref_id'];

class Script {
  process_incoming_request({ request }) {
    const group = Object(request.content);
    const alerts = list(group.alerts);
    if (!alerts.length) {
      return group.ruleName || group.ruleUrl ? legacy(group) : undefined;
    }
    const firing = alerts.filter((alert) => alert.status !== 'resolved');
    const resolved = alerts.filter((alert) => alert.status === 'resolved');
    const details = alerts.length === 1 ? single(alerts[0]) : several(group, firing, resolved);
    const picture = target(alerts.map((alert) => alert.imageURL).find(target));
    const runbook = record(group.commonAnnotations).runbook_url;
    const links = [
      ['silence', firing.length === 1 ? firing[0].silenceURL : ''],
      ['runbook', firing.length ? runbook : ''],
    ];
    return message(
      [
        `${heading(group, alerts)}${state(group, firing, resolved)}`,
        ...links.filter(([, url]) => target(url)).map(([name, url]) => link(name, url)),
      ].join(' · '),
      firing.length ? worst(firing) : 'resolved',
      { ...details, image_url: picture },
    );
  }
}

// The common name of the alerts; else what they are grouped by, or their folder.
function heading(group, alerts) {
  const name = nameOf(alerts[0]);
  if (alerts.every((alert) => nameOf(alert) === name)) {
    return link(name, place(alerts[0]) || group.externalURL);
  }
  const by = pairs(group.groupLabels) || plain(record(group.commonLabels).grafana_folder) || plain(group.receiver);
  return link(by || 'Alerts', group.externalURL);
}

// Of an alert about a rule the rule's name, which is a label of it.
function nameOf({ labels }) {
  const { alertname, rulename } = Object(labels);
  return (Object.hasOwn(PROBLEMS, plain(alertname)) && plain(rulename)) || plain(alertname) || 'Alert';
}

// " is *firing* (critical)", or ": *3 firing*, 1 resolved (warning)".
function state(group, firing, resolved) {
  const level = worst(firing);
  const worstOne = firing.find((alert) => levelOf(alert) === level);
  const word = worstOne ? plain(severityOf(worstOne), 30) : '';
  const severity = word && ` (${word})`;
  const left = leftOut(group);
  if (firing.length + resolved.length + left === 1) {
    const problem = plain(Object([...firing, ...resolved][0].labels).alertname);
    const what = Object.hasOwn(PROBLEMS, problem) ? `: ${PROBLEMS[problem]}` : ' is *firing*';
    return `${firing.length ? what : ' is resolved'}${severity}`;
  }
  const words = [
    firing.length ? `*${firing.length} firing*` : '',
    resolved.length ? `${resolved.length} resolved` : '',
    left ? `${left} more` : '',
  ];
  return `: ${words.filter(Boolean).join(', ')}${severity}`;
}

// One alert: what it says, its values and its labels.
function single(alert) {
  return { text: summary(alert.annotations, 400), fields: [...values(alert), ...fields(alert.labels)].slice(0, 8) };
}

// What all say, then a line for each: the labels that tell it from the others, and what only it says.
function several(group, firing, resolved) {
  const alerts = [...firing, ...resolved];
  const lines = alerts.slice(0, MOST_LINES).map((alert) => {
    const own = pairs(without(alert.labels, group.commonLabels));
    const name = Object.hasOwn(record(group.commonLabels), 'alertname') ? own || nameOf(alert) : `${nameOf(alert)} ${own}`;
    const what = summary(without(alert.annotations, group.commonAnnotations), 200);
    const shown = values(alert).map((field) => `${field.title}=${field.value}`);
    const said = what || (alert.status === 'resolved' ? '' : shown.join(', '));
    const done = firing.length && alert.status === 'resolved' ? ' (resolved)' : '';
    return `• ${place(alert) ? link(name.trim(), place(alert)) : name}${done}${said && `: ${said}`}`;
  });
  const more = alerts.length - lines.length + leftOut(group);
  const text = [summary(group.commonAnnotations, 300), ...lines, more ? `and ${more} more` : ''];
  return { text: text.filter(Boolean).join('\n'), fields: fields(group.groupLabels) };
}

function legacy({ ruleName, ruleUrl, state: now, message: said, evalMatches, imageUrl }) {
  const [is, level] = Object.hasOwn(LEGACY, plain(now)) ? LEGACY[now] : ['changed', 'info'];
  const matches = list(evalMatches).slice(0, 8).map(({ metric, value }) => ({ title: plain(metric, 60), value: number(value), short: true }));
  return message(`${link(plain(ruleName) || 'Alert', ruleUrl)} ${is}`, level, {
    text: plain(said, 400),
    fields: matches.filter((field) => field.title && field.value),
    image_url: target(imageUrl),
  });
}

function message(text, level, details) {
  const seen = Object.entries(details).filter(([, value]) => value && value.length);
  return { content: { text, attachments: seen.length ? [{ color: COLORS[level], ...Object.fromEntries(seen) }] : [] } };
}

// How many alerts Grafana did not send, because of its "Max Alerts".
function leftOut(group) {
  return Number.isInteger(group.truncatedAlerts) && group.truncatedAlerts > 0 ? group.truncatedAlerts : 0;
}

function place({ panelURL, dashboardURL, generatorURL }) {
  return [panelURL, dashboardURL, generatorURL].find(target);
}

// By the letters of the rule's queries; null for a rule without data.
function values(alert) {
  return Object.entries(record(alert.values))
    .slice(0, 3)
    .map(([name, value]) => ({ title: plain(name, 60), value: number(value), short: true }))
    .filter((field) => field.title && field.value);
}

function number(value) {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : '';
}

function summary(all, most) {
  const { summary: short, description, message: long } = record(all);
  return plain(short || description || long, most);
}

function fields(all) {
  return Object.entries(record(all))
    .slice(0, 50)
    .filter(([name, value]) => !HIDDEN.includes(name) && plain(name) && plain(value))
    .slice(0, 6)
    .map(([name, value]) => ({ title: plain(name, 60), value: plain(value, 100), short: true }));
}

// "instance=db1, job=node"
function pairs(all) {
  return fields(all)
    .slice(0, 3)
    .map((field) => `${field.title}=${field.value}`)
    .join(', ');
}

function without(all, common) {
  return Object.fromEntries(Object.entries(record(all)).filter(([name]) => !Object.hasOwn(record(common), name)));
}

function severityOf(alert) {
  return record(alert.labels).severity;
}

function levelOf(alert) {
  const severity = plain(severityOf(alert)).toLowerCase();
  return Object.hasOwn(LEVELS, severity) ? LEVELS[severity] : 'critical';
}

function worst(alerts) {
  const levels = alerts.map(levelOf);
  return ['critical', 'warning', 'info'].find((level) => levels.includes(level));
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
