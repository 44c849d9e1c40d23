/*
 * What the rules of the upgrade check share (sandbox-notes, "Transpiled and native scripts differ"). A script's
 * class bodies are strict natively; transpiled, all of it is sloppy but functions with a directive of their
 * own. Beyond that, the output of preset-env differs in small ways from what it stands for.
 *
 * The files of the analysis are function expressions, called in their order; what they share is
 * `Babel.analysis`. A rule is a function of `(program, report)`: the path of a Program, and `report(rule,
 * severity, node, message, names)`. Severities:
 *
 *     breaks   natively it throws, or does not compile; today it works
 *     differs  it comes to something else, or works only natively
 *     note     worth knowing; what it comes to is not known
 */
(function () {
  'use strict';

  const words = (text) => new Set(text.split(' '));

  /** Methods that call a function before they return, with their next argument as `this` and without any. */
  const CALLING_WITH_RECEIVER = words(
    'map forEach filter some every find findIndex findLast findLastIndex flatMap',
  );
  const CALLING = words('reduce reduceRight sort replace replaceAll');

  const PRIMITIVES = words('StringLiteral NumericLiteral BooleanLiteral BigIntLiteral TemplateLiteral');

  /** A chain of constants is followed this far. */
  const MAX_STEPS = 10;

  const hasDirective = (path) =>
    path.isFunction() &&
    path.node.body.type === 'BlockStatement' &&
    path.node.body.directives.some((directive) => directive.value.value === 'use strict');

  const turning = new WeakMap();

  /**
   * Whether the code at `path` is strict natively and sloppy when transpiled: in a class, without a directive.
   */
  function turnsStrict(path) {
    const passed = [];
    let turns = false;
    let inClass = false;
    for (let at = path; at; at = at.parentPath) {
      if (turning.has(at.node) && !inClass) {
        turns = turning.get(at.node);
        break;
      }
      if (hasDirective(at)) {
        turns = false;
        break;
      }
      if (at.isClass()) inClass = turns = true;
      if (!inClass) passed.push(at.node);
    }
    for (const node of passed) turning.set(node, turns);
    return turns;
  }

  const isField = (path) =>
    path.isClassProperty() || path.isClassPrivateProperty() || path.isClassAccessorProperty();

  /**
   * What gives `this` and `arguments` their value at `path`: a function that is no arrow function, a class's
   * field or static block, or the program.
   */
  function receiverOf(path) {
    let inside = path;
    for (let at = path.parentPath; at; inside = at, at = at.parentPath) {
      if (at.isProgram() || at.isStaticBlock()) return at;
      // Computed keys and decorators belong to what is around.
      if (isField(at) && inside.key === 'value') return at;
      if (at.isFunction() && !at.isArrowFunctionExpression() && inside.key !== 'key') return at;
    }
    return null;
  }

  const isCalledAtOnce = (name) => CALLING.has(name) || CALLING_WITH_RECEIVER.has(name);

  /**
   * Whether a function runs where it stands: called right there, or by a method that calls it before it
   * returns.
   */
  function runsInPlace(path) {
    const { parentPath } = path;
    if (path.node.async || path.node.generator || !parentPath || !parentPath.isCallExpression()) return false;
    if (path.key === 'callee') return true;
    const callee = parentPath.node.callee;
    return (
      path.listKey === 'arguments' &&
      callee.type === 'MemberExpression' &&
      isCalledAtOnce(nameOfProperty(callee))
    );
  }

  /** The function (or program, or instance field) whose run the code at `path` is part of. */
  function runOf(path) {
    let inside = path;
    for (let at = path.parentPath; at; inside = at, at = at.parentPath) {
      if (at.isProgram()) return at;
      if (isField(at) && !at.node.static && inside.key === 'value') return at;
      if (at.isFunction() && inside.key !== 'key' && !runsInPlace(at)) return at;
    }
    return null;
  }

  /**
   * `a` of `x.a`, `x["a"]`, `{a: 1}`, `{"a": 1}`, `class { a() {} }`; null when it is computed at run time or
   * private.
   */
  function nameOfProperty(node) {
    const key = node.property || node.key;
    if (!key) return null;
    if (!node.computed && key.type === 'Identifier') return key.name;
    if (key.type === 'StringLiteral' || key.type === 'NumericLiteral') return String(key.value);
    return null;
  }

  /** Whether a name means what the engine gives it: nothing in the script declares it. */
  const isGlobal = (path, name) => path.isIdentifier({ name }) && !path.scope.hasBinding(name, true);

  /** Whether `path` is `object.name`, where `object` is a global. */
  function isMemberOf(path, object, name) {
    return (
      path.isMemberExpression() && nameOfProperty(path.node) === name && isGlobal(path.get('object'), object)
    );
  }

  /** The binding of a name that keeps its first value, and that value's path; null for all others. */
  function constantOf(path) {
    if (!path.isIdentifier()) return null;
    const binding = path.scope.getBinding(path.node.name);
    if (!binding || !binding.constant) return null;
    return binding;
  }

  /**
   * The path of the expression, function or class that `path` stands for, followed through names that never
   * change.
   */
  function valueOf(path) {
    let at = path;
    for (let step = 0; step < MAX_STEPS; step++) {
      const binding = constantOf(at);
      if (!binding) return at;
      if (binding.path.isVariableDeclarator() && binding.path.node.id.type === 'Identifier') {
        const init = binding.path.get('init');
        if (!init.node || binding.path.parentPath.parentPath.isForXStatement()) return at;
        at = init;
      } else if (binding.path.isFunction() || binding.path.isClass()) {
        return binding.kind === 'param' ? at : binding.path;
      } else {
        return at;
      }
    }
    return at;
  }

  /**
   * The own methods, fields and accessors of a class or the properties of an object literal that are called
   * `name`.
   */
  function membersOf(path, name, isStatic) {
    if (name === null) return [];
    if (path.isClass()) {
      return path
        .get('body.body')
        .filter((member) => nameOfProperty(member.node) === name && Boolean(member.node.static) === isStatic);
    }
    if (path.isObjectExpression())
      return path.get('properties').filter((member) => nameOfProperty(member.node) === name);
    return [];
  }

  /**
   * What `object` of `object.name` is known to be, `{ home, isStatic }`: an object literal, a class (its static
   * side), or an instance of one, by `new` or as `this` in its methods.
   */
  function homeOf(object) {
    if (object.isThisExpression()) {
      const receiver = receiverOf(object);
      if (!receiver || receiver.isProgram()) return null;
      if (
        receiver.isClassMethod() ||
        receiver.isClassPrivateMethod() ||
        receiver.isStaticBlock() ||
        isField(receiver)
      ) {
        const isStatic = receiver.isStaticBlock() || Boolean(receiver.node.static);
        return { home: receiver.parentPath.parentPath, isStatic };
      }
      return receiver.isObjectMethod() ? { home: receiver.parentPath, isStatic: false } : null;
    }
    if (object.isMemberExpression() && nameOfProperty(object.node) === 'prototype') {
      const made = valueOf(object.get('object'));
      return made.isClass() ? { home: made, isStatic: false } : null;
    }
    const value = valueOf(object);
    if (value.isObjectExpression()) return { home: value, isStatic: false };
    if (value.isClass()) return { home: value, isStatic: true };
    if (value.isNewExpression()) {
      const made = valueOf(value.get('callee'));
      if (made.isClass()) return { home: made, isStatic: false };
    }
    return null;
  }

  /** The targets of an assignment, loop or update: paths of names and members, out of patterns too. */
  function targetsOf(path) {
    if (path.isUpdateExpression()) return [path.get('argument')];
    const waiting = [path.get('left')];
    const targets = [];
    while (waiting.length) {
      const at = waiting.pop();
      if (!at || !at.node) continue;
      if (at.isArrayPattern()) waiting.push(...at.get('elements'));
      else if (at.isObjectPattern()) waiting.push(...at.get('properties'));
      else if (at.isObjectProperty()) waiting.push(at.get('value'));
      else if (at.isRestElement()) waiting.push(at.get('argument'));
      else if (at.isAssignmentPattern()) waiting.push(at.get('left'));
      else if (at.isIdentifier() || at.isMemberExpression()) targets.push(at);
    }
    return targets;
  }

  /** Whether `inner` is `outer` or inside of it. */
  function isInside(inner, outer) {
    for (let at = inner; at; at = at.parentPath) if (at.node === outer.node) return true;
    return false;
  }

  const collected = new WeakMap();

  /**
   * The paths of all nodes of some types in a program, in the order of the source. It is walked once for all
   * rules.
   */
  function all(program, ...types) {
    if (!collected.has(program.node)) {
      const paths = new Map();
      program.traverse({ enter: (path) => append(paths, path.node.type, path) });
      collected.set(program.node, paths);
    }
    return types.flatMap((type) => collected.get(program.node).get(type) || []);
  }

  /** The paths at which a name is read. */
  const reads = (program, name) =>
    all(program, 'Identifier').filter(
      (path) => (!name || path.node.name === name) && path.isReferencedIdentifier(),
    );

  /** The paths that write to something: assignments, `++` and `--`, loops over a variable that is there. */
  const writes = (program) =>
    all(program, 'AssignmentExpression', 'UpdateExpression', 'ForInStatement', 'ForOfStatement').filter(
      (path) => !path.isForXStatement() || !path.get('left').isVariableDeclaration(),
    );

  /** Adds to the values that a map of arrays has under a key. */
  function append(map, key, value) {
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(value);
  }

  Babel.analysis = {
    CALLING,
    CALLING_WITH_RECEIVER,
    PRIMITIVES,
    rules: [],
    all,
    append,
    constantOf,
    hasDirective,
    homeOf,
    isField,
    isGlobal,
    isInside,
    isMemberOf,
    membersOf,
    nameOfProperty,
    reads,
    receiverOf,
    runOf,
    runsInPlace,
    targetsOf,
    turnsStrict,
    valueOf,
    words,
    writes,
  };
})
