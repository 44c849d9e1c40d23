/*
 * `Number.prototype.toLocaleString` for the locales of `locales.js`: grouping, fraction digits, percent and currency.
 */
(function (runtime) {
  'use strict';

  const SYMBOLS = { __proto__: null, EUR: '€', GBP: '£', JPY: 'JP¥', BRL: 'R$' };
  const WHOLE_CURRENCIES = ['JPY', 'KRW', 'CLP', 'VND', 'ISK'];

  /** The shortest decimal text of a number that is not negative, without an exponent: [whole digits, fraction digits]. */
  function digitsOf(number) {
    const [mantissa, exponent] = `${number}`.split('e');
    const [whole, fraction = ''] = mantissa.split('.');
    const shift = Number(exponent || 0);
    const digits = whole + fraction;
    const point = whole.length + shift;
    if (point <= 0) return ['0', '0'.repeat(-point) + digits];
    return [digits.slice(0, point).padEnd(point, '0'), digits.slice(point)];
  }

  /** Rounds half away from zero, on the decimal digits as they are written: 1.005 has 1.01 for two. */
  function rounded(number, most, least) {
    const [whole, fraction] = digitsOf(number);
    let digits = whole + fraction.slice(0, most).padEnd(most, '0');
    if (fraction.length > most && fraction.charAt(most) >= '5') digits = `${BigInt(digits) + 1n}`.padStart(digits.length, '0');
    const kept = digits.slice(digits.length - most);
    const end = most === 0 ? '' : kept.slice(0, least) + kept.slice(least).replace(/0+$/, '');
    return [digits.slice(0, digits.length - most).replace(/^0+(?=\d)/, ''), end];
  }

  function digitsOption(options, name, fallback, top) {
    const value = options[name];
    if (value === undefined) return fallback;
    const number = Math.floor(Number(value));
    if (!(number >= 0 && number <= top)) throw new RangeError(`${name} value is out of range.`);
    return number;
  }

  /** [least, most] fraction digits. */
  function fractionOf(options) {
    const { style } = options;
    const whole = style === 'percent' || (style === 'currency' && WHOLE_CURRENCIES.includes(options.currency));
    const usual = style === 'currency' && !whole ? [2, 2] : whole ? [0, 0] : [0, 3];
    const least = digitsOption(options, 'minimumFractionDigits', undefined, 100);
    const most = digitsOption(options, 'maximumFractionDigits', undefined, 100);
    if (least !== undefined && most !== undefined && least > most) {
      throw new RangeError('maximumFractionDigits value is out of range.');
    }
    if (most === undefined) return [least ?? usual[0], Math.max(least ?? 0, usual[1])];
    return [least ?? Math.min(usual[0], most), most];
  }

  function plainText(locale, size, options) {
    if (isNaN(size)) return locale.notANumber || 'NaN';
    if (size === Infinity) return '∞';
    const [least, most] = fractionOf(options);
    const [whole, fraction] = rounded(size, most, least);
    const digits = whole.padStart(digitsOption(options, 'minimumIntegerDigits', 1, 21), '0');
    const grouped = options.useGrouping !== false && digits.length >= (locale.groupFrom || 4);
    const text = grouped ? digits.replace(/\B(?=(\d{3})+$)/g, locale.group) : digits;
    return fraction ? text + locale.decimal + fraction : text;
  }

  function withCurrency(locale, text, sign, currency) {
    const code = `${currency}`.toUpperCase();
    const symbol = locale.symbols[code] || SYMBOLS[code] || code;
    // A symbol that ends in a letter keeps its distance.
    const frame = locale.money === '¤#' && /[A-Z]$/.test(symbol) ? '¤\u00a0#' : locale.money;
    const signed = frame.includes('-') ? frame.replace('-', sign) : sign + frame;
    return signed.replace('¤', () => symbol).replace('#', text);
  }

  function format(number, locales, given) {
    const locale = runtime.localeOf(locales);
    const options = given === undefined ? {} : Object(given);
    const percent = options.style === 'percent';
    const negative = number < 0 || Object.is(number, -0);
    const [size, sign] = [Math.abs(percent ? Number(`${number}e2`) || number * 100 : number), negative ? '-' : ''];
    const text = plainText(locale, size, options);
    if (percent) return sign + (locale.percent || '#%').replace('#', text);
    if (options.style !== 'currency') return sign + text;
    if (options.currency === undefined) throw new TypeError('Currency code is required with currency style.');
    return withCurrency(locale, text, sign, options.currency);
  }

  const { valueOf } = Number.prototype;

  Object.defineProperty(Number.prototype, 'toLocaleString', {
    value: {
      toLocaleString(locales, options) {
        return format(Reflect.apply(valueOf, this, []), locales, options);
      },
    }.toLocaleString,
    writable: true,
    configurable: true,
  });
})
