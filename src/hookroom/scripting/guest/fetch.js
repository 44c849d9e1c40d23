/*
 * `fetch(url, options, allowSelfSigned)`: the request is told to the worker at the end of the turn; its answer arrives with
 * `resume`.
 *
 * To the worker: `{"fetch": k, "url", "options": {"method", "headers": [["name", "value"], …], "body"?, "timeout"?},
 * "allowSelfSigned": bool}`; `body` is text, `timeout` is in ms. From it: `{"status", "statusText", "headers": [[name, value],
 * …], "body": "text", "url"}`.
 */
(function (runtime) {
  'use strict';

  const safe = runtime.safe;
  const { optionOf } = runtime;

  class Headers {
    #values;

    constructor(pairs) {
      this.#values = runtime.headersByName(pairs);
    }

    get(name) {
      return this.#values[safe.lower(safe.text(name))] ?? null;
    }

    has(name) {
      return this.#values[safe.lower(safe.text(name))] !== undefined;
    }

    forEach(callback, self) {
      const names = safe.keys(this.#values);
      for (let index = 0; index < names.length; index++) {
        safe.apply(callback, self, [this.#values[names[index]], names[index], this]);
      }
    }

    *keys() {
      const names = safe.keys(this.#values);
      for (let index = 0; index < names.length; index++) yield names[index];
    }

    *values() {
      const names = safe.keys(this.#values);
      for (let index = 0; index < names.length; index++) yield this.#values[names[index]];
    }

    *entries() {
      const names = safe.keys(this.#values);
      for (let index = 0; index < names.length; index++) yield [names[index], this.#values[names[index]]];
    }

    [Symbol.iterator]() {
      return this.entries();
    }
  }

  class Response {
    #body;
    #used = false;

    constructor(answer) {
      this.#body = answer.body;
      this.status = answer.status;
      this.statusText = answer.statusText;
      this.ok = answer.status >= 200 && answer.status <= 299;
      this.url = answer.url;
      this.redirected = false;
      this.headers = new Headers(answer.headers);
    }

    get bodyUsed() {
      return this.#used;
    }

    #read() {
      if (this.#used) throw new safe.TypeError('the body was read already');
      this.#used = true;
      return this.#body;
    }

    async text() {
      return this.#read();
    }

    async json() {
      return safe.parse(this.#read());
    }
  }

  function optionsJson(options) {
    const method = optionOf(options, 'method');
    const verb = method === undefined || method === null ? 'GET' : safe.upper(safe.text(method));
    const given = optionOf(options, 'body');
    const body = given === undefined || given === null ? null : safe.text(given);
    if (body !== null && (verb === 'GET' || verb === 'HEAD')) {
      throw new safe.TypeError('a ' + verb + ' request cannot have a body');
    }
    const headers = runtime.headersJson(optionOf(options, 'headers'), body === null ? null : 'text/plain;charset=UTF-8');
    const timeout = runtime.timeoutOf(optionOf(options, 'timeout'));
    const bodyText = body === null ? '' : ',"body":' + safe.stringify(body);
    const timeoutText = timeout === null ? '' : ',"timeout":' + timeout;
    return '{"method":' + safe.stringify(verb) + ',"headers":' + headers + bodyText + timeoutText + '}';
  }

  let last = 0;

  function ask(url, options, allowSelfSigned, resolve, reject) {
    const call = runtime.current;
    if (call.asks >= runtime.limits.fetches) throw new safe.TypeError('fetch failed: too many requests in one call');
    const request = '"url":' + safe.stringify(safe.text(url)) + ',"options":' + optionsJson(options);
    if (request.length > runtime.limits.request) throw new safe.TypeError('fetch failed: the request is too large');
    last += 1;
    call.asks += 1;
    // The error is made here, so that its stack shows where the request was made.
    call.open[last] = { __proto__: null, resolve, reject, failure: new safe.TypeError('fetch failed') };
    const trust = allowSelfSigned ? ',"allowSelfSigned":true' : ',"allowSelfSigned":false';
    call.asked = runtime.joined(call.asked, '{"fetch":' + last + ',' + request + trust + '}');
  }

  runtime.define('fetch', {
    fetch(url, options, allowSelfSigned) {
      return new safe.Promise((resolve, reject) => {
        ask(url, options, allowSelfSigned, resolve, reject);
      });
    },
  }.fetch);

  const explained = (error, message) =>
    safe.defineProperty(error, 'message', { __proto__: null, value: message, writable: true, configurable: true });

  /** Settles fetch `k` of `call` with an answer or an error of the worker's. One that nobody waits for is passed over. */
  runtime.answer = (call, k, answer, error) => {
    const open = call.open[k];
    if (open === undefined) return;
    delete call.open[k];
    if (answer !== undefined) open.resolve(new Response(answer));
    else open.reject(explained(open.failure, 'fetch failed: ' + error));
  };
})
