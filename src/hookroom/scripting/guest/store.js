/*
 * `Store`: what a script keeps under a name for as long as its instance lives. And `global`.
 */
(function (runtime) {
  'use strict';

  const { hasOwn, keys } = runtime.safe;
  let values = { __proto__: null };

  runtime.define('Store', {
    set(key, value) {
      values[key] = value;
      return value;
    },
    get(key) {
      return values[key];
    },
    has(key) {
      return hasOwn(values, key);
    },
    delete(key) {
      const had = hasOwn(values, key);
      delete values[key];
      return had;
    },
    keys() {
      return keys(values);
    },
    clear() {
      values = { __proto__: null };
    },
  });

  runtime.define('global', globalThis);
})
