/*
 * `s`: the functions of underscore.string that scripts use, with its semantics. Null and undefined are empty text.
 */
(function (runtime) {
  'use strict';

  const textOf = (value) => (value === null || value === undefined ? '' : `${value}`);

  /** The source of a regular expression for one of `characters`, which are text or an expression; white space if null. */
  function classOf(characters) {
    if (characters === null || characters === undefined) return '\\s';
    if (characters.source) return characters.source;
    return `[${textOf(characters).replace(/([.*+?^=!:${}()|[\]/\\])/g, '\\$1')}]`;
  }

  function repeat(text, times) {
    return times > 0 ? text.repeat(times) : '';
  }

  function pad(text, length, filler, side) {
    const padded = textOf(text);
    const mark = filler ? textOf(filler).charAt(0) : ' ';
    const missing = ~~length - padded.length;
    if (side === 'right') return padded + repeat(mark, missing);
    if (side === 'both') return repeat(mark, Math.ceil(missing / 2)) + padded + repeat(mark, Math.floor(missing / 2));
    return repeat(mark, missing) + padded;
  }

  runtime.define('s', {
    truncate(text, length, ending) {
      const whole = textOf(text);
      return whole.length > ~~length ? whole.slice(0, ~~length) + (ending || '...') : whole;
    },

    trim(text, characters) {
      if (!characters) return textOf(text).trim();
      const unwanted = classOf(characters);
      return textOf(text).replace(new RegExp(`^${unwanted}+|${unwanted}+$`, 'g'), '');
    },

    ltrim(text, characters) {
      if (!characters) return textOf(text).trimStart();
      return textOf(text).replace(new RegExp(`^${classOf(characters)}+`), '');
    },

    rtrim(text, characters) {
      if (!characters) return textOf(text).trimEnd();
      return textOf(text).replace(new RegExp(`${classOf(characters)}+$`), '');
    },

    capitalize(text, lowercaseRest) {
      const whole = textOf(text);
      const rest = whole.slice(1);
      return whole.charAt(0).toUpperCase() + (lowercaseRest ? rest.toLowerCase() : rest);
    },

    stripTags(text) {
      return textOf(text).replace(/<\/?[^>]+>/g, '');
    },

    strLeft(text, separator) {
      const whole = textOf(text);
      const mark = textOf(separator);
      const at = mark ? whole.indexOf(mark) : -1;
      return at < 0 ? whole : whole.slice(0, at);
    },

    strRight(text, separator) {
      const whole = textOf(text);
      const mark = textOf(separator);
      const at = mark ? whole.indexOf(mark) : -1;
      return at < 0 ? whole : whole.slice(at + mark.length);
    },

    strRightBack(text, separator) {
      const whole = textOf(text);
      const mark = textOf(separator);
      const at = mark ? whole.lastIndexOf(mark) : -1;
      return at < 0 ? whole : whole.slice(at + mark.length);
    },

    numberFormat(number, decimals, decimalMark, thousandsMark) {
      if (number === null || number === undefined || isNaN(number)) return '';
      const [whole, fraction] = number.toFixed(~~decimals).split('.');
      const mark = typeof thousandsMark === 'string' ? thousandsMark : ',';
      const grouped = whole.replace(/(\d)(?=(?:\d{3})+$)/g, (digit) => digit + mark);
      return fraction ? grouped + (decimalMark || '.') + fraction : grouped;
    },

    pad(text, length, filler, side) {
      return pad(text, length, filler, side);
    },

    lrpad(text, length, filler) {
      return pad(text, length, filler, 'both');
    },
  });
})
