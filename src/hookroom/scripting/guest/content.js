/*
 * Bodies that scripts take for an object and for text at once: the original hands out the raw text in some versions and the
 * parsed value in others, and scripts in the wild do `response.content.id` as well as `JSON.parse(response.content)`.
 */
(function (runtime) {
  'use strict';

  const { defineProperty, hasOwn, parse, charCode } = runtime.safe;

  /** Gives `value`, an object or array, a `toString` that answers `raw`, unless it has a property of that name. */
  function withText(value, raw) {
    if (typeof value !== 'object' || value === null || hasOwn(value, 'toString')) return value;
    return defineProperty(value, 'toString', {
      __proto__: null,
      value: { toString: () => raw }.toString,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }

  function mayBeJson(raw) {
    for (let index = 0; index < raw.length; index++) {
      const code = charCode(raw, index);
      if (code === 123 || code === 91) return true;
      if (code !== 32 && (code < 9 || code > 13)) return false;
    }
    return false;
  }

  /** The object or array that `raw` holds as JSON, which is text as well; else `raw`. */
  function parsed(raw) {
    if (typeof raw !== 'string' || !mayBeJson(raw)) return raw;
    try {
      return withText(parse(raw), raw);
    } catch {
      return raw;
    }
  }

  const own = (object, name) => (hasOwn(object, name) ? object[name] : undefined);
  const isObject = (value) => typeof value === 'object' && value !== null;

  /**
   * Makes of the argument that the worker sent the one that the method gets:
   *
   * - `request.content` of an incoming request is `request.body` too. With `rawContent: true` beside `request` (the body was no
   *   JSON) it is text as well: that of `request.content_raw`.
   * - `response.content` of an answer is made of `response.content_raw`.
   */
  runtime.completeArgument = (method, argument) => {
    if (!isObject(argument)) return;
    if (method === 'process_incoming_request') {
      const request = own(argument, 'request');
      if (!isObject(request)) return;
      const content = own(request, 'content');
      if (own(argument, 'rawContent') === true) withText(content, own(request, 'content_raw'));
      delete argument.rawContent;
      put(request, 'body', content);
    } else if (method === 'process_outgoing_response') {
      const response = own(argument, 'response');
      if (isObject(response)) put(response, 'content', parsed(own(response, 'content_raw')));
    }
  };

  /** Sets a property whatever setters there are on `Object.prototype`. */
  function put(object, name, value) {
    defineProperty(object, name, {
      __proto__: null,
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
})
