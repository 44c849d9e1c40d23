// The same calls in Node's vm: prints microseconds of CPU per call, in one context, and in a new one for each call.
const fs = require('fs');
const vm = require('vm');

const [script, body, seconds] = [fs.readFileSync(process.argv[2], 'utf8'), process.argv[3], Number(process.argv[4])];
const code = new vm.Script(`${script}; const instance = new Script();
(text) => JSON.stringify(instance.process_incoming_request({ request: { content: JSON.parse(text) } }))`);

function cost(call) {
  for (let n = 0; n < 20; n++) call();
  const until = Date.now() + seconds * 1000;
  const before = process.cpuUsage();
  let calls = 0;
  while (Date.now() < until) {
    call();
    calls += 1;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const one = code.runInContext(vm.createContext({}));
console.log(JSON.stringify({ warm: cost(() => one(body)), fresh: cost(() => code.runInContext(vm.createContext({}))(body)) }));
