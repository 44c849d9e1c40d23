/*
 * `this` in functions that are called without an object: undefined natively, the global object when transpiled.
 * And `this` at the top level, where it is the other way round.
 */
(function () {
  'use strict';

  const { analysis } = Babel;
  const {
    CALLING,
    CALLING_WITH_RECEIVER,
    PRIMITIVES,
    all,
    constantOf,
    homeOf,
    isMemberOf,
    membersOf,
    nameOfProperty,
    receiverOf,
    turnsStrict,
    valueOf,
    words,
  } = analysis;

  const LATER = words('then catch finally');
  const FUNCTIONS = words('setTimeout setInterval setImmediate queueMicrotask Promise');

  /** How a function is called that gets `path` as its `this`: `object`, `nothing`, `primitive`. */
  function given(path) {
    if (!path || !path.node || path.isNullLiteral() || analysis.isGlobal(path, 'undefined')) return 'nothing';
    if (path.isUnaryExpression({ operator: 'void' })) return 'nothing';
    return PRIMITIVES.has(valueOf(path).node.type) ? 'primitive' : 'object';
  }

  /**
   * How the function that `use` stands for is called there: as `given` says, `unknown`, or null when it is not
   * called.
   */
  function callOf(use) {
    const { parentPath, key, listKey } = use;
    if (parentPath.isCallExpression() || parentPath.isOptionalCallExpression()) {
      if (key === 'callee')
        return use.isMemberExpression() || use.isOptionalMemberExpression() ? 'object' : 'nothing';
      if (listKey === 'arguments') return callOfArgument(parentPath, key);
    }
    if (parentPath.isNewExpression() && listKey === 'arguments' && key === 0) {
      return FUNCTIONS.has(parentPath.node.callee.name) ? 'nothing' : null;
    }
    if (parentPath.isMemberExpression() && key === 'object' && parentPath.parentPath.isCallExpression()) {
      const name = nameOfProperty(parentPath.node);
      const isCalled = parentPath.key === 'callee' && ['call', 'apply', 'bind'].includes(name);
      return isCalled ? given(parentPath.parentPath.get('arguments.0')) : null;
    }
    return null;
  }

  function callOfArgument(call, index) {
    const callee = call.get('callee');
    if (callee.isIdentifier()) {
      return FUNCTIONS.has(callee.node.name) ? 'nothing' : callOfParameter(valueOf(callee), index);
    }
    if (!callee.isMemberExpression() && !callee.isOptionalMemberExpression()) return 'unknown';
    const name = nameOfProperty(callee.node);
    if (isMemberOf(callee, 'Array', 'from')) return given(call.get('arguments.2'));
    if (isMemberOf(callee, 'JSON', 'parse') || isMemberOf(callee, 'JSON', 'stringify')) return 'object';
    if (isMemberOf(callee, 'Object', 'assign') || isMemberOf(callee, 'Object', 'defineProperty')) return null;
    if (CALLING_WITH_RECEIVER.has(name) && index === 0) return given(call.get('arguments.1'));
    return CALLING.has(name) || LATER.has(name) ? 'nothing' : 'unknown';
  }

  const calledParameters = new WeakMap();

  /** How a function of the script calls the function that it is given. */
  function callOfParameter(called, index) {
    const parameter = called.isFunction() ? called.node.params[index] : undefined;
    if (!parameter || parameter.type !== 'Identifier') return 'unknown';
    if (!calledParameters.has(parameter)) {
      // While it is being found out, a function that gives it on to itself adds nothing.
      calledParameters.set(parameter, null);
      const { referencePaths } = called.scope.getOwnBinding(parameter.name);
      calledParameters.set(parameter, worst(referencePaths.map(callOf)) || 'unknown');
    }
    return calledParameters.get(parameter);
  }

  /** Where else the function at `path` is known by a name: the uses of that name. */
  function usesOf(path) {
    const { parentPath } = path;
    if (path.isFunctionDeclaration()) return namedUses(path.scope.parent.getBinding(path.node.id.name));
    if (parentPath.isVariableDeclarator() && path.key === 'init' && parentPath.node.id.type === 'Identifier') {
      return namedUses(parentPath.scope.getBinding(parentPath.node.id.name));
    }
    if (parentPath.isParenthesizedExpression()) return usesOf(parentPath);
    return [path];
  }

  const namedUses = (binding) => (binding && binding.constant ? binding.referencePaths : []);

  /** The uses of `this`, by the function that they belong to. */
  function usesOfThis(program) {
    const uses = new Map();
    for (const path of all(program, 'ThisExpression')) {
      const receiver = receiverOf(path);
      if (!uses.has(receiver.node)) uses.set(receiver.node, { receiver, paths: [] });
      uses.get(receiver.node).paths.push(path);
    }
    return uses;
  }

  const isObject = (path) => path.key === 'object' && path.parentPath.isMemberExpression();

  function isWritten(member) {
    const { parentPath, key } = member;
    return (parentPath.isAssignmentExpression() && key === 'left') || parentPath.isUpdateExpression();
  }

  /** What `this` comes to in a function that is called `how`; one finding for all of the function. */
  function tell(paths, how, report) {
    if (how === 'nothing') {
      const member = paths.find(isObject);
      const path = member || paths[0];
      const what = member ? 'this is a TypeError natively' : 'it is undefined natively';
      report(
        'this',
        member ? 'breaks' : 'differs',
        path.node,
        `\`this\` in a function that is called without an object: ${what}`,
      );
    } else if (how === 'primitive') {
      const written = paths.find((path) => isObject(path) && isWritten(path.parentPath));
      const bare = paths.find((path) => !isObject(path));
      if (written) {
        report('this', 'breaks', written.node, '`this` is no object natively: writing to it is a TypeError');
      } else if (bare) {
        report(
          'this',
          'differs',
          bare.node,
          '`this` is the value itself natively, and an object around it today',
        );
      }
    } else if (how === 'unknown') {
      report(
        'this',
        'note',
        paths[0].node,
        '`this` is undefined natively if this function is called without an object',
      );
    }
  }

  const ORDER = ['nothing', 'primitive', 'unknown'];
  const worst = (calls) => ORDER.find((how) => calls.includes(how));

  const isPlain = (path) => path.isFunctionExpression() || path.isFunctionDeclaration();

  function plainFunctions(program, report) {
    for (const { receiver, paths } of usesOfThis(program).values()) {
      if (!isPlain(receiver) || !turnsStrict(paths[0])) continue;
      const how = worst(usesOf(receiver).map(callOf)) || (extendsPrimitive(receiver) ? 'primitive' : undefined);
      if (how) tell(paths, how, report);
    }
  }

  /** `String.prototype.name = function …` */
  function extendsPrimitive({ parentPath, key }) {
    if (!parentPath.isAssignmentExpression() || key !== 'right' || !parentPath.get('left').isMemberExpression())
      return false;
    const owner = parentPath.get('left.object');
    return ['String', 'Number', 'Boolean', 'BigInt'].some((name) => isMemberOf(owner, name, 'prototype'));
  }

  /** The function that a member of a class or of an object literal is, if it is one. */
  function functionIn(member) {
    if (member.isObjectMethod() || member.isClassMethod()) return member.node.kind === 'method' ? member : null;
    const value = member.node.value && member.get('value');
    return value && value.isFunctionExpression() ? value : null;
  }

  /** Methods that are taken from their object and called without it, or with `null`. */
  function detachedMethods(program, report) {
    const uses = usesOfThis(program);
    const calls = new Map();
    const called = (object, name, how) => {
      const home = how && how !== 'object' ? homeOf(object) : null;
      if (!home) return;
      for (const member of membersOf(home.home, name, home.isStatic)) {
        const method = functionIn(member);
        if (!method || !uses.has(method.node) || !turnsStrict(method.get('body'))) continue;
        analysis.append(calls, method.node, how);
      }
    };
    for (const path of all(program, 'MemberExpression')) {
      const name = nameOfProperty(path.node);
      if (name === null) continue;
      const { parentPath } = path;
      const isNamed = parentPath.isVariableDeclarator() && path.key === 'init';
      const taken =
        isNamed && parentPath.node.id.type === 'Identifier' ? constantOf(parentPath.get('id')) : null;
      called(path.get('object'), name, taken ? worst(taken.referencePaths.map(callOf)) : callOf(path));
    }
    for (const path of all(program, 'VariableDeclarator')) {
      if (!path.get('id').isObjectPattern() || !path.node.init) continue;
      for (const property of path.get('id.properties')) {
        const binding = property.isObjectProperty() ? constantOf(property.get('value')) : null;
        if (binding)
          called(path.get('init'), nameOfProperty(property.node), worst(binding.referencePaths.map(callOf)));
      }
    }
    for (const [method, ways] of calls) tell(uses.get(method).paths, worst(ways), report);
  }

  function topLevel(program, report) {
    const message = '`this` at the top level is undefined today, and the global object natively';
    for (const path of all(program, 'ThisExpression')) {
      if (receiverOf(path).isProgram()) report('top-level-this', 'differs', path.node, message);
    }
  }

  analysis.rules.push(plainFunctions, detachedMethods, topLevel);
})
