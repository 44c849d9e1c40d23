/*
 * `console`: what a script writes is kept with the call in whose turn it wrote it, for the history and for try-outs.
 */
(function (runtime) {
  'use strict';

  const safe = runtime.safe;
  const limits = runtime.limits;

  function argumentText(value, room) {
    return typeof value === 'string' ? safe.slice(value, 0, room) : runtime.inspect(value, room);
  }

  /** What `%x` makes of `value`, or null when there is no such placeholder. */
  function placeholderText(kind, value, room) {
    switch (kind) {
      case 's':
        return argumentText(value, room);
      case 'd':
        return typeof value === 'object' ? 'NaN' : safe.text(safe.number(value));
      case 'i':
        return typeof value === 'object' ? 'NaN' : safe.text(safe.floor(safe.number(value)));
      case 'f':
        return safe.text(safe.number(value));
      case 'j':
        return safe.text(safe.stringify(value));
      case 'o':
      case 'O':
        return runtime.inspect(value, room);
      case 'c':
        return '';
      default:
        return null;
    }
  }

  /** The arguments of a call as one text: `%` placeholders of the first filled, the rest after it. */
  function format(values) {
    let text = '';
    let next = 0;
    if (values.length > 1 && typeof values[0] === 'string') {
      const pattern = values[0];
      let start = 0;
      next = 1;
      for (;;) {
        const at = safe.indexOf(pattern, '%', start);
        if (at < 0 || at + 1 >= pattern.length) break;
        const kind = pattern[at + 1];
        text += safe.slice(pattern, start, at);
        start = at + 2;
        const made = kind === '%' || next >= values.length ? null : placeholderText(kind, values[next], limits.line);
        if (made !== null) {
          text += made;
          next += 1;
        } else {
          text += kind === '%' ? '%' : '%' + kind;
        }
      }
      text += safe.slice(pattern, start);
    }
    for (; next < values.length && text.length <= limits.line; next++) {
      if (next > 0) text += ' ';
      text += argumentText(values[next], limits.line + 1);
    }
    return text;
  }

  let busy = false;

  function write(level, values) {
    const call = runtime.current;
    // What is shown may run code of the script's (a Proxy's traps, say), which may come back here.
    if (busy || call.lines >= limits.lines || call.characters >= limits.console) {
      call.dropped += 1;
      return;
    }
    busy = true;
    let text;
    try {
      text = format(values);
    } catch {
      text = '[cannot be shown]';
    }
    busy = false;
    const room = limits.console - call.characters;
    const most = room < limits.line ? room : limits.line;
    if (text.length > most) text = safe.slice(text, 0, most - 1) + '…';
    call.lines += 1;
    call.characters += text.length;
    call.console = runtime.joined(call.console, '{"level":"' + level + '","text":' + safe.stringify(text) + '}');
  }

  const nothing = () => ({ nothing() {} }).nothing;

  runtime.define('console', {
    log(...values) {
      write('log', values);
    },
    info(...values) {
      write('info', values);
    },
    warn(...values) {
      write('warn', values);
    },
    error(...values) {
      write('error', values);
    },
    debug(...values) {
      write('debug', values);
    },
    trace(...values) {
      write('debug', values);
    },
    dir(value) {
      write('log', [value]);
    },
    dirxml(...values) {
      write('log', values);
    },
    table(value) {
      write('log', [value]);
    },
    group(...values) {
      if (values.length > 0) write('log', values);
    },
    groupCollapsed(...values) {
      if (values.length > 0) write('log', values);
    },
    assert(condition, ...values) {
      if (condition) return;
      write('error', values.length > 0 ? ['Assertion failed:', format(values)] : ['Assertion failed']);
    },
    groupEnd: nothing(),
    time: nothing(),
    timeLog: nothing(),
    timeEnd: nothing(),
    count: nothing(),
    countReset: nothing(),
    clear: nothing(),
  });
})
