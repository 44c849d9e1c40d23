/*
 * What was thrown, as its author should see it: V8's form of stack ("Name: message", then frames), without the frames of
 * the runtime. What is thrown need not be an error, and what is an error may lie: every read may throw, or give anything.
 */
(function (runtime) {
  'use strict';

  const safe = runtime.safe;
  const limits = runtime.limits;
  const FRAME = '    at ';
  /** The files of the runtime have names that start so. */
  const OURS = '(hookroom:';

  function read(object, name) {
    try {
      const value = object[name];
      return typeof value === 'string' ? safe.slice(value, 0, 4 * limits.error) : '';
    } catch {
      return '';
    }
  }

  function withoutOurs(stack) {
    let kept = '';
    for (let start = 0; start < stack.length; ) {
      const found = safe.indexOf(stack, '\n', start);
      const end = found < 0 ? stack.length : found;
      const line = safe.slice(stack, start, end);
      if (line !== '' && !(safe.startsWith(line, FRAME) && safe.indexOf(line, OURS) >= 0)) {
        kept += kept === '' ? line : '\n' + line;
      }
      start = end + 1;
    }
    return kept;
  }

  const titleOf = (name, message) => (message === '' ? name : name + ': ' + message);

  function stackOf(error, title) {
    const stack = withoutOurs(read(error, 'stack'));
    if (stack === '') return title;
    return safe.startsWith(stack, FRAME) ? title + '\n' + stack : stack;
  }

  /** An error in a line of text, or with its stack. */
  runtime.errorText = (error, withStack) => {
    const title = titleOf(read(error, 'name') || 'Error', read(error, 'message'));
    return withStack ? stackOf(error, title) : '[' + title + ']';
  };

  const quoted = (text) => safe.stringify(safe.slice(text, 0, limits.error));

  /** `name`, `message` and `stack` as JSON text, each cut to what the limits allow. */
  runtime.errorJson = (name, message, stack) =>
    '{"name":' + quoted(name) + ',"message":' + quoted(message) + ',"stack":' + quoted(stack) + '}';

  /** Whatever was thrown, as JSON text `{"name", "message", "stack"}`. Never throws. */
  runtime.thrownJson = (thrown) => {
    const whole = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';
    const name = (whole && read(thrown, 'name')) || 'Error';
    const message = whole ? read(thrown, 'message') : '';
    if (whole && (message !== '' || safe.isError(thrown))) {
      return runtime.errorJson(name, message, stackOf(thrown, titleOf(name, message)));
    }
    return runtime.errorJson('Error', typeof thrown === 'string' ? thrown : runtime.inspect(thrown, limits.error), '');
  };
})
