/*
 * Names used before their line: natively `let`, `const`, classes and parameters cannot be read before they have
 * their value; Babel's `var` is undefined until then.
 */
(function () {
  'use strict';

  const { analysis } = Babel;
  const { all, constantOf, isInside, runOf, runsInPlace } = analysis;

  /** Steps of following calls, over all of a script. */
  const MAX_CALL_STEPS = 20_000;

  /** All uses of a binding: where it is read and where it is assigned. */
  function usesOf(binding) {
    const assigned = binding.constantViolations.filter((path) => path.node !== binding.path.node);
    return [...binding.referencePaths, ...assigned];
  }

  const isLexical = ({ kind }) => kind === 'let' || kind === 'const';

  /** The declarator of a loop's variable: `for (const x of …)`. */
  const loopOf = (path) =>
    path.isVariableDeclarator() && path.parentPath.parentPath.isForXStatement()
      ? path.parentPath.parentPath
      : null;

  /** Whether the use at `path`, in the same run as the declaration, comes before the binding has its value. */
  function isEarly(binding, path) {
    const declared = binding.path;
    const { start } = path.node;
    if (declared.isClass()) {
      if (start >= declared.node.start && start < declared.node.end) return start < declared.node.body.start;
      return start < declared.node.start;
    }
    if (!declared.isVariableDeclarator()) return false;
    const loop = loopOf(declared);
    if (loop && isInside(path, loop.get('right'))) return true;
    if (start < declared.node.start) return true;
    if (start >= declared.node.end) return false;
    const { init } = declared.node;
    return (init && start >= init.start) || start < binding.identifier.start;
  }

  /** Whether `path` is in another case than the declaration, which that case may have skipped. */
  function skipsDeclaration(binding, path) {
    const { scope } = binding;
    if (!scope.path.isSwitchStatement()) return false;
    const caseOf = (inner) => inner.findParent((at) => at.isSwitchCase() && at.parent === scope.block);
    const declaredIn = caseOf(binding.path);
    const usedIn = caseOf(path);
    return declaredIn && usedIn && usedIn.key > declaredIn.key;
  }

  /** The functions that are called by name, by the binding's node: `{ path, start }` of each call. */
  function callsIn(program) {
    return all(program, 'CallExpression').flatMap((path) => {
      const binding = constantOf(path.get('callee'));
      const called = binding && functionOf(binding);
      return called ? [{ path, called }] : [];
    });
  }

  function functionOf(binding) {
    if (binding.kind === 'param') return null;
    if (binding.path.isFunctionDeclaration()) return binding.path;
    if (!binding.path.isVariableDeclarator() || binding.path.node.id.type !== 'Identifier') return null;
    const init = binding.path.get('init');
    return init.isFunction() ? init : null;
  }

  function group(entries) {
    const groups = new Map();
    for (const [key, value] of entries) analysis.append(groups, key, value);
    return groups;
  }

  function allBindings(program) {
    const scopes = new Set([program.scope]);
    for (const path of all(program, 'VariableDeclarator', 'ClassDeclaration'))
      scopes.add(path.scope).add(path.scope.parent);
    return [...scopes].flatMap((scope) => (scope ? Object.values(scope.bindings) : []));
  }

  const tell = (report, node, name, why) =>
    report('used-before-declaration', 'breaks', node, `\`${name}\` ${why}: natively that is a ReferenceError`, [
      name,
    ]);

  function declarations(program, report) {
    const lexical = allBindings(program).filter(isLexical);
    const later = [];
    for (const binding of lexical) {
      const name = binding.identifier.name;
      const run = runOf(binding.path);
      for (const use of usesOf(binding)) {
        const usedIn = runOf(use);
        if (usedIn.node !== run.node) later.push([usedIn.node, { binding, use, run }]);
        else if (isEarly(binding, use)) tell(report, use.node, name, 'is used before its declaration');
        else if (skipsDeclaration(binding, use)) tell(report, use.node, name, 'is declared in another case');
      }
    }
    calledEarly(program, group(later), report);
  }

  /** Functions that use a name of the code around them, and are called from there before it has its value. */
  function calledEarly(program, usesByRun, report) {
    if (!usesByRun.size) return;
    const calls = callsIn(program);
    const callsByRun = group(calls.map((call) => [runOf(call.path).node, call]));
    let steps = 0;
    for (const call of calls) {
      const from = runOf(call.path);
      const seen = new Set();
      const waiting = [call.called];
      while (waiting.length && steps++ < MAX_CALL_STEPS) {
        const called = waiting.pop();
        if (seen.has(called.node) || called.node.generator) continue;
        seen.add(called.node);
        for (const { binding, use, run } of usesByRun.get(called.node) || []) {
          if (run.node !== from.node || !isEarly(binding, call.path)) continue;
          const name = binding.identifier.name;
          tell(
            report,
            use.node,
            name,
            `is used here by a call on line ${call.path.node.loc.start.line}, before its declaration`,
          );
        }
        for (const next of callsByRun.get(called.node) || []) waiting.push(next.called);
      }
    }
  }

  function parameters(program, report) {
    for (const pattern of all(program, 'AssignmentPattern')) {
      const path = pattern.getFunctionParent();
      if (!path || path.node.body.start < pattern.node.start) continue;
      for (const binding of Object.values(path.scope.bindings)) {
        if (binding.kind !== 'param') continue;
        for (const use of binding.referencePaths) {
          if (use.node.start >= binding.identifier.start || !isInside(use, pattern)) continue;
          if (runOf(use).node !== path.node && !runsInPlace(path)) continue;
          tell(report, use.node, binding.identifier.name, 'is a later parameter');
        }
      }
    }
  }

  analysis.rules.push(declarations, parameters);
})
