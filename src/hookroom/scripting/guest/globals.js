/*
 * The small globals: `Store`, what a script keeps under a name for as long as its instance lives; `global`; and
 * `queueMicrotask`, whose errors have nowhere to go.
 */
(function (runtime) {
  'use strict';

  const { safe, define } = runtime;
  let values = { __proto__: null };

  define('Store', {
    set(key, value) {
      values[key] = value;
      return value;
    },
    get(key) {
      return values[key];
    },
    has(key) {
      return safe.hasOwn(values, key);
    },
    delete(key) {
      const had = safe.hasOwn(values, key);
      delete values[key];
      return had;
    },
    keys() {
      return safe.keys(values);
    },
    clear() {
      values = { __proto__: null };
    },
  });

  define('global', globalThis);

  const done = safe.Promise.resolve();
  const microtasks = {
    queueMicrotask(callback) {
      if (typeof callback !== 'function') throw new safe.TypeError('queueMicrotask takes a function');
      safe.then(done, () => void callback());
    },
  };
  define('queueMicrotask', microtasks.queueMicrotask);
})
