/*
 * For tests: all objects that can be reached, and all that the methods of the language are called with.
 */
const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, apply } = Reflect;
const SeenSet = Set;
const add = SeenSet.prototype.add, has = SeenSet.prototype.has;

/** Calls `visit(object, path)` for each object in reach of `roots`; answers how many there are. */
function walk(roots, visit) {
  const seen = new SeenSet();
  const queue = [[roots, 'roots']];
  for (let next = 0; next < queue.length; next++) {
    const [object, path] = queue[next];
    if (object === null || (typeof object !== 'object' && typeof object !== 'function')) continue;
    if (apply(has, seen, [object])) continue;
    apply(add, seen, [object]);
    visit(object, path);
    queue[queue.length] = [getPrototypeOf(object), path + '.__proto__'];
    const keys = ownKeys(object);
    for (let index = 0; index < keys.length; index++) {
      const property = getOwnPropertyDescriptor(object, keys[index]);
      const name = path + '.' + String(keys[index]);
      if ('value' in property) queue[queue.length] = [property.value, name];
      else queue[queue.length] = [property.get, name + ' get'], (queue[queue.length] = [property.set, name + ' set']);
    }
  }
  return queue.length;
}

/** Replaces the methods of all built-in prototypes until `stop`; `all` are their `this`, arguments and results. */
function spy() {
  const all = [];
  const undo = [];
  let busy = false;
  const note = (value) => {
    if (value !== null && (typeof value === 'object' || typeof value === 'function')) all[all.length] = value;
  };
  const holders = [Array, String, Object, Function, Map, Set, Promise, Date, RegExp, Error, Number, Symbol, Boolean]
    .map((one) => one.prototype)
    .concat([Object, Array, String, Number, JSON, Math, Reflect, Promise]);
  holders.forEach((holder) => {
    ownKeys(holder).forEach((name) => {
      const property = getOwnPropertyDescriptor(holder, name);
      const fine = typeof property.value === 'function' && property.writable && name !== 'constructor';
      if (!fine || (holder === Function.prototype && name !== 'call' && name !== 'bind')) return;
      const original = property.value;
      undo[undo.length] = [holder, name, original];
      holder[name] = function (...values) {
        if (!busy) {
          busy = true;
          note(this);
          for (let index = 0; index < values.length; index++) note(values[index]);
          busy = false;
        }
        const result = apply(original, this, values);
        if (!busy) note(result);
        return result;
      };
    });
  });
  return {
    all,
    stop() {
      for (let index = 0; index < undo.length; index++) undo[index][0][undo[index][1]] = undo[index][2];
    },
  };
}
