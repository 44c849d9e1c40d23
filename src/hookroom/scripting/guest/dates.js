/*
 * Dates as V8 writes them: the zone's name in `String(date)`, and `toLocaleString` and its kin for the locales of
 * `locales.js` with the usual options. `timeZone` may be UTC or what the server has; a script that names another gets an error
 * rather than a wrong time.
 */
(function (runtime) {
  'use strict';

  const DATE_FIELDS = ['weekday', 'year', 'month', 'day'];
  const TIME_FIELDS = ['hour', 'minute', 'second', 'fractionalSecondDigits'];
  const FIELDS = [...DATE_FIELDS, ...TIME_FIELDS, 'timeZoneName'];
  const UTC = /^(utc|gmt|etc\/utc|etc\/gmt|\+00:?00)$/i;

  const two = (number) => (number < 10 ? `0${number}` : `${number}`);

  /** "GMT+02:00" for a date's own offset. */
  function offsetText(date) {
    const minutes = -date.getTimezoneOffset();
    const size = Math.abs(minutes);
    return `GMT${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  }

  /** The parts of a date as numbers, in UTC or in the server's zone. */
  function partsOf(date, utc) {
    const read = (name) => date[`get${utc ? 'UTC' : ''}${name}`]();
    return {
      year: read('FullYear'),
      month: read('Month'),
      day: read('Date'),
      weekday: read('Day'),
      hour: read('Hours'),
      minute: read('Minutes'),
      second: read('Seconds'),
      millisecond: read('Milliseconds'),
    };
  }

  /** The fields to show, by ECMA-402's rules: what is asked for, or the defaults of the method when nothing of its kind is. */
  function fieldsOf(options, required, defaults) {
    const fields = {};
    for (const name of FIELDS) if (options[name] !== undefined) fields[name] = options[name];
    const has = (names) => names.some((name) => fields[name] !== undefined);
    if ((required !== 'time' && has(DATE_FIELDS)) || (required !== 'date' && has(TIME_FIELDS))) return fields;
    if (defaults !== 'time') Object.assign(fields, { year: 'numeric', month: 'numeric', day: 'numeric' });
    if (defaults !== 'date') Object.assign(fields, { hour: 'numeric', minute: 'numeric', second: 'numeric' });
    return fields;
  }

  /** What the styles stand for, as fields; `pattern` where that is a pattern of its own. */
  function fieldsOfStyles(locale, dateStyle, timeStyle) {
    const fields = { styled: true };
    if (dateStyle !== undefined) {
      Object.assign(fields, { year: 'numeric', month: 'long', day: 'numeric' });
      if (dateStyle === 'full') fields.weekday = 'long';
      if (dateStyle === 'medium') Object.assign(fields, { month: 'short', pattern: locale.mediumDate });
      if (dateStyle === 'short') Object.assign(fields, { month: 'numeric', pattern: locale.shortDate });
    }
    if (timeStyle !== undefined) {
      Object.assign(fields, { hour: 'numeric', minute: 'numeric' });
      if (timeStyle !== 'short') fields.second = 'numeric';
      if (timeStyle === 'long' || timeStyle === 'full') fields.timeZoneName = timeStyle === 'full' ? 'long' : 'short';
    }
    return fields;
  }

  function monthName(locale, month, style, alone) {
    if (style === 'long') return ((alone && locale.aloneMonths) || locale.months)[month];
    if (style === 'narrow') return locale.months[month].charAt(0).toUpperCase();
    return ((alone && locale.aloneShortMonths) || locale.shortMonths)[month];
  }

  function dayName(locale, day, style, alone) {
    if (style === 'long') return locale.days[day];
    if (style === 'narrow') return locale.days[day].charAt(0).toUpperCase();
    return ((alone && locale.aloneShortDays) || locale.shortDays)[day];
  }

  function datePattern(locale, fields) {
    const { year, month, day, pattern } = fields;
    if (pattern) return pattern;
    const named = month === 'long' || month === 'short' || month === 'narrow';
    const alone = locale.alone || { year: 'Y', month: 'M', day: 'D' };
    if (month === undefined) return [day && alone.day, year && alone.year].filter(Boolean).join(' ');
    if (!year && !day) return named ? 'A' : alone.month;
    const [all, yearMonth, monthDay] = named ? (month === 'short' && locale.short) || locale.long : locale.numeric;
    return year && day ? all : year ? yearMonth : monthDay;
  }

  function dateText(locale, fields, parts) {
    const pattern = datePattern(locale, fields);
    const text = pattern.replace(/YY|Y|MM|M|DD|D|N|A/g, (token) => {
      switch (token) {
        case 'N':
        case 'A':
          return monthName(locale, parts.month, fields.month, token === 'A');
        case 'M':
        case 'MM':
          return token === 'MM' || fields.month === '2-digit' ? two(parts.month + 1) : `${parts.month + 1}`;
        case 'D':
        case 'DD':
          return token === 'DD' || fields.day === '2-digit' ? two(parts.day) : `${parts.day}`;
        default:
          return token === 'YY' || fields.year === '2-digit' ? two(parts.year % 100) : `${parts.year}`;
      }
    });
    if (fields.weekday === undefined) return text;
    if (text === '') return dayName(locale, parts.weekday, fields.weekday, true);
    const frame = (fields.weekday !== 'long' && locale.shortWeek) || locale.week[fields.year ? 0 : 1];
    return frame.replace('*', text).replace('W', dayName(locale, parts.weekday, fields.weekday, false));
  }

  function uses12Hours(locale, options) {
    if (options.hour12 !== undefined) return !!options.hour12;
    if (options.hourCycle !== undefined) return options.hourCycle === 'h12' || options.hourCycle === 'h11';
    return locale.hour12 === true;
  }

  function hourText(locale, fields, parts, twelve) {
    if (twelve) {
      // In Japan noon is 0 in the afternoon.
      const hour = locale.noonFirst ? parts.hour % 12 : parts.hour % 12 || 12;
      return fields.hour === '2-digit' ? two(hour) : `${hour}`;
    }
    // A locale has its own width for the usual times; asked for in an unusual way, the hour has the width asked for.
    const usual = fields.styled || locale.hour12 || (fields.minute !== '2-digit' && fields.timeZoneName === undefined);
    const padded = fields.hour === '2-digit' || (usual && locale.padded[fields.minute === undefined ? 1 : 0]);
    return padded ? two(parts.hour) : `${parts.hour}`;
  }

  function timeText(locale, fields, parts, twelve) {
    let text = '';
    if (fields.hour !== undefined) {
      text = hourText(locale, fields, parts, twelve);
      if (fields.minute === undefined && (!twelve || locale.noonFirst)) text += locale.hours || '';
    }
    if (fields.minute !== undefined) {
      const whole = text !== '' || fields.second !== undefined;
      text += (text === '' ? '' : ':') + (whole ? two(parts.minute) : `${parts.minute}`);
    }
    if (fields.second !== undefined) text += text === '' ? `${parts.second}` : `:${two(parts.second)}`;
    if (fields.fractionalSecondDigits !== undefined) {
      const digits = `${parts.millisecond}`.padStart(3, '0').slice(0, fields.fractionalSecondDigits);
      text += text === '' ? digits : locale.decimal + digits;
    }
    if (!twelve || fields.hour === undefined) return text;
    const half = (locale.noon || ['AM', 'PM'])[parts.hour < 12 ? 0 : 1];
    return locale.noonFirst ? half + text : `${text} ${half}`;
  }

  function zoneText(locale, style, date, utc) {
    if (utc || date.getTimezoneOffset() === 0) return style === 'long' ? locale.zone : 'UTC';
    const text = offsetText(date);
    return style === 'long' ? text : text.replace(/([+-])0/, '$1').replace(':00', '');
  }

  function format(date, locales, options, required, defaults) {
    const locale = runtime.localeOf(locales);
    const asked = options === undefined ? {} : Object(options);
    const zone = asked.timeZone;
    if (zone !== undefined && !UTC.test(`${zone}`)) {
      throw new RangeError(`Time zone ${zone} is not available to scripts, only UTC`);
    }
    if (isNaN(date.getTime())) return 'Invalid Date';
    const { dateStyle, timeStyle } = asked;
    const styled = dateStyle !== undefined || timeStyle !== undefined;
    const fields = styled ? fieldsOfStyles(locale, dateStyle, timeStyle) : fieldsOf(asked, required, defaults);
    const parts = partsOf(date, zone !== undefined);
    const day = dateText(locale, fields, parts);
    let time = timeText(locale, fields, parts, uses12Hours(locale, asked));
    if (fields.timeZoneName !== undefined) {
      time += `${time === '' ? '' : ' '}${zoneText(locale, fields.timeZoneName, date, zone !== undefined)}`;
    }
    if (day === '' || time === '') return day + time;
    if (fields.month === 'long') return day + (fields.weekday && locale.weekJoin ? locale.weekJoin : locale.join[2]) + time;
    return day + locale.join[fields.month === 'short' ? 1 : 0] + time;
  }

  const engine = { toString: Date.prototype.toString, toTimeString: Date.prototype.toTimeString };

  /** The engine ends these in "GMT+0000"; V8 adds the name of the zone. */
  function withZone(date, text) {
    if (text.indexOf('GMT') < 0) return text;
    return `${text} (${date.getTimezoneOffset() === 0 ? 'Coordinated Universal Time' : offsetText(date)})`;
  }

  const methods = {
    toString() {
      return withZone(this, Reflect.apply(engine.toString, this, []));
    },
    toTimeString() {
      return withZone(this, Reflect.apply(engine.toTimeString, this, []));
    },
    toLocaleString(locales, options) {
      return format(this, locales, options, 'any', 'all');
    },
    toLocaleDateString(locales, options) {
      return format(this, locales, options, 'date', 'date');
    },
    toLocaleTimeString(locales, options) {
      return format(this, locales, options, 'time', 'time');
    },
  };
  for (const name of Object.keys(methods)) {
    Object.defineProperty(Date.prototype, name, { value: methods[name], writable: true, configurable: true });
  }
})
