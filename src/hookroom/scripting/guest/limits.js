/*
 * What one call may hand out of the sandbox. `prepare` may set others.
 */
(function (runtime) {
  'use strict';

  runtime.limits = {
    __proto__: null,
    /** Characters of a result's JSON, of an error's message, of its stack. */
    value: 1000000,
    error: 4000,
    /** Lines that a call may write to the console, characters of a line, characters of all. */
    lines: 100,
    line: 2000,
    console: 16000,
    /** Calls of one instance that may wait at once. */
    calls: 1000,
    /** Requests that a call may make by `fetch`, and characters of a request's JSON (`HTTP` too). */
    fetches: 50,
    request: 1000000,
  };
})
