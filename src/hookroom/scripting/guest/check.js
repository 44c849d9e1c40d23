/*
 * The static pass of the upgrade check: what in a script will behave differently once it is no longer
 * transpiled, and the script mended.
 */
(function () {
  'use strict';

  const { analysis } = Babel;

  /** Most findings that are told. */
  const MAX_FINDINGS = 200;

  const byPlace = (one, other) => one.line - other.line || one.column - other.column;

  /** Collects findings: one per rule and place. */
  function collector() {
    const findings = new Map();
    const report = (rule, severity, node, message, names) => {
      const { line, column } = node.loc.start;
      const finding = { rule, severity, line, column, message, ...(names ? { names } : {}) };
      const key = `${rule} ${line}:${column}`;
      if (!findings.has(key) && findings.size < MAX_FINDINGS) findings.set(key, finding);
    };
    return { report, sorted: () => [...findings.values()].sort(byPlace) };
  }

  /**
   * `{"source"}` → `{"findings"}`, in the order of their places:
   * `[{"rule", "severity": "breaks" | "differs" | "note", "line", "column", "message", "names"?}]`.
   *
   * `line` counts from 1, `column` from 0 in UTF-16 units. A script that both modes read alike has none. One
   * that Babel refuses has only findings that say why.
   */
  function check(request) {
    const { source } = JSON.parse(request);
    const { report, sorted } = collector();
    const program = analysis.read(source, report);
    if (program) for (const rule of analysis.rules) rule(program, report);
    return JSON.stringify({ findings: sorted() });
  }

  /**
   * `{"source"}` → `{"mended": {"source", "declared"}}`: the script with a `var` in front, on its first line,
   * for the names that would throw natively because nothing declares them. `mended` is null when there are
   * none, or the script is not read in both modes.
   */
  function mend(request) {
    const { source } = JSON.parse(request);
    const declared = undeclared(source);
    const mended = declared.length ? { source: `var ${declared.join(', ')}; ${source}`, declared } : null;
    return JSON.stringify({ mended });
  }

  function undeclared(source) {
    const program = analysis.read(source, () => {});
    // Nothing can stand before a `#!` line, and no script that begins with one runs.
    if (!program || source.startsWith('#!')) return [];
    const names = [...analysis.undeclaredIn(program)].filter(([, uses]) => uses.strict.length && !uses.loaded);
    return names.map(([name]) => name).sort();
  }

  return { check, mend };
})
