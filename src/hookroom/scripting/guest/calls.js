/*
 * The calls of a script's methods, as the worker drives them: it holds the functions defined here, and all that goes in or out is
 * JSON text.
 *
 *     prepare → (the script is evaluated) → begin → call → (jobs) → turn ┬→ settled, and forgotten
 *                                                    resume → (jobs) → turn ┘ for each answer to a fetch
 *
 * What user code does shows up in the outcome of its call: nothing here throws for it, except `begin`. The outcome is put
 * together from texts, each made by itself, so that it is well-formed whatever a script did to the objects in it.
 */
(function (runtime) {
  'use strict';

  const { safe, joined } = runtime;
  const METHODS = ['process_incoming_request', 'prepare_outgoing_request', 'process_outgoing_response'];

  /** Calls that are not forgotten, by number. */
  const calls = { __proto__: null };
  let held = 0;
  const methods = { __proto__: null };
  let instance;
  /** Numbers of calls that settled in the turn of another, as text. */
  let settled = '';

  const newCall = () => ({
    __proto__: null,
    number: 0,
    method: '',
    state: 'pending',
    value: undefined,
    // What is told at the end of the turn: the items of JSON lists, as text.
    console: '',
    asked: '',
    lines: 0,
    characters: 0,
    dropped: 0,
    asks: 0,
    /** Its fetches that have no answer, by number: `{resolve, reject, failure}`. */
    open: { __proto__: null },
  });

  // What is logged or fetched while the script is loaded is told with the first call.
  let next = newCall();
  /** The call in whose turn code runs. */
  runtime.current = next;

  /** Those that the worker gave up on never settle: the oldest are forgotten when there are too many. */
  function hold(number, call) {
    // Keys that are integers come in their order.
    if (held >= runtime.limits.calls) forget(safe.keys(calls)[0]);
    calls[number] = call;
    held += 1;
  }

  function forget(number) {
    delete calls[number];
    held -= 1;
  }

  function finish(call, state, value) {
    if (call.state !== 'pending') return;
    call.state = state;
    call.value = value;
    if (call !== runtime.current) settled = joined(settled, safe.text(call.number));
  }

  /** Finishes `call` when `value`, a promise or another thenable, settles. */
  function settle(call, value) {
    const returned = (result) => finish(call, 'returned', result);
    const threw = (error) => finish(call, 'threw', error);
    try {
      safe.then(value, returned, threw);
    } catch {
      // No promise of the engine's, or one that the script has changed: by way of its own `then`.
      safe.then(new safe.Promise((resolve) => resolve(value)), returned, threw);
    }
  }

  /**
   * Before the script is evaluated: `{"legacy": bool, "limits"?: {name: number}}`. Legacy scripts have `HTTP` and `_`.
   */
  runtime.prepare = (json) => {
    const { legacy, limits } = safe.parse(json);
    if (legacy) {
      runtime.define('HTTP', runtime.http);
      if (runtime.underscore !== undefined) runtime.define('_', runtime.underscore);
    }
    if (limits) Object.assign(runtime.limits, limits);
  };

  /**
   * After the script was evaluated: makes its instance. Answers the names of those methods that it has, as a JSON list. Throws
   * what the constructor throws, and a ReferenceError when there is no `Script`.
   */
  runtime.begin = () => {
    // A class declaration is no property of the global object, but in scope of every function.
    instance = new Script();
    let found = '';
    for (let index = 0; index < METHODS.length; index++) {
      const name = METHODS[index];
      if (typeof instance[name] !== 'function') continue;
      methods[name] = true;
      found = joined(found, '"' + name + '"');
    }
    return '[' + found + ']';
  };

  /** Calls a method: `{"call": n, "method", "argument"}` (see `content.js` for what becomes of the argument). */
  runtime.call = (json) => {
    const { call: number, method, argument } = safe.parse(json);
    const call = next;
    next = newCall();
    call.number = number;
    call.method = method;
    hold(number, call);
    runtime.current = call;
    if (methods[method] !== true) {
      call.state = 'no-method';
      return;
    }
    try {
      runtime.completeArgument(method, argument);
      const value = instance[method](argument);
      const whole = (typeof value === 'object' && value !== null) || typeof value === 'function';
      if (whole && typeof value.then === 'function') settle(call, value);
      else finish(call, 'returned', value);
    } catch (error) {
      finish(call, 'threw', error);
    }
  };

  /** Settles a fetch: `{"call": n, "fetch": k, "response": {…}}` or `{…, "error": "text"}`. */
  runtime.resume = (json) => {
    const message = safe.parse(json);
    const call = calls[message.call];
    if (call === undefined) return;
    runtime.current = call;
    if (safe.hasOwn(message, 'response')) runtime.answer(call, message.fetch, message.response, '');
    else runtime.answer(call, message.fetch, undefined, message.error);
  };

  const refused = (name, message) => '"state":"threw","error":' + runtime.errorJson(name, message, '');

  function valueText(call) {
    let json;
    try {
      json = safe.stringify(call.value);
    } catch (error) {
      const why = runtime.errorText(error, false);
      return refused('TypeError', 'the result of ' + call.method + ' cannot be written as JSON: ' + why);
    }
    if (json === undefined) return '"state":"returned"';
    if (json.length > runtime.limits.value) {
      const sizes = json.length + ' characters as JSON, of at most ' + runtime.limits.value;
      return refused('RangeError', 'the result of ' + call.method + ' is too large: ' + sizes);
    }
    return '"state":"returned","value":' + json;
  }

  /** What there is to tell of a call. Its result comes first: writing it may run code of the script's that logs. */
  function tell(call) {
    let outcome;
    if (call.state === 'returned') outcome = valueText(call);
    else if (call.state === 'threw') outcome = '"state":"threw","error":' + runtime.thrownJson(call.value);
    else outcome = '"state":"' + call.state + '"';
    const dropped = call.dropped === 0 ? '' : ',"consoleDropped":' + call.dropped;
    const others = settled === '' ? '' : ',"settled":[' + settled + ']';
    const told = ',"fetches":[' + call.asked + '],"console":[' + call.console + ']';
    const text = '{' + outcome + told + dropped + others + '}';
    call.asked = '';
    call.console = '';
    call.dropped = 0;
    settled = '';
    return text;
  }

  /**
   * After all jobs have run: what became of `{"call": n}`. A JSON object of
   *
   * - `state`: "no-method", "returned", "threw" or "pending"; a call that is not pending is forgotten,
   * - `value` when returned, unless that is undefined, a function or a symbol; `error: {"name", "message", "stack"}` when thrown,
   * - `fetches`: those asked for since the last turn (see `fetch.js`),
   * - `console`: `[{"level": "log" | "info" | "warn" | "error" | "debug", "text"}]` since then, `consoleDropped`: lines left out,
   * - `settled`: numbers of other calls that settled meanwhile and whose turn is worth asking for.
   */
  runtime.turn = (json) => {
    const number = safe.parse(json).call;
    const call = calls[number];
    if (call === undefined) return '{' + refused('Error', 'there is no call ' + number) + ',"fetches":[],"console":[]}';
    runtime.current = call;
    const text = tell(call);
    if (call.state !== 'pending') {
      forget(number);
      runtime.current = next;
    }
    return text;
  };
})
