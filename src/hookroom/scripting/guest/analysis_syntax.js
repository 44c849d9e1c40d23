/*
 * Reads a script as Babel does (as a module: strict from its first line) and as the engine does (as a script).
 */
(function () {
  'use strict';

  const { analysis } = Babel;
  const { parser, traverse } = Babel.packages;

  /** What Babel's parser refuses in a module and the engine takes in a script, by the parser's own codes. */
  const REFUSED = {
    StrictWith: ['with', '`with`'],
    StrictOctalLiteral: ['octal', 'an octal number'],
    StrictNumericEscape: ['octal', 'an octal escape'],
    ParamDupe: ['duplicate-parameter', 'a parameter that is there twice'],
    UnexpectedReservedWord: ['reserved-word', 'a reserved word as a name'],
    UnexpectedKeyword: ['reserved-word', 'a keyword as a name'],
    AwaitBindingIdentifier: ['reserved-word', '`await` as a name'],
    YieldBindingIdentifier: ['reserved-word', '`yield` as a name'],
    StrictEvalArguments: ['reserved-word', 'assigning to `eval` or `arguments`'],
    StrictEvalArgumentsBinding: ['reserved-word', '`eval` or `arguments` as a name'],
    StrictDelete: ['delete-name', '`delete` of a name'],
    StrictFunction: ['loose-function', 'a function in the place of a statement'],
    SloppyFunction: ['loose-function', 'a function in the place of a statement'],
    SloppyFunctionAsyncGenerator: ['loose-function', 'a function in the place of a statement'],
  };

  function parse(source, options) {
    return parser.parse(source, { attachComment: false, ...options });
  }

  function attempt(source, options) {
    try {
      return { ast: parse(source, options) };
    } catch (error) {
      if (!error.loc) throw error;
      return { error };
    }
  }

  const at = (error) => ({ loc: { start: { line: error.loc.line, column: error.loc.column } } });
  const told = (error) => error.message.replace(/ \(\d+:\d+\)$/, '');

  /** The errors of a module: all that the parser can pass over, or the one at which it stops. */
  function errorsOf(source, first) {
    const { ast } = attempt(source, { sourceType: 'module', errorRecovery: true });
    return ast ? ast.errors : [first];
  }

  function reportRefused(source, first, report) {
    for (const error of errorsOf(source, first)) {
      const isComment = source.startsWith('<!--', error.pos) || source.startsWith('-->', error.pos);
      const [rule, what] = isComment
        ? ['html-comment', 'an HTML comment']
        : REFUSED[error.reasonCode] || ['module-syntax', `this (${told(error)})`];
      report(rule, 'differs', at(error), `today ${what} is refused on saving; natively it works`);
    }
  }

  function reportModule(error, program, report) {
    for (const statement of program.body) {
      const kind = /^(Import|Export)/.exec(statement.type);
      if (!kind) continue;
      const word = kind[1].toLowerCase();
      report(word, 'breaks', statement, `natively \`${word}\` is a SyntaxError: a script is no module`);
      return;
    }
    report('module-syntax', 'note', at(error), `a script is no module: ${told(error)}`);
  }

  /**
   * The path of the program in `source`, or null when there is nothing to compare: it is read in one mode only
   * or in none, which is reported.
   */
  analysis.read = function (source, report) {
    const module = attempt(source, { sourceType: 'module' });
    const script = attempt(source, { sourceType: 'script' });
    if (module.error && script.error) {
      report('syntax', 'note', at(module.error), `not JavaScript in either mode: ${told(module.error)}`);
      return null;
    }
    if (module.error) {
      reportRefused(source, module.error, report);
      return null;
    }
    if (script.error) {
      reportModule(script.error, module.ast.program, report);
      return null;
    }
    let program = null;
    traverse.default(module.ast, {
      Program(path) {
        program = path;
        path.stop();
      },
    });
    return program;
  };
})
