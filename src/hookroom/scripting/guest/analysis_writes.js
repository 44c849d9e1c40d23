/*
 * Writes that strict code answers with a TypeError and sloppy code passes over: to what is frozen, has only a
 * getter, is no object or is the language's own.
 */
(function () {
  'use strict';

  const { analysis } = Babel;
  const {
    PRIMITIVES,
    all,
    append,
    constantOf,
    homeOf,
    isGlobal,
    isMemberOf,
    membersOf,
    nameOfProperty,
    runOf,
    targetsOf,
    turnsStrict,
    valueOf,
    words,
  } = analysis;

  const WITH_PROTOTYPE = words('Object Function Array String Boolean Date Promise RegExp Error Map Set');
  const GLOBAL = words('undefined NaN Infinity');

  /** What is constant of the language's own objects. */
  const FIXED = {
    Math: words('PI E LN2 LN10 LOG2E LOG10E SQRT2 SQRT1_2'),
    Number: words(
      'MAX_VALUE MIN_VALUE MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON NaN ' +
        'POSITIVE_INFINITY NEGATIVE_INFINITY prototype',
    ),
    Symbol: words('iterator asyncIterator hasInstance toPrimitive toStringTag prototype'),
    globalThis: GLOBAL,
    global: GLOBAL,
    ...Object.fromEntries([...WITH_PROTOTYPE].map((name) => [name, new Set(['prototype'])])),
  };

  /** `freeze`, `seal`, `preventExtensions` with the path of what is given to them. */
  function lockOf(path) {
    if (!path.isCallExpression()) return null;
    const kind = ['freeze', 'seal', 'preventExtensions'].find((name) =>
      isMemberOf(path.get('callee'), 'Object', name),
    );
    return kind && path.node.arguments.length ? { kind, object: path.get('arguments.0') } : null;
  }

  /** Statements that lock an object or define a property of it, by the binding of the object's name. */
  function changesIn(program) {
    const locks = new Map();
    const properties = new Map();
    for (const path of all(program, 'CallExpression')) {
      const lock = lockOf(path);
      const locked = lock && constantOf(lock.object);
      if (locked) append(locks, locked, { kind: lock.kind, path });
      if (!isMemberOf(path.get('callee'), 'Object', 'defineProperty')) continue;
      const [object, name, descriptor] = path.get('arguments');
      const defined = object && constantOf(object);
      if (!defined || !name || !name.isStringLiteral() || !descriptor || !descriptor.isObjectExpression())
        continue;
      append(properties, defined, { name: name.node.value, descriptor, path });
    }
    return { locks, properties };
  }

  /**
   * Whether what happens at `before` has happened when `path` runs: earlier in the same run, or while the
   * script is loaded.
   */
  function hasHappened(before, path) {
    const run = runOf(before);
    if (
      before.findParent(
        (at) => at.isIfStatement() || at.isConditionalExpression() || at.isSwitchCase() || at.isLoop(),
      )
    )
      return false;
    if (runOf(path).node === run.node) return before.node.start < path.node.start;
    return run.isProgram();
  }

  const isTrue = (property) =>
    property !== undefined && property.node.value.type === 'BooleanLiteral' && property.node.value.value;

  function isFixedByDescriptor(descriptor, forDelete) {
    const [member] = membersOf(descriptor, forDelete ? 'configurable' : 'writable', false);
    if (descriptor.node.properties.some((property) => property.type === 'SpreadElement')) return false;
    if (member && !isTrue(member) && member.node.value.type !== 'BooleanLiteral') return false;
    return !isTrue(member) && (forDelete || !membersOf(descriptor, 'set', false).length);
  }

  /** Whether a literal has `name`, `undefined` when it cannot be told. */
  function has(path, name) {
    if (path.isArrayExpression())
      return /^\d+$/.test(name) ? Number(name) < path.node.elements.length : name === 'length';
    if (
      !path.isObjectExpression() ||
      path.node.properties.some(
        (one) => one.type === 'SpreadElement' || (one.computed && nameOfProperty(one) === null),
      )
    )
      return undefined;
    return membersOf(path, name, false).length > 0;
  }

  function isLocked(kind, literal, name, forDelete) {
    if (kind === 'freeze') return forDelete ? has(literal, name) === true : true;
    if (forDelete) return kind === 'seal' && has(literal, name) === true;
    return has(literal, name) === false;
  }

  /** Only a getter stands under `name` in a class or literal. */
  function isGetterOnly({ home, isStatic }, name) {
    const members = membersOf(home, name, isStatic);
    if (home.isObjectExpression() && home.node.properties.some((property) => property.type === 'SpreadElement'))
      return false;
    return members.length > 0 && members.every((member) => member.node.kind === 'get');
  }

  /** What is wrong with writing to (or deleting) `object.name`; null for nothing that is known. */
  function faultOf(member, changes, forDelete) {
    const object = member.get('object');
    const name = nameOfProperty(member.node);
    const value = valueOf(object);
    if (!forDelete && PRIMITIVES.has(value.node.type)) return 'it is written to a value that is no object';
    const lock = lockOf(value);
    const literal = valueOf(lock ? lock.object : value);
    if (lock && isLocked(lock.kind, literal, name, forDelete))
      return 'the object is frozen, sealed or not extensible';
    const binding = constantOf(object);
    for (const { kind, path } of (binding && changes.locks.get(binding)) || []) {
      if (hasHappened(path, member) && isLocked(kind, literal, name, forDelete))
        return 'the object is frozen, sealed or not extensible';
    }
    for (const property of (binding && changes.properties.get(binding)) || []) {
      if (
        property.name === name &&
        hasHappened(property.path, member) &&
        isFixedByDescriptor(property.descriptor, forDelete)
      ) {
        return `\`${name}\` was defined so that it cannot change`;
      }
    }
    if (name === null) return null;
    return faultOfName(object, value, name, forDelete);
  }

  function faultOfName(object, value, name, forDelete) {
    const fixed = Object.keys(FIXED).find((global) => isGlobal(object, global));
    if (fixed && FIXED[fixed].has(name)) return `\`${fixed}.${name}\` is constant`;
    if (value.isFunction() || value.isClass()) {
      const cannot = forDelete
        ? !value.isArrowFunctionExpression() && name === 'prototype'
        : isFixedOfFunction(value, name);
      if (cannot) return `\`${name}\` of a ${value.isClass() ? 'class' : 'function'} is constant`;
    }
    if (forDelete) {
      if (value.isArrayExpression() && name === 'length') return '`length` of an array cannot be deleted';
      const isVariable = isGlobal(object, 'globalThis') || isGlobal(object, 'global');
      const binding = isVariable && object.scope.getProgramParent().bindings[name];
      return binding && ['var', 'hoisted'].includes(binding.kind) ? `\`${name}\` is a variable` : null;
    }
    if (
      value.isNewExpression() &&
      name === 'size' &&
      ['Map', 'Set'].some((made) => isGlobal(value.get('callee'), made))
    ) {
      return '`size` has only a getter';
    }
    const home = homeOf(object);
    return home && isGetterOnly(home, name) ? `\`${name}\` has only a getter` : null;
  }

  function isFixedOfFunction(path, name) {
    if (path.isClass()) {
      if (membersOf(path, name, true).length) return false;
      return name === 'prototype' || (!path.node.superClass && (name === 'name' || name === 'length'));
    }
    return name === 'name' || name === 'length';
  }

  function badWrites(program, report) {
    const changes = changesIn(program);
    const check = (path, member, forDelete) => {
      if (!turnsStrict(path)) return;
      const fault = faultOf(member, changes, forDelete);
      if (!fault) return;
      const rule = forDelete ? 'bad-delete' : 'bad-write';
      report(rule, 'breaks', member.node, `natively this is a TypeError: ${fault}`);
    };
    for (const path of analysis.writes(program)) {
      for (const target of targetsOf(path)) if (target.isMemberExpression()) check(path, target, false);
    }
    for (const path of all(program, 'UnaryExpression')) {
      const argument = path.get('argument');
      if (path.node.operator === 'delete' && argument.isMemberExpression()) check(path, argument, true);
    }
  }

  analysis.rules.push(badWrites);
})
