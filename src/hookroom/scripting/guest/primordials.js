/*
 * What the runtime uses of the language, taken before any script runs: a script may replace or poison all of it
 * (`Array.prototype.push`, `JSON.stringify`, `Object.prototype.toJSON`, …) without changing what its caller is told.
 *
 * Methods become functions whose first argument is their `this`. In code that runs beside a script, also avoid:
 * for-of, spread and array destructuring (they ask `Symbol.iterator`), template literals (in this engine they call
 * `String.prototype.concat`), assigning to new array indices and to new properties of ordinary objects (setters on
 * prototypes), and reading properties that may be missing.
 */
(function (runtime) {
  'use strict';

  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const getter = (object, name) => uncurry(Object.getOwnPropertyDescriptor(object, name).get);

  runtime.safe = Object.freeze({
    __proto__: null,
    apply: Reflect.apply,
    defineProperty: Object.defineProperty,
    describe: Object.getOwnPropertyDescriptor,
    hasOwn: Object.hasOwn,
    keys: Object.keys,
    prototypeOf: Object.getPrototypeOf,
    tagOf: uncurry(Object.prototype.toString),
    isArray: Array.isArray,
    isError: Error.isError,
    parse: JSON.parse,
    stringify: JSON.stringify,
    text: String,
    number: Number,
    floor: Math.floor,
    Promise,
    then: uncurry(Promise.prototype.then),
    TypeError,
    Error,
    charCode: uncurry(String.prototype.charCodeAt),
    indexOf: uncurry(String.prototype.indexOf),
    slice: uncurry(String.prototype.slice),
    startsWith: uncurry(String.prototype.startsWith),
    lower: uncurry(String.prototype.toLowerCase),
    upper: uncurry(String.prototype.toUpperCase),
    sourceOf: uncurry(Function.prototype.toString),
    regexpText: uncurry(RegExp.prototype.toString),
    isoTime: uncurry(Date.prototype.toISOString),
    mapSize: getter(Map.prototype, 'size'),
    mapEach: uncurry(Map.prototype.forEach),
    setSize: getter(Set.prototype, 'size'),
    setEach: uncurry(Set.prototype.forEach),
  });

  /** The items of a JSON list as text, with one more. */
  runtime.joined = (items, item) => (items === '' ? item : items + ',' + item);

  /** Defines a global as the engine's own are: not enumerable, and free to be declared anew by a script. */
  runtime.define = (name, value) => {
    Object.defineProperty(globalThis, name, {
      __proto__: null,
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  };

  // Underscore was evaluated before; scripts that may use it get it in `prepare`.
  runtime.underscore = globalThis._;
  delete globalThis._;

  // With `Error.prepareStackTrace` a script sees the frames below its own; it must not get hold of their functions.
  const prepare = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, frames) => Object.getPrototypeOf(frames[0]);
  delete new Error().stack.getFunction;
  Error.prepareStackTrace = prepare;
})
