"""Ways out that other sandboxes had: here nothing of the host is inside, so there is nothing to get hold of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scripting.arena import Arena, arena
from tests.scripting.sandboxes import INCOMING, UNSET, Runner, method

from hookroom.scripting.model import Fetch, Fetched, FetchFailed, Limits

LIMITS = Limits(time_ms=1000, memory_mb=32, wait_ms=5000)

_LANGUAGE = """
    Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError InternalError
    AggregateError SuppressedError Iterator Array parseInt parseFloat isNaN isFinite queueMicrotask decodeURI
    decodeURIComponent encodeURI encodeURIComponent escape unescape Infinity NaN undefined eval Number Boolean
    String Math Reflect Symbol DisposableStack globalThis BigInt Date RegExp JSON Proxy Map Set WeakMap WeakSet
    ArrayBuffer SharedArrayBuffer Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array Int32Array
    Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView Promise
    AsyncDisposableStack WeakRef FinalizationRegistry DOMException btoa atob performance
"""
LANGUAGE = set(_LANGUAGE.split())
"""What the engine has. None of it is a way out: memory is shared with nobody, and ``Atomics`` is not there."""
OURS = {"console", "Store", "global", "s", "fetch"}
LEGACY = {"HTTP", "_"}

_NOWHERE = """
    process require module exports std os bjson scriptArgs print load loadFile gc WebAssembly Atomics setTimeout
    setInterval setImmediate Worker XMLHttpRequest WebSocket navigator Deno Bun ivm isolate runtime host host_call
    __filename __dirname Buffer Intl Temporal window self document importScripts
"""


@pytest.fixture(scope="module")
def place(runner: Runner) -> Iterator[Arena]:
    with arena(runner) as made:
        yield made


def value(place: Arena, body: str, **options: Any) -> Any:
    outcome = place.attempt(method(body, asynchronous=True), limits=LIMITS, **options)
    assert outcome.kind == "ok", outcome
    return outcome.value


@pytest.mark.parametrize("legacy", [False, True])
def test_the_globals_are_these_and_no_others(place: Arena, legacy: bool) -> None:
    names = value(place, "return Reflect.ownKeys(globalThis).map(String);", legacy=legacy)
    assert set(names) == LANGUAGE | OURS | (LEGACY if legacy else set()) | {"Symbol(Symbol.toStringTag)"}


@pytest.mark.parametrize("name", _NOWHERE.split())
def test_what_is_not_there(place: Arena, name: str) -> None:
    everywhere = f"return [typeof {name}, Function('return typeof {name}')(), (0, eval)('typeof {name}')];"
    assert value(place, everywhere) == ["undefined"] * 3


CONSTRUCTORS = {
    "this": "this.constructor.constructor",
    "console": "console.log.constructor",
    "fetch": "fetch.constructor",
    "a response": "(await fetch('http://x/')).json.constructor",
    "headers": "(await fetch('http://x/')).headers.get.constructor",
    "the argument": "arguments[0].constructor.constructor",
    "the request": "request.headers.constructor.constructor",
    "Store": "Store.get.constructor",
    "s": "s.trim.constructor",
    "HTTP": "HTTP.constructor",
    "underscore": "_.template('')().constructor.constructor",
    "async": "(async () => {}).constructor",
    "generator": "(function* () {}).constructor",
    "async generator": "(async function* () {}).constructor",
    "promise": "(async () => {})().then.constructor",
    "iterator": "[][Symbol.iterator]().next.constructor",
    "proxy": "new Proxy(Function, {})",
    "bound": "Function.bind()",
    "reflect": "Reflect.getPrototypeOf(Reflect.getPrototypeOf(async () => {})).constructor",
}


@pytest.mark.parametrize("constructor", CONSTRUCTORS.values(), ids=CONSTRUCTORS)
def test_every_constructor_makes_functions_of_the_inside(place: Arena, constructor: str) -> None:
    body = f"""
      let made = ({constructor})('return [typeof process, typeof require, globalThis === this]')();
      if (made && made.next) made = made.next();
      made = await made;
      return made && 'done' in made ? made.value : made;"""
    got = value(place, body, legacy=True, argument={"request": {"headers": {}}})
    # Those that are no constructor of functions made something else of the text.
    assert got is UNSET or got[:2] == ["undefined", "undefined"]


ERRORS = {
    "too deep": "const f = () => f(); f();",
    "too deep in console": "const f = () => { console.log({ get a() { return 1; } }); f(); }; f();",
    "too deep in fetch": "const f = () => fetch({ toString: f }); await f();",
    "too deep in HTTP": "const f = () => HTTP('GET', { toString: f }); throw f().error;",
    "JSON": "JSON.parse('{');",
    "syntax": "eval('}');",
    "regexp": "new RegExp('(');",
    "memory": "'x'.repeat(2 ** 28);",
    "import": "await import('fs');",
    "import of data": "await import('data:text/javascript,export default 1');",
    "import with a type": "await import('/etc/passwd', { with: { type: 'json' } });",
    "fetch": "await fetch('http://fails/');",
    "fetch of nothing": "await fetch({ toString: null });",
    "fetch twice read": "const r = await fetch('http://x/'); await r.text(); await r.text();",
    "HTTP": "throw HTTP('GET', 'http://fails/').error;",
    "Symbol": "`${Symbol()}`;",
    "BigInt": "2n ** (2n ** 64n);",
    "buffer": "new ArrayBuffer(-1);",
    "date": "new Date(NaN).toISOString();",
    "locale": "new Date().toLocaleString('en', { timeZone: 'Mars/Base' });",
    "revoked": "const p = Proxy.revocable({}, {}); p.revoke(); p.proxy.x;",
}


@pytest.mark.parametrize("body", ERRORS.values(), ids=ERRORS)
def test_errors_are_of_the_inside(place: Arena, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the host's would lead to its constructors."""

    async def answer(asked: Fetch) -> Fetched:
        if "fails" in asked.url:
            raise FetchFailed("nobody there")
        return Fetched(status=200, headers=[], body="{}", url=asked.url)

    monkeypatch.setattr(place.bench, "fetch", answer)
    body = f"""
      try {{ {body} }} catch (e) {{
        const inside = [Error, TypeError, RangeError, SyntaxError, ReferenceError, InternalError];
        const own = inside.some((one) => Object.getPrototypeOf(e) === one.prototype);
        const made = e.constructor.constructor('return [globalThis, typeof process]')();
        return [own, made[0] === globalThis, made[1]];
      }}
      return 'no error';"""
    assert value(place, body, legacy=True) == [True, True, "undefined"]


def test_there_are_no_modules(place: Arena) -> None:
    for source in ("import fs from 'fs';", "export default 1;", "import.meta.url;"):
        outcome = place.attempt(f"{source} {method('')}")
        assert outcome.failure
        assert (outcome.kind, outcome.failure.name) == ("load", "SyntaxError")
    for name in ("std", "os", "qjs:std", "qjs:os", "fs", "node:fs", "./x.js", "/etc/passwd", "http://x/"):
        told = value(place, f"return import({name!r}).then(() => 'loaded', (e) => e.name);")
        assert told == "ReferenceError"


def test_stacks_hold_no_functions(place: Arena) -> None:
    body = """
      let seen = [];
      Error.prepareStackTrace = (error, frames) => { seen = frames; return ''; };
      [1].map(() => new Error('x').stack);
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(seen[0]));
      const told = seen.flatMap((frame) => methods.map((name) => frame[name]()));
      return [methods.sort(), seen.length, told.filter((one) => Object(one) === one).length];"""
    methods, frames, objects = value(place, body)
    assert methods == sorted(
        ["isNative", "isConstructor", "getFileName", "getFunctionName", "getColumnNumber", "getLineNumber"]
    )
    assert frames >= 2
    assert objects == 0


CALLERS = {
    "callee": "return arguments.callee.caller;",
    "caller": "function f() { return f.caller; } return f();",
    "arguments": "function f() { return f.arguments; } return f(1);",
    "sloppy caller": "return Function('return arguments.callee.caller')();",
    "sloppy function": "return Function('function f() { return f.caller; } return f()')();",
    "getter": "return Object.getOwnPropertyDescriptor(Function.prototype, 'caller').get.call(fetch);",
    "console's": "return console.log.caller || console.log.arguments;",
}


@pytest.mark.parametrize("body", CALLERS.values(), ids=CALLERS)
def test_callers_are_not_told(place: Arena, body: str) -> None:
    outcome = place.attempt(f"class Script {{ {INCOMING}() {{ {body} }} }}", limits=LIMITS)
    if outcome.kind == "ok":
        assert not isinstance(outcome.value, dict | list), outcome
        assert not outcome.value
    else:
        assert outcome.failure
        assert (outcome.kind, outcome.failure.name) == ("throw", "TypeError")


GRAPH = (Path(__file__).parent / "graph.js").read_text()
"""``walk(roots, visit)``, and ``spy()``, which has every method of the language tell what it is called with."""


def test_the_runtime_cannot_be_reached(place: Arena) -> None:
    """Walk all objects there are, and all that methods of the language are given while the runtime works."""
    body = """
      const spied = spy();
      console.log('%s %o %d', 'a', { a: [new Map([[1, 2]])] }, 5, new Error('x'), new Date(), /x/, () => 1);
      console.table([1]); console.assert(false, 'x');
      Store.set('a', { b: 1 }); Store.keys(); Store.delete('a');
      s.numberFormat(12345.6, 2); s.trim('xax', 'x'); s.stripTags('<a>b'); s.lrpad('a', 5, 'xy');
      new Date(0).toLocaleString('de-DE', { dateStyle: 'full', timeStyle: 'long' });
      String(new Date(0)); (1234567.891).toLocaleString('fr-FR', { style: 'currency', currency: 'EUR' });
      HTTP('POST', 'http://x/?a', { params: { a: [1, { b: 2 }] }, headers: { A: 'b' }, auth: 'a:b', query: 'q' });
      HTTP('GET', 'http://x/', { data: { a: 1 }, headers: [['A', 'b']] });
      const response = await fetch('http://x/', { method: 'POST', body: 'x', headers: new Map([['a', 'b']]) });
      await response.json(); [...response.headers]; response.headers.forEach(() => {});
      _.template('<%= 1 %>')(); _.map([1], (x) => x);
      spied.stop();
      const found = [];
      const seen = walk([globalThis, request, response, spied.all], (object, path) => {
        for (const name of ['completeArgument', 'primordials', 'host', 'uncurry', 'thrownJson', 'optionsJson']) {
          if (Object.prototype.hasOwnProperty.call(object, name)) found.push(path + '.' + name);
        }
        if (typeof object === 'function' && object.name === 'host_call') found.push(path);
      });
      return [found, seen > 1000, spied.all.length > 50];"""
    told = place.attempt(
        f"{GRAPH} {method(body, asynchronous=True)}",
        limits=Limits(time_ms=5000, memory_mb=64, wait_ms=20_000),
        legacy=True,
    )
    assert told.kind == "ok", told
    assert told.value == [[], True, True]


ESCAPES = {
    "inspect hook": """
        const hook = Symbol.for('nodejs.util.inspect.custom');
        console.log({ [hook](depth, options, inspect) { got = inspect; } });""",
    "species": """
        class Mine extends Promise {
          static get [Symbol.species]() {
            return function (executor) { executor((value) => { got = value; }, (error) => { got = error; }); };
          }
        }
        await new Mine((resolve) => resolve(1)).then(() => { throw new Error('x'); });""",
    "then of all promises": "Promise.prototype.then = function (...all) { got = all; }; fetch('http://x/');",
    "constructor of a promise": """
        const one = fetch('http://x/');
        const species = function (executor) { got = executor; executor(() => {}, () => {}); };
        one.constructor = { [Symbol.species]: species };
        one.then(() => {});""",
    "handler of a proxy's handler": """
        const handler = new Proxy({}, { get(target) { got = Object.getPrototypeOf(target); } });
        console.log(new Proxy({}, handler)); fetch(new Proxy({}, handler)).catch(() => {});""",
    "setter for host": """
        Object.defineProperty(Object.prototype, 'host', { set(value) { got = value; } });
        HTTP('GET', 'http://x/');""",
    "setter for current": """
        Object.defineProperty(Object.prototype, 'current', { set(value) { got = value; }, get() {} });
        console.log(1); fetch('http://x/');""",
    "callback for headers": "fetch('http://x/', { headers: { forEach(callback) { got = callback; } } });",
    "reader of an answer": """
        Object.defineProperty(Object.prototype, 'then', { get() { got = this; }, configurable: true });
        const answer = fetch('http://x/');
        delete Object.prototype.then;
        await answer;""",
    "at the end of the stack": """
        const judge = (error) => { if (error.constructor !== RangeError) got = error; };
        const deep = () => {
          try { deep(); } catch (error) { judge(error); }
          try { console.log(new Map([[1, {}]])); } catch (error) { judge(error); }
        };
        try { deep(); } catch {}""",
    "noConflict": "got = _.noConflict();",
    "template": "got = _.template('<% got = this %>', { variable: 'a' }).call({}); ",
    "async iteration": """
        Array.prototype[Symbol.asyncIterator] = () => ({ next() { got = this; return { done: true }; } });
        for await (const one of [1]);""",
    "finalizer": """
        new FinalizationRegistry((held) => { got = held; }).register({}, fetch);
        for (let i = 0; i < 1e4; i++) [];""",
    "weak references": "got = [fetch, console, Store].map((one) => new WeakRef(one).deref());",
}
"""Each tries to get hold of something of the outside in ``got``."""


@pytest.mark.parametrize("body", ESCAPES.values(), ids=ESCAPES)
def test_ways_out_of_other_sandboxes(place: Arena, body: str) -> None:
    """What is got is of the inside: its constructors make functions of the inside."""
    judge = """
      finally {
        for (const one of [got, ...(Array.isArray(got) ? got : [])]) {
          if (Object(one) !== one) continue;
          const F = one.constructor.constructor;
          const inside = F('return typeof process + typeof require')() === 'undefinedundefined';
          told = told && inside && F('return globalThis')() === globalThis;
        }
      }"""
    source = f"var got, told = true; {method(f'try {{ {body} }} {judge} return told;', asynchronous=True)}"
    assert place.attempt(source, legacy=True, limits=LIMITS).value is True
    place.unharmed()


def test_nothing_of_one_script_is_in_another(place: Arena) -> None:
    spill = """
      globalThis.left = 1; var left2 = 2; Store.set('left', 3); Array.prototype.left = 4; _.left = 5;
      Object.prototype.toJSON = () => 'left'; console.log = () => {}; JSON.stringify = () => '7';
      s.trim = () => 'left';
      class Script { process_incoming_request() { return 1; } }"""
    look = """
      return [typeof left, typeof left2, Store.get('left'), Store.keys(), [].left, _.left, s.trim(' a '), { a: 1 },
        JSON.stringify({}), Symbol.for('left').description];"""
    place.attempt(f"Symbol.for('left').description; {spill}", key="one", legacy=True)
    got = value(place, look, key="other", legacy=True)
    assert got == ["undefined", "undefined", None, [], None, None, "a", {"a": 1}, "{}", "left"]
    place.unharmed()
