/*
 * Functions: their `arguments`, what `eval` leaves behind, `new` of what cannot be constructed. And powers of
 * BigInts.
 */
(function () {
  'use strict';

  const { analysis } = Babel;
  const { all, homeOf, isGlobal, membersOf, nameOfProperty, reads, receiverOf, turnsStrict, valueOf } =
    analysis;
  const { parser } = Babel.packages;

  function argumentsIn(program) {
    const uses = new Map();
    for (const path of reads(program, 'arguments')) {
      const owner = path.scope.hasBinding('arguments', true) ? null : receiverOf(path);
      if (!owner || !owner.isFunction()) continue;
      if (!uses.has(owner.node)) uses.set(owner.node, { owner, paths: [] });
      uses.get(owner.node).paths.push(path);
    }
    return uses.values();
  }

  const memberNameOf = (path) =>
    path.key === 'object' && path.parentPath.isMemberExpression() ? nameOfProperty(path.parent) : null;

  function isWritten(member) {
    const { parentPath, key } = member;
    return (parentPath.isAssignmentExpression() && key === 'left') || parentPath.isUpdateExpression();
  }

  const isSimple = (owner) => owner.node.params.every((param) => param.type === 'Identifier');

  /** The parameters that Babel's output has as parameters, too: plain names before the first default. */
  function keptParameters(owner) {
    const kept = [];
    for (const param of owner.node.params) {
      if (param.type === 'AssignmentPattern') break;
      if (param.type === 'Identifier') kept.push(param.name);
    }
    return kept;
  }

  const inLoop = (path, owner) => {
    const loop = path.findParent((at) => at.isLoop() || at.node === owner.node);
    return loop.node !== owner.node;
  };

  function callee(program, report) {
    for (const { paths } of argumentsIn(program)) {
      for (const path of paths) {
        if (memberNameOf(path) !== 'callee' || !turnsStrict(path)) continue;
        report('arguments-callee', 'breaks', path.parent, 'natively `arguments.callee` is a TypeError');
      }
    }
  }

  /**
   * Today a parameter and its place in `arguments` are one; natively only in sloppy functions with plain
   * parameters.
   */
  function aliases(program, report) {
    for (const { owner, paths } of argumentsIn(program)) {
      const simple = isSimple(owner);
      if (simple ? !turnsStrict(owner.get('body')) : analysis.hasDirective(owner)) continue;
      const bindings = keptParameters(owner)
        .map((name) => owner.scope.getOwnBinding(name))
        .filter(Boolean);
      const uses = paths.filter((path) => !['length', 'callee'].includes(memberNameOf(path)));
      const isLater = (use, change) => use.node.start > change.node.start || inLoop(use, owner);
      const tell = (path, message) => report('arguments-alias', 'differs', path.node, message);
      for (const use of uses) {
        const member = use.key === 'object' && use.parentPath.isMemberExpression() ? use.parentPath : null;
        if (member && isWritten(member)) {
          const read = bindings.some((binding) => binding.referencePaths.some((path) => isLater(path, use)));
          if (read) tell(use, 'writing to `arguments` changes the parameter today, natively not');
          continue;
        }
        const binding = bindings.find(({ constantViolations }) =>
          constantViolations.some((change) => isLater(use, change)),
        );
        if (!binding) continue;
        tell(use, `\`arguments\` follows the assignment of \`${binding.identifier.name}\` today, natively not`);
        break;
      }
    }
  }

  /** What a text, evaluated, would declare and assign: today that stays in the function around. */
  function leaksOf(text) {
    const leaks = { declares: false, assigns: [] };
    let ast;
    try {
      ast = parser.parse(text, { sourceType: 'script', attachComment: false });
    } catch {
      return leaks;
    }
    for (const { type, kind, expression } of ast.program.body) {
      if (type === 'FunctionDeclaration' || (type === 'VariableDeclaration' && kind === 'var'))
        leaks.declares = true;
      if (type !== 'ExpressionStatement' || expression.type !== 'AssignmentExpression') continue;
      if (expression.operator === '=' && expression.left.type === 'Identifier')
        leaks.assigns.push(expression.left.name);
    }
    return leaks;
  }

  function evaluations(program, report) {
    for (const path of all(program, 'CallExpression')) {
      if (!path.node.arguments.length || !isGlobal(path.get('callee'), 'eval') || !turnsStrict(path)) continue;
      const text = valueOf(path.get('arguments.0')).node;
      const tell = (severity, message) => report('eval', severity, path.node, message);
      if (text.type !== 'StringLiteral') {
        tell('note', 'what `eval` declares stays inside of it natively, and its code is strict');
        continue;
      }
      const leaks = leaksOf(text.value);
      const name = leaks.assigns.find((assigned) => !path.scope.hasBinding(assigned));
      if (leaks.declares) tell('differs', 'what `eval` declares here stays inside of it natively');
      else if (name) tell('breaks', `natively \`eval\` cannot assign \`${name}\`, which is not declared`);
    }
  }

  /** Whether `new` of what `callee` stands for throws natively, and works on Babel's plain functions. */
  function isNoConstructor(callee) {
    if (callee.isMemberExpression()) {
      const home = homeOf(callee.get('object'));
      const members = home ? membersOf(home.home, nameOfProperty(callee.node), home.isStatic) : [];
      return members.some((member) =>
        member.isMethod()
          ? member.node.kind === 'method'
          : member.node.value && isOddFunction(member.get('value')),
      );
    }
    return isOddFunction(valueOf(callee));
  }

  /** What strict functions do not have, and what functions that cannot be constructed do not have. */
  function properties(program, report) {
    for (const path of all(program, 'MemberExpression')) {
      const name = nameOfProperty(path.node);
      if (!['caller', 'arguments', 'prototype'].includes(name)) continue;
      const value = valueOf(path.get('object'));
      if (name === 'prototype' && isOddFunction(value) && !value.node.generator) {
        report('new', 'differs', path.node, 'natively only classes and plain functions have a `prototype`');
      } else if (name !== 'prototype' && value.isFunction() && turnsStrict(value.get('body'))) {
        report(
          'function-caller',
          'breaks',
          path.node,
          `natively \`${name}\` of a function in a class is a TypeError`,
        );
      }
    }
  }

  const isOddFunction = (path) =>
    path.isArrowFunctionExpression() || (path.isFunction() && (path.node.async || path.node.generator));

  function constructions(program, report) {
    const message = 'natively only classes and plain functions can be constructed: a TypeError';
    for (const path of all(program, 'NewExpression')) {
      if (isNoConstructor(path.get('callee'))) report('new', 'breaks', path.node, message);
    }
  }

  function isBigInt(path) {
    const value = valueOf(path);
    return value.isBigIntLiteral() || (value.isCallExpression() && isGlobal(value.get('callee'), 'BigInt'));
  }

  function powers(program, report) {
    const tell = (path) =>
      report('bigint-power', 'differs', path.node, '`**` of BigInts is a TypeError today; natively it works');
    for (const path of all(program, 'BinaryExpression')) {
      if (path.node.operator === '**' && isBigInt(path.get('left')) && isBigInt(path.get('right'))) tell(path);
    }
    for (const path of all(program, 'AssignmentExpression')) {
      if (path.node.operator === '**=' && isBigInt(path.get('right'))) tell(path);
    }
  }

  analysis.rules.push(callee, aliases, evaluations, constructions, properties, powers);
})
