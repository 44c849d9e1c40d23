/*
 * What `fetch` and `HTTP` share: reading what a script hands over, and giving it headers to read.
 */
(function (runtime) {
  'use strict';

  const safe = runtime.safe;

  /** A property of something that the script made, or undefined. */
  runtime.optionOf = (options, name) =>
    options !== null && (typeof options === 'object' || typeof options === 'function') ? options[name] : undefined;

  /** The list of pairs that `headers` is: an object, pairs, or something with `forEach((value, name) => …)`. */
  function eachHeader(headers, take) {
    if (headers === undefined || headers === null) return;
    if (typeof headers !== 'object') throw new safe.TypeError('headers must be an object or a list of pairs');
    if (safe.isArray(headers)) {
      for (let index = 0; index < headers.length; index++) take(headers[index][0], headers[index][1]);
    } else if (typeof headers.forEach === 'function') {
      headers.forEach((value, name) => take(name, value));
    } else {
      const names = safe.keys(headers);
      for (let index = 0; index < names.length; index++) take(names[index], headers[names[index]]);
    }
  }

  /**
   * `headers` as JSON text, `[["name", "value"], …]`, with `fallback` as the value of Content-Type where they have none.
   * Headers whose value is null or undefined are left out.
   */
  runtime.headersJson = (headers, fallback) => {
    let json = '';
    let typed = fallback === null;
    const take = (name, value) => {
      if (value === undefined || value === null) return;
      const key = safe.text(name);
      if (safe.lower(key) === 'content-type') typed = true;
      json = runtime.joined(json, '[' + safe.stringify(key) + ',' + safe.stringify(safe.text(value)) + ']');
    };
    eachHeader(headers, take);
    if (!typed) take('Content-Type', fallback);
    return '[' + json + ']';
  };

  /** Milliseconds, or null when `timeout` is no positive number. */
  runtime.timeoutOf = (timeout) => (typeof timeout === 'number' && timeout > 0 && timeout < 1e9 ? timeout : null);

  /** The headers of an answer, by lower-case name; values of the same name are joined. */
  runtime.headersByName = (pairs) => {
    const found = { __proto__: null };
    for (let index = 0; index < pairs.length; index++) {
      const name = safe.lower(pairs[index][0]);
      const value = pairs[index][1];
      found[name] = found[name] === undefined ? value : found[name] + ', ' + value;
    }
    return found;
  };
})
