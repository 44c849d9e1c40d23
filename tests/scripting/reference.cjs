/*
 * The true answers: runs constructs in Node, with the real Babel, as the original runs scripts.
 *
 *     node reference.cjs path/of/babel.min.js < constructs.json > answers.json
 *
 * In: `[{"name", "source", "method", "argument"}]`. Out: `{name: {"transpiled": answer, "native": answer, "compiled"}}`, where
 * an answer is `{"value": …}` (left out for undefined) or `{"error": name}`, and `compiled` is `{"code", "mappings", "names"}` or
 * null.
 */
'use strict';

const fs = require('node:fs');
const vm = require('node:vm');

const Babel = require(process.argv[2]);

/** The original's options. */
const OPTIONS = { presets: ['env'], compact: true, minified: true, comments: false };

/** Something stands in front of the code, so that no directive at its top counts. */
const PRELUDE = ';';

const CALL = `(async (method, argument) => {
  const instance = new Script();
  return JSON.stringify({ value: await instance[method](JSON.parse(argument)) });
})`;

async function answer(code, { method, argument }) {
  try {
    const context = vm.createContext({ console: { log() {} } });
    vm.runInContext('var global = globalThis;', context);
    vm.runInContext(PRELUDE + code, context);
    const call = vm.runInContext(CALL, context);
    return JSON.parse(await call(method, JSON.stringify(argument)));
  } catch (error) {
    return { error: error.name };
  }
}

/** With a map Babel keeps semicolons that it otherwise leaves out: what runs here is what the original would run. */
function compileWithMap(source) {
  const { code, map } = Babel.transform(source, { ...OPTIONS, sourceMaps: true });
  return { code, mappings: map.mappings, names: map.names };
}

(async () => {
  const answers = {};
  for (const construct of JSON.parse(fs.readFileSync(0, 'utf8'))) {
    const native = await answer(construct.source, construct);
    try {
      const { code } = Babel.transform(construct.source, OPTIONS);
      const transpiled = await answer(code, construct);
      answers[construct.name] = { transpiled, native, compiled: compileWithMap(construct.source) };
    } catch (error) {
      answers[construct.name] = { transpiled: { error: error.name }, native, compiled: null };
    }
  }
  process.stdout.write(JSON.stringify(answers));
})();
