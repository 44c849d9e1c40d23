/*
 * Compiles a script as the original does on save (contract, section 5): Babel 7 with preset-env, its output
 * minified. Runs in the compiler's sandbox, where `Babel` (@babel/standalone) is a global.
 *
 * A function expression; called, it gives an object of functions that take and give JSON text.
 */
(function () {
  'use strict';

  /** The original's options. Those added to them change nothing but that some semicolons before `}` stay. */
  const OPTIONS = {
    presets: ['env'],
    compact: true,
    minified: true,
    comments: false,
    sourceMaps: true,
    sourceFileName: 'script',
    // A comment in the script must not name another map, which Babel would merge with ours.
    inputSourceMap: false,
  };

  /** Babel calls a source without a file name "unknown"; the user's script has a name of its own. */
  const withoutFileName = (message) => message.replace(/^unknown(?: file)?: /, '');

  /**
   * Where an error is: line from 1, column from 0, or nulls. The parser says it; plugins only draw it in the
   * code frame:
   *
   *     > 2 | const a = 1;
   *         |       ^
   */
  function positionOf(error, message) {
    if (error.loc && typeof error.loc.line === 'number')
      return { line: error.loc.line, column: error.loc.column };
    const frame = /^> *(\d+) \|.*(?:\n *\| ?( *)\^)?/m.exec(message);
    if (!frame) return { line: null, column: null };
    return { line: Number(frame[1]), column: frame[2] === undefined ? 0 : frame[2].length };
  }

  /**
   * An error in the form in which an integration keeps it. The stack has one frame, in the script: Babel's own
   * would tell its author nothing.
   */
  function describe(error) {
    const name = String(error.name || 'Error');
    const message = withoutFileName(String(error.message));
    const { line, column } = positionOf(error, message);
    const place = line === null ? 'script' : `script:${line}:${column + 1}`;
    return { name, message, stack: `${name}: ${message}\n    at ${place}`, line, column };
  }

  /**
   * `{"source"}` → `{"code", "mappings", "names"}`, or `{"error": {"name", "message", "stack", "line",
   * "column"}}`.
   *
   * `code` is one line unless the source has line breaks inside templates. It is never empty: of a script
   * without a statement Babel leaves its directive, and should it leave nothing, it is ";". `mappings` and
   * `names` are those of a source map (v3) with the one source "script". `line` counts from 1, `column` from 0
   * in UTF-16 units; both are null when unknown.
   */
  function compile(request) {
    const { source } = JSON.parse(request);
    try {
      const { code, map } = Babel.transform(source, OPTIONS);
      return JSON.stringify({ code: code.trim() ? code : ';', mappings: map.mappings, names: map.names });
    } catch (error) {
      return JSON.stringify({ error: describe(error) });
    }
  }

  return { compile };
})
