/*
 * Names: assigned but not declared, constant, read through the global object, declared in a block and used
 * outside.
 */
(function () {
  'use strict';

  const { analysis } = Babel;
  const {
    all,
    append,
    isGlobal,
    isInside,
    nameOfProperty,
    reads,
    receiverOf,
    runOf,
    targetsOf,
    turnsStrict,
    writes,
  } = analysis;

  const READ_ONLY = new Set(['undefined', 'NaN', 'Infinity']);

  /** What is there without a declaration. The compiler's own global object has the language's names. */
  const KNOWN = new Set([
    ...Object.getOwnPropertyNames(globalThis).filter((name) => name !== 'Babel'),
    ...'global console Store fetch s HTTP _'.split(' '),
  ]);

  const CONDITIONAL =
    /^(If|Try|Switch|For\w*|While|DoWhile)Statement$|^(Conditional|Logical)Expression$|^AssignmentPattern$/;

  /** Whether a statement at `path` runs once the script is loaded, whatever happens. */
  const runsOnLoad = (path) =>
    !path.findParent((at) => at.isFunction() || analysis.isField(at) || CONDITIONAL.test(at.type));

  const isPlainAssignment = (path) =>
    !path.isUpdateExpression() && (!path.node.operator || path.node.operator === '=');

  /**
   * The undeclared names that are assigned: `name` → `{ strict, sloppy, loaded }`, the paths in code that turns
   * strict and in other code, and whether loading the script makes the global.
   */
  function undeclaredIn(program) {
    const names = new Map();
    for (const path of writes(program)) {
      // `x += 1` and `x++` read first, and throw in both modes.
      if (!isPlainAssignment(path)) continue;
      const strict = turnsStrict(path);
      for (const target of targetsOf(path)) {
        const { name } = target.node;
        if (!target.isIdentifier() || KNOWN.has(name) || target.scope.hasBinding(name, true)) {
          const made = target.isMemberExpression() && !strict && isGlobalObject(target.get('object'));
          if (made && runsOnLoad(path)) entry(names, nameOfProperty(target.node)).loaded = true;
          continue;
        }
        const uses = entry(names, name);
        if (strict) uses.strict.push(target);
        else if (runsOnLoad(path)) uses.loaded = true;
        else uses.sloppy.push(target);
      }
    }
    return names;
  }

  function entry(names, name) {
    if (!names.has(name)) names.set(name, { strict: [], sloppy: [], loaded: false });
    return names.get(name);
  }

  const isGlobalObject = (path) => isGlobal(path, 'globalThis') || isGlobal(path, 'global');

  function undeclared(program, report) {
    for (const [name, { strict, sloppy, loaded }] of undeclaredIn(program)) {
      if (loaded) continue;
      // Other code may have made the global by then.
      const severity = sloppy.length ? 'differs' : 'breaks';
      for (const path of strict) {
        const message = `\`${name}\` is assigned but not declared: natively that is a ReferenceError`;
        report('undeclared-assignment', severity, path.node, message, [name]);
      }
    }
  }

  function constants(program, report) {
    for (const path of writes(program)) {
      for (const target of targetsOf(path)) {
        if (!target.isIdentifier()) continue;
        const { name } = target.node;
        const binding = target.scope.getBinding(name);
        if (!binding) {
          if (READ_ONLY.has(name) && turnsStrict(path)) {
            report(
              'read-only-name',
              'breaks',
              target.node,
              `natively \`${name}\` cannot be assigned: a TypeError`,
              [name],
            );
          }
          continue;
        }
        const ofFunction = binding.path.isFunctionExpression() && binding.kind === 'local' && turnsStrict(path);
        const ofClass = binding.path.isClass() && isInside(target, binding.path);
        if (ofFunction || ofClass) {
          const message = `inside of it, \`${name}\` is constant natively: assigning it is a TypeError`;
          report('constant-name', 'breaks', target.node, message, [name]);
        }
      }
    }
    for (const [name, binding] of Object.entries(program.scope.bindings)) {
      if (READ_ONLY.has(name) && isLexical(binding)) {
        report(
          'read-only-name',
          'breaks',
          binding.identifier,
          `natively \`${name}\` cannot be declared here: a SyntaxError`,
          [name],
        );
      }
    }
  }

  const isLexical = (binding) => binding.kind === 'let' || binding.kind === 'const';

  /** `this` is the global object in sloppy functions that nobody gives another. */
  function isThisOfPlainFunction(path) {
    if (!path.isThisExpression()) return false;
    const receiver = receiverOf(path);
    return receiver.isFunctionDeclaration() && !turnsStrict(path) && !analysis.hasDirective(receiver);
  }

  function lexicalGlobals(program, report) {
    const { bindings } = program.scope;
    const tell = (path, name) => {
      const binding = name !== null && Object.hasOwn(bindings, name) ? bindings[name] : null;
      if (!binding || !isLexical(binding)) return;
      // `const File = globalThis.File || …` reads what was there before, in both modes.
      if (binding.path.isVariableDeclarator() && isInside(path, binding.path) && runOf(path).isProgram())
        return;
      const message = `\`${name}\` (const, let or class) is no property of the global object natively`;
      report('lexical-global', 'differs', path.node, message, [name]);
    };
    for (const path of all(program, 'MemberExpression', 'OptionalMemberExpression')) {
      const object = path.get('object');
      if (isGlobalObject(object) || isThisOfPlainFunction(object)) tell(path, nameOfProperty(path.node));
    }
    for (const path of all(program, 'BinaryExpression')) {
      const { operator, left } = path.node;
      if (operator !== 'in' || left.type !== 'StringLiteral') continue;
      if (isGlobalObject(path.get('right'))) tell(path, left.value);
    }
    for (const path of all(program, 'VariableDeclarator')) {
      if (!path.get('id').isObjectPattern() || !path.node.init || !isGlobalObject(path.get('init'))) continue;
      for (const property of path.get('id.properties')) {
        if (property.isObjectProperty()) tell(property, nameOfProperty(property.node));
      }
    }
  }

  /** Sloppy functions in blocks, by name: natively each is also a variable of the function around it. */
  function blockFunctionsIn(program) {
    const functions = new Map();
    for (const path of all(program, 'FunctionDeclaration')) {
      const { parentPath, node } = path;
      const inBlock =
        parentPath.isSwitchCase() || (parentPath.isBlockStatement() && !parentPath.parentPath.isFunction());
      if (!inBlock || node.async || node.generator || isStrict(path)) continue;
      append(functions, node.id.name, { node, around: path.getFunctionParent() || program });
    }
    return functions;
  }

  const isStrict = (path) => Boolean(path.findParent((at) => at.isClass() || analysis.hasDirective(at)));

  function blockFunctions(program, report) {
    const functions = blockFunctionsIn(program);
    if (!functions.size) return;
    for (const path of reads(program)) {
      const { name } = path.node;
      const binding = path.scope.getBinding(name);
      const declared = functions.get(name) || [];
      if (declared.some(({ node }) => binding && binding.path.node === node)) continue;
      if (!declared.some(({ around }) => isHoistedTo(around, path, binding))) continue;
      const message = `the function \`${name}\` is declared in a block: out here, only native code sees it`;
      report('block-function', 'differs', path.node, message, [name]);
    }
  }

  /** Whether a block's function that is a variable of `around`, too, is what the name at `path` means. */
  function isHoistedTo(around, path, binding) {
    if (!isInside(path, around)) return false;
    if (!binding || !isInside(binding.scope.path, around)) return true;
    return binding.scope.path.node === around.node && ['var', 'hoisted'].includes(binding.kind);
  }

  analysis.rules.push(undeclared, constants, lexicalGlobals, blockFunctions);
  analysis.undeclaredIn = undeclaredIn;
})
