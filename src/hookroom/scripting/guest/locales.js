/*
 * How dates and numbers look in the locales that scripts use; the engine has no Intl. The data are CLDR's (48), as V8
 * shows them.
 *
 * Patterns of dates: Y and YY year, M and MM month, N its name, A its name where it stands without a day, D and DD day, W
 * weekday; `*` is the date that a weekday is put to. `dates` are [year month day, year month, month day].
 */
(function (runtime) {
  'use strict';

  const list = (text) => text.split(' ');
  const NARROW = '\u202f';
  const NO_BREAK = '\u00a0';
  const ENGLISH = {
    months: list('January February March April May June July August September October November December'),
    days: list('Sunday Monday Tuesday Wednesday Thursday Friday Saturday'),
    shortDays: list('Sun Mon Tue Wed Thu Fri Sat'),
    zone: 'Coordinated Universal Time',
    group: ',',
    decimal: '.',
  };
  const JAPANESE_MONTHS = list('1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月');
  const GROUP_POINT = { group: '.', decimal: ',' };

  runtime.locales = {
    __proto__: null,
    'en-US': {
      ...ENGLISH,
      shortMonths: list('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'),
      numeric: ['M/D/Y', 'M/Y', 'M/D'],
      long: ['N D, Y', 'N Y', 'N D'],
      week: ['W, *', 'W, *'],
      shortDate: 'M/D/YY',
      join: [', ', ', ', ' at '],
      hour12: true,
      padded: [true, true],
      money: '¤#',
      symbols: { USD: '$', JPY: '¥' },
    },
    'en-GB': {
      ...ENGLISH,
      shortMonths: list('Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec'),
      numeric: ['DD/MM/Y', 'MM/Y', 'DD/MM'],
      long: ['D N Y', 'N Y', 'D N'],
      week: ['W, *', 'W *'],
      shortDate: 'DD/MM/Y',
      join: [', ', ', ', ' at '],
      padded: [true, true],
      noon: ['am', 'pm'],
      money: '¤#',
      symbols: { USD: 'US$' },
    },
    'de-DE': {
      ...GROUP_POINT,
      months: list('Januar Februar März April Mai Juni Juli August September Oktober November Dezember'),
      shortMonths: list('Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.'),
      aloneShortMonths: list('Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez'),
      days: list('Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag'),
      shortDays: list('So. Mo. Di. Mi. Do. Fr. Sa.'),
      aloneShortDays: list('So Mo Di Mi Do Fr Sa'),
      numeric: ['D.M.Y', 'M/Y', 'D.M.'],
      long: ['D. N Y', 'N Y', 'D. N'],
      week: ['W, *', 'W, *'],
      mediumDate: 'DD.MM.Y',
      shortDate: 'DD.MM.YY',
      join: [', ', ', ', ' um '],
      padded: [true, true],
      hours: ' Uhr',
      zone: 'Koordinierte Weltzeit',
      percent: `#${NO_BREAK}%`,
      money: `#${NO_BREAK}¤`,
      symbols: { USD: '$', JPY: '¥' },
    },
    'fr-FR': {
      group: NARROW,
      decimal: ',',
      months: list('janvier février mars avril mai juin juillet août septembre octobre novembre décembre'),
      shortMonths: list('janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.'),
      days: list('dimanche lundi mardi mercredi jeudi vendredi samedi'),
      shortDays: list('dim. lun. mar. mer. jeu. ven. sam.'),
      numeric: ['DD/MM/Y', 'MM/Y', 'DD/MM'],
      long: ['D N Y', 'N Y', 'D N'],
      week: ['W *', 'W *'],
      shortDate: 'DD/MM/Y',
      join: [' ', ', ', ' à '],
      padded: [true, true],
      hours: ' h',
      zone: 'temps universel coordonné',
      percent: `#${NO_BREAK}%`,
      money: `#${NO_BREAK}¤`,
      symbols: { USD: '$US', GBP: '£GB', JPY: 'JPY' },
    },
    'es-ES': {
      ...GROUP_POINT,
      groupFrom: 5,
      months: list('enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'),
      shortMonths: list('ene feb mar abr may jun jul ago sept oct nov dic'),
      days: list('domingo lunes martes miércoles jueves viernes sábado'),
      shortDays: list('dom lun mar mié jue vie sáb'),
      numeric: ['D/M/Y', 'M/Y', 'D/M'],
      long: ['D de N de Y', 'N de Y', 'D de N'],
      short: ['D N Y', 'N Y', 'D N'],
      week: ['W, *', 'W, *'],
      shortDate: 'D/M/YY',
      join: [', ', ', ', ' a las '],
      weekJoin: ', ',
      padded: [false, false],
      noon: ['a. m.', 'p. m.'],
      zone: '(tiempo universal coordinado)',
      percent: `#${NO_BREAK}%`,
      money: `#${NO_BREAK}¤`,
      symbols: { USD: 'US$', GBP: 'GBP', JPY: 'JPY', BRL: 'BRL' },
    },
    'pt-BR': {
      ...GROUP_POINT,
      months: list('janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro'),
      shortMonths: list('jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.'),
      days: list('domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado'),
      shortDays: list('dom. seg. ter. qua. qui. sex. sáb.'),
      numeric: ['DD/MM/Y', 'MM/Y', 'DD/MM'],
      long: ['D de N de Y', 'N de Y', 'D de N'],
      week: ['W, *', 'W, *'],
      shortDate: 'DD/MM/Y',
      join: [', ', ', ', ' às '],
      padded: [true, true],
      zone: 'Horário Universal Coordenado',
      money: `¤${NO_BREAK}#`,
      symbols: { USD: 'US$' },
    },
    'it-IT': {
      ...GROUP_POINT,
      groupFrom: 5,
      months: list('gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre'),
      shortMonths: list('gen feb mar apr mag giu lug ago set ott nov dic'),
      days: list('domenica lunedì martedì mercoledì giovedì venerdì sabato'),
      shortDays: list('dom lun mar mer gio ven sab'),
      numeric: ['DD/MM/Y', 'MM/Y', 'DD/MM'],
      long: ['D N Y', 'N Y', 'D N'],
      week: ['W *', 'W *'],
      shortDate: 'DD/MM/YY',
      join: [', ', ', ', ' alle ore '],
      padded: [true, false],
      zone: 'Tempo coordinato universale',
      money: `#${NO_BREAK}¤`,
      symbols: { USD: 'USD', JPY: 'JPY', BRL: 'BRL' },
    },
    'nl-NL': {
      ...GROUP_POINT,
      months: list('januari februari maart april mei juni juli augustus september oktober november december'),
      shortMonths: list('jan feb mrt apr mei jun jul aug sep okt nov dec'),
      days: list('zondag maandag dinsdag woensdag donderdag vrijdag zaterdag'),
      shortDays: list('zo ma di wo do vr za'),
      numeric: ['D-M-Y', 'M-Y', 'D-M'],
      long: ['D N Y', 'N Y', 'D N'],
      week: ['W *', 'W *'],
      shortDate: 'DD-MM-Y',
      join: [', ', ', ', ' om '],
      padded: [true, true],
      noon: ['a.m.', 'p.m.'],
      zone: 'gecoördineerde wereldtijd',
      money: `¤${NO_BREAK}-#`,
      symbols: { USD: 'US$' },
    },
    'ru-RU': {
      group: NO_BREAK,
      decimal: ',',
      months: list('января февраля марта апреля мая июня июля августа сентября октября ноября декабря'),
      aloneMonths: list('январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь'),
      shortMonths: list('янв. февр. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек.'),
      aloneShortMonths: list('янв. февр. март апр. май июнь июль авг. сент. окт. нояб. дек.'),
      days: list('воскресенье понедельник вторник среда четверг пятница суббота'),
      shortDays: list('вс пн вт ср чт пт сб'),
      numeric: ['DD.MM.Y', 'MM.Y', 'DD.MM'],
      long: ['D N Y г.', 'A Y г.', 'D N'],
      week: ['W, *', 'W, *'],
      shortDate: 'DD.MM.Y',
      join: [', ', ', ', ' в '],
      padded: [true, false],
      zone: 'Всемирное координированное время',
      notANumber: `не${NO_BREAK}число`,
      percent: `#${NO_BREAK}%`,
      money: `#${NO_BREAK}¤`,
      symbols: { USD: '$', JPY: '¥' },
    },
    'ja-JP': {
      group: ',',
      decimal: '.',
      months: JAPANESE_MONTHS,
      shortMonths: JAPANESE_MONTHS,
      days: list('日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日'),
      shortDays: list('日 月 火 水 木 金 土'),
      numeric: ['Y/M/D', 'Y/M', 'M/D'],
      long: ['Y年ND日', 'Y年N', 'ND日'],
      week: ['*W', '*W'],
      shortWeek: '*(W)',
      alone: { year: 'Y年', month: 'M月', day: 'D日' },
      mediumDate: 'Y/MM/DD',
      shortDate: 'Y/MM/DD',
      join: [' ', ' ', ' '],
      padded: [false, false],
      hours: '時',
      noon: ['午前', '午後'],
      noonFirst: true,
      zone: '協定世界時',
      money: '¤#',
      symbols: { USD: '$', JPY: '￥' },
    },
  };

  /** For a language alone, or one of its other countries. */
  const NEAREST = {
    __proto__: null,
    en: 'en-US',
    de: 'de-DE',
    fr: 'fr-FR',
    es: 'es-ES',
    pt: 'pt-BR',
    it: 'it-IT',
    nl: 'nl-NL',
    ru: 'ru-RU',
    ja: 'ja-JP',
    'en-AU': 'en-GB',
    'en-IE': 'en-GB',
    'en-NZ': 'en-GB',
  };

  /** The data of the first locale asked for that is there, or of its language; else en-US. Throws for what is no tag. */
  runtime.localeOf = (asked) => {
    const tags = asked === undefined ? [] : typeof asked === 'string' ? [asked] : Array.from(asked);
    for (const tag of tags) {
      if (typeof tag !== 'string' || !/^[a-z]{2,8}([-_][a-z\d]{1,8})*$/i.test(tag)) {
        throw new RangeError(`Incorrect locale information provided: ${tag}`);
      }
      const name = tag.replace(/_/g, '-').replace(/^(\w+)-(\w{2})\b.*/, (_all, language, country) =>
        `${language.toLowerCase()}-${country.toUpperCase()}`,
      );
      const found = runtime.locales[name] ? name : NEAREST[name] || NEAREST[name.split('-')[0].toLowerCase()];
      if (found) return runtime.locales[found];
    }
    return runtime.locales['en-US'];
  };
})
