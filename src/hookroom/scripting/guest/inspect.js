/*
 * Values as text, for the console and for what is thrown and is no error. Looks like Node's `util.inspect` on one line.
 * Calls no getters; what a Proxy's traps do is caught. Stops when the text is full, so a large value costs no more
 * than what is shown of it.
 */
(function (runtime) {
  'use strict';

  const safe = runtime.safe;
  const DEPTH = 4;
  const ENTRIES = 100;
  const UNKNOWN = '[cannot be shown]';

  function write(out, piece) {
    const left = out.room - out.text.length;
    if (piece.length > left) {
      out.text += safe.slice(piece, 0, left);
      out.full = true;
    } else {
      out.text += piece;
    }
  }

  function ownText(object, name) {
    const property = safe.describe(object, name);
    return property && safe.hasOwn(property, 'value') && typeof property.value === 'string' ? property.value : '';
  }

  function functionText(value) {
    const name = ownText(value, 'name');
    if (safe.startsWith(safe.slice(safe.sourceOf(value), 0, 6), 'class')) return '[class ' + (name || '(anonymous)') + ']';
    return name ? '[Function: ' + name + ']' : '[Function (anonymous)]';
  }

  /** The name of the class that made `object`, as its prototype has it. */
  function className(object) {
    const prototype = safe.prototypeOf(object);
    if (prototype === null) return '[Object: null prototype]';
    const made = safe.describe(prototype, 'constructor');
    if (!made || !safe.hasOwn(made, 'value') || typeof made.value !== 'function') return '';
    return ownText(made.value, 'name');
  }

  function printProperty(out, object, name, depth, parents) {
    const property = safe.describe(object, name);
    if (!property) write(out, '<empty>');
    else if (safe.hasOwn(property, 'value')) print(out, property.value, depth, parents);
    else write(out, '[Getter]');
  }

  function printList(out, list, length, depth, parents) {
    if (length === 0) return write(out, '[]');
    write(out, '[ ');
    for (let index = 0; index < length && !out.full; index++) {
      if (index > 0) write(out, ', ');
      if (index === ENTRIES) {
        write(out, '... ' + (length - ENTRIES) + ' more');
        break;
      }
      printProperty(out, list, index, depth, parents);
    }
    return write(out, ' ]');
  }

  function keyText(key) {
    for (let index = 0; index < key.length; index++) {
      const code = safe.charCode(key, index);
      const plain = (code >= 48 && code < 58) || (code >= 65 && code < 91) || (code >= 97 && code < 123);
      if (!plain && code !== 36 && code !== 95) return safe.stringify(key);
    }
    return key === '' ? '""' : key;
  }

  function printRecord(out, object, name, depth, parents) {
    const keys = safe.keys(object);
    if (name !== 'Object' && name !== '') write(out, name + ' ');
    if (keys.length === 0) return write(out, '{}');
    write(out, '{ ');
    for (let index = 0; index < keys.length && !out.full; index++) {
      if (index > 0) write(out, ', ');
      if (index === ENTRIES) {
        write(out, '... ' + (keys.length - ENTRIES) + ' more');
        break;
      }
      write(out, keyText(safe.slice(keys[index], 0, out.room)) + ': ');
      printProperty(out, object, keys[index], depth, parents);
    }
    return write(out, ' }');
  }

  function printCollection(out, name, size, each, collection, depth, parents) {
    write(out, name + '(' + size + ') {');
    let shown = 0;
    each(collection, (value, key) => {
      shown += 1;
      if (out.full || shown > ENTRIES) return;
      write(out, shown === 1 ? ' ' : ', ');
      if (name === 'Map') {
        print(out, key, depth, parents);
        write(out, ' => ');
      }
      print(out, value, depth, parents);
    });
    write(out, shown > ENTRIES ? ', ... ' + (shown - ENTRIES) + ' more }' : shown ? ' }' : '}');
  }

  function printObject(out, object, depth, above) {
    for (let parent = above; parent !== null; parent = parent.above) {
      if (parent.object === object) return write(out, '[Circular]');
    }
    const parents = { __proto__: null, object, above };
    const tag = safe.slice(safe.tagOf(object), 8, -1);
    if (safe.isError(object)) return write(out, runtime.errorText(object, depth === 0));
    if (tag === 'Date') return write(out, dateText(object));
    if (tag === 'RegExp') return write(out, safe.regexpText(object));
    const list = safe.isArray(object);
    if (depth > DEPTH) return write(out, list ? '[Array]' : '[Object]');
    if (list) return printList(out, object, object.length, depth + 1, parents);
    if (tag === 'Map') return printCollection(out, tag, safe.mapSize(object), safe.mapEach, object, depth + 1, parents);
    if (tag === 'Set') return printCollection(out, tag, safe.setSize(object), safe.setEach, object, depth + 1, parents);
    return printRecord(out, object, className(object), depth + 1, parents);
  }

  function dateText(date) {
    try {
      return safe.isoTime(date);
    } catch {
      return 'Invalid Date';
    }
  }

  function print(out, value, depth, parents) {
    switch (typeof value) {
      case 'string':
        return write(out, safe.stringify(safe.slice(value, 0, out.room)));
      case 'bigint':
        return write(out, value + 'n');
      case 'number':
        return write(out, value === 0 && 1 / value < 0 ? '-0' : safe.text(value));
      case 'function':
      case 'object':
        if (value === null) return write(out, 'null');
        try {
          return typeof value === 'function' ? write(out, functionText(value)) : printObject(out, value, depth, parents);
        } catch {
          return write(out, UNKNOWN);
        }
      default:
        return write(out, safe.text(value));
    }
  }

  /** `value` in at most `room` characters. Strings inside are quoted, a string itself is too. */
  runtime.inspect = (value, room) => {
    const out = { __proto__: null, text: '', room, full: false };
    print(out, value, 0, null);
    return out.text;
  };
})
