// Any JSON: say here what of it makes a message. README.md tells the little language.

// The message. {{…}} is a value of the body; what stands in [brackets] leads to LINK.
const TEXT = "[{{alert.name | or title | or name | or subject}}]{{alert.state | or status | upper | wrap ' is *' '*'}}";
const LINK = '{{alert.url | or url | or html_url}}';
// Below it, beside a bar in the color. A line or a field that has no value is left out.
const DETAILS = '{{alert.summary | or description | or message}}';
const ROWS = { of: 'items', text: "• {{name | or 'unnamed'}}{{value | number | wrap ': '}}", most: 5 };
const FIELDS = { Host: '{{alert.host | or host}}', Since: '{{alert.since | date}}', Tags: "{{tags[] | join ', ' 5}}" };
const COLOR = {
  by: 'alert.state | or status',
  values: { firing: 'red', error: 'red', failed: 'red', warning: 'yellow', resolved: 'green', success: 'green', ok: 'green' },
  otherwise: 'blue',
};
// Posts nothing when one of these values is there.
const SKIP_WHEN = { event: ['ping', 'test'], 'alert.state': ['pending'] };

const COLORS = { red: '#d9534f', green: '#2fa44f', yellow: '#e0a800', blue: '#4a90d9' };

class Script {
  process_incoming_request({ request }) {
    const { content, headers, url } = request;
    if (typeof content === 'string') {
      return plain(content) ? { content: { text: plain(content, 500) } } : undefined;
    }
    const roots = { $: content, $headers: headers, $query: Object(url).query, here: content };
    if (Object.entries(SKIP_WHEN).some(([by, values]) => values.some((one) => same(one, evaluated(by, roots))))) {
      return undefined;
    }
    const seen = [];
    const text = headline(roots, seen);
    return seen.includes('call') && text ? { content: { text, attachments: attachment(roots) } } : unmapped(content);
  }
}

function headline(roots, seen) {
  const url = target(LINK.replace(PLACE, (place) => scalar(evaluated(place.slice(2, -2), roots))));
  const text = filled(TEXT, roots, seen, (name) => (name ? link(name, url) : '')).trim();
  return url && text && !text.includes(`](${url})`) ? `${text} · ${link('open', url)}` : text;
}

function attachment(roots) {
  const rows = list(evaluated(ROWS.of, roots));
  const lines = [
    ...DETAILS.split('\n').map((line) => withValue(line, roots)),
    ...rows.slice(0, ROWS.most).map((here) => withValue(ROWS.text, { ...roots, here })),
    rows.length > ROWS.most ? `and ${rows.length - ROWS.most} more` : '',
  ];
  const text = lines.filter(Boolean).join('\n');
  const all = Object.entries(FIELDS).map(([title, value]) => ({ title, value: withValue(value, roots), short: true }));
  const fields = all.filter(({ value }) => value);
  return text || fields.length ? [{ color: color(roots), ...(text && { text }), ...(fields.length && { fields }) }] : [];
}

function color(roots) {
  const value = evaluated(COLOR.by, roots);
  const [, name] = Object.entries(COLOR.values).find(([one]) => same(one, value)) || ['', COLOR.otherwise];
  return COLORS[name] || name;
}

// Nothing that TEXT names is there: the body itself, so that its reader can write the mapping.
function unmapped(content) {
  if (isMissing(content)) {
    return undefined;
  }
  const text = `\`\`\`\n${code(JSON.stringify(content, withoutNull, 1), 800)}\n\`\`\``;
  return { content: { text: 'The mapping names nothing of this call:', attachments: [{ color: COLORS.blue, text }] } };
}

// ---- The language: "words {{path | or other.path | filter 'text' 2}} words [words]"

const PLACE = /\{\{(?:'[^']*'|"[^"]*"|[^{}'"])*\}\}/g;
const PLACE_OR_BRACKETS = new RegExp(`(${PLACE.source})|\\[((?:${PLACE.source}|[^[\\]])*)\\](?!\\()`, 'g');
const STEP = /\[\]|\[(-?\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]|([^.[\]\s]+)/g;
const WORD = /'[^']*'|"[^"]*"|(?:\[(?:'[^']*'|"[^"]*"|[^\]'"]*)\]|[^\s,'"[\]])+/g;

// What a filter makes that is Markdown already. Nothing in a body can be one.
class Markup {
  constructor(text) {
    this.text = text;
  }
}

// Of a missing value all of these but join, count and json make nothing; of each value of a list they make one.
const FILTERS = {
  upper: (value) => scalar(value).toUpperCase(),
  lower: (value) => scalar(value).toLowerCase(),
  truncate: (value, most) => (scalar(value).length > most ? `${scalar(value).slice(0, most - 1)}…` : value),
  date: (value, part) => moment(value, part),
  number: (value, digits) => number(value, digits),
  plural: (value, one, many) => `${number(value)} ${Number(value) === 1 ? one : many}`,
  map: (value, ...pairs) => {
    const place = pairs.findIndex((one, i) => i % 2 === 0 && same(one, value));
    return place < 0 ? value : new Markup(scalar(pairs[place + 1]));
  },
  wrap: (value, before = '', after = '') => new Markup(`${before}${shown(value)}${after}`),
  link: (value, url) => new Markup(link(shown(value), url)),
  code: (value) => new Markup(`\`${code(scalar(value), 200)}\``),
  url: (value) => encodeURIComponent(scalar(value).toWellFormed()),
  escape: (value) => new Markup(shown(value)),
  raw: (value) => new Markup(scalar(value).slice(0, 1000).toWellFormed().replace(/\s+/g, ' ').replace(/\B@/g, '@\u200b')),
};
const OF_ALL = {
  count: (value) => list(value).length,
  join: (value, between = ', ', most = 20) => {
    const all = list(value);
    const first = all.slice(0, whole(most, 20));
    const more = all.length > first.length ? ` and ${all.length - first.length} more` : '';
    return new Markup(`${first.map(shown).join(between)}${more}`);
  },
  json: (value, most) => new Markup(`\`${code(JSON.stringify(value, withoutNull) || '', whole(most, 200))}\``),
};

// `template` with its values; `seen` gets where each came from, `bracketed` makes text of what stands in brackets.
function filled(template, roots, seen, bracketed = (name) => `[${name}]`) {
  return template.replace(PLACE_OR_BRACKETS, (_, place, inside) =>
    place ? shown(evaluated(place.slice(2, -2), roots, seen)) : bracketed(filled(inside, roots, seen).trim()),
  );
}

function withValue(template, roots) {
  const seen = [];
  const text = filled(template, roots, seen).trim();
  return seen.length || !template.match(PLACE) ? text : '';
}

function evaluated(expression, roots, seen = []) {
  const [path, ...filters] = expression.match(/(?:'[^']*'|"[^"]*"|[^|'"])+/g) || [''];
  let value = argument(path.trim(), roots);
  let known = !isMissing(value);
  for (const [name, ...words] of filters.map((filter) => filter.match(WORD) || [''])) {
    const given = words.map((word) => argument(word, roots));
    if (name === 'or' && isMissing(value)) {
      value = given[0];
      known = !isMissing(value) && !/^['"]/.test(words[0]);
    } else if (Object.hasOwn(OF_ALL, name) && !(name === 'json' && isMissing(value))) {
      value = OF_ALL[name](value, ...given);
    } else if (Object.hasOwn(FILTERS, name)) {
      const apply = (one) => (isMissing(one) ? undefined : FILTERS[name](one, ...given));
      value = Array.isArray(value) ? value.slice(0, 5000).map(apply) : apply(value);
    } else if (name !== 'or' && name !== 'json') {
      console.warn(`There is no filter "${name}", which stands in {{${expression}}}`);
    }
  }
  if (!isMissing(value)) {
    seen.push(known ? 'call' : 'mapping');
  }
  return value;
}

// A path, or a 'text' or a number that stands for itself.
function argument(word, roots) {
  if (/^(?:'.*'|".*")$/s.test(word)) {
    return word.slice(1, -1);
  }
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : at(word, roots);
}

// a.b, a[0], a[-1], a["odd name"], a[].b of all; $ is the body, $headers and $query are what came beside it.
function at(path, roots) {
  if (!path) {
    return undefined;
  }
  const steps = [...path.matchAll(STEP)];
  const root = steps.length ? steps[0][4] : undefined;
  let found = [root && root.startsWith('$') && Object.hasOwn(roots, root) ? roots[steps.shift()[4]] : roots.here];
  for (const [step, index, single, double, name] of steps) {
    if (step === '[]') {
      found = found.flatMap((one) => (Array.isArray(one) ? one : []));
    } else if (index !== undefined) {
      found = found.map((one) => (Array.isArray(one) ? one.at(index) : undefined));
    } else {
      found = found.map((one) => own(one, name ?? single ?? double));
    }
    found = found.filter((one) => one !== undefined && one !== null);
  }
  return path.includes('[]') ? found : found[0];
}

function own(value, name) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isMissing(value) {
  const empty = typeof value === 'object' && value !== null && !(value instanceof Markup) && !Object.keys(value).length;
  return value === undefined || value === null || empty || (typeof value === 'string' && !value.trim());
}

function list(value) {
  return Array.isArray(value) ? value.filter((one) => !isMissing(one)) : isMissing(value) ? [] : [value];
}

function same(one, value) {
  const all = Array.isArray(value) ? value.slice(0, 100) : [value];
  return isMissing(value) ? one === '' : all.some((other) => String(one).toLowerCase() === scalar(other).toLowerCase());
}

// The text of what has one; lists and objects have none.
function scalar(value) {
  if (value instanceof Markup) {
    return value.text;
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

function shown(value) {
  if (value instanceof Markup) {
    return value.text;
  }
  if (isMissing(value)) {
    return '';
  }
  return Array.isArray(value) ? OF_ALL.join(value).text : typeof value === 'object' ? OF_ALL.json(value).text : plain(value);
}

function whole(value, otherwise) {
  return Number.isInteger(value) && value >= 0 ? value : otherwise;
}

// "1,234.5"; with `digits` so many after the point.
function number(value, digits) {
  const given = scalar(value).trim() === '' || typeof value === 'boolean' ? NaN : Number(value);
  if (!(Math.abs(given) < 1e15)) {
    return value;
  }
  const decimals = (String(Number(given.toFixed(2))).split('.')[1] || '').length;
  return s.numberFormat(given, Math.min(whole(digits, decimals), 10));
}

// "2026-03-02 08:15 UTC", or its 'date' or its 'time', of ISO 8601, an e-mail's date, seconds or milliseconds.
function moment(value, part) {
  const text = scalar(value);
  const stamp = /^\d{9,13}(\.\d+)?$/.test(text) ? Number(text) * (Number(text) < 1e11 ? 1000 : 1) : NaN;
  const date = new Date(/^(\d{4}-\d\d|\w{3}, \d)/.test(text) ? text : stamp);
  if (Number.isNaN(date.getTime())) {
    return value;
  }
  const [day, time] = date.toISOString().split('T');
  return part === 'date' ? day : part === 'time' ? `${time.slice(0, 5)} UTC` : `${day} ${time.slice(0, 5)} UTC`;
}

function withoutNull(_, value) {
  return Array.isArray(value) ? value.filter((one) => one !== null) : value ?? undefined;
}

// Text between backticks: it cannot end them, and stays harmless where it is shown without.
function code(text, most) {
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text)
    .toWellFormed()
    .replace(/`/g, 'ˋ')
    .replace(/\](?=\()|<(?=http)/g, '$&\u200b')
    .replace(/\B@/g, '@\u200b');
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
  const text = scalar(value).slice(0, 2000).replace(/\s+/g, ' ').trim();
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text)
    .toWellFormed()
    .replace(/[*~`[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=\S*\|)/g, (mark) => alike[mark])
    .replace(/\B@/g, '@\u200b');
}
