"""Scripts that break the language under the runtime: what is told of a call stays true and well-formed."""

from __future__ import annotations

import pytest
from tests.scripting.loaded import Loaded, incoming, ran

POISONED = """
  for (const one of [Array, String, Object, Function, Map, Set, Promise, Date, RegExp, Error, Number, Symbol]) {
    const names = [...Object.getOwnPropertyNames(one.prototype), ...Object.getOwnPropertySymbols(one.prototype)];
    for (const name of names) {
      if (name === 'constructor' || one === Array && name === Symbol.iterator) continue;
      try { one.prototype[name] = () => { throw new Error('poison'); }; } catch {}
    }
  }
  Array.prototype[Symbol.iterator] = null;"""

SETTERS = """
  globalThis.leaks = '';
  const names = ['0', '1', 'level', 'text', 'state', 'value', 'name', 'message', 'stack', 'fetch', 'url', 'method',
    'resolve', 'reject', 'failure', 'call', 'console', 'asked', 'open', 'content', 'body', 'toString', 'headers',
    'error', 'response', 'argument', 'rawContent', 'get', 'set', 'writable', 'enumerable', 'object', 'full'];
  for (const name of names) {
    const trap = { __proto__: null, get() { return 'evil'; }, set(v) { leaks += name; }, configurable: true };
    Object.defineProperty(Object.prototype, name, trap);
    if (name === '0' || name === '1') Object.defineProperty(Array.prototype, name, trap);
  }"""

BUILT_INS = """
  JSON.stringify = JSON.parse = () => '}{';
  Reflect.apply = Object.keys = Object.defineProperty = Object.getOwnPropertyDescriptor = null;
  Array.isArray = Error.isError = () => true;
  globalThis.Promise = globalThis.String = globalThis.TypeError = null;
  Error.prepareStackTrace = () => { throw 9; };"""

WORK = """
  console.log('%s', 'logged', { a: [1, new Map()] });
  fetch('http://x/', { __proto__: null, method: 'GET', headers: { a: 'b' } });"""
LOGGED = [{"level": "log", "text": "logged { a: [ 1, Map(0) {} ] }"}]


@pytest.mark.parametrize("poison", [POISONED, SETTERS, BUILT_INS], ids=["methods", "setters", "built-ins"])
@pytest.mark.parametrize("when", ["before", "during"])
@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("return { a: [1, { b: 2 }] };", {"state": "returned", "value": {"a": [1, {"b": 2}]}}),
        ("return (async () => ({ a: 1 }))();", {"state": "returned", "value": {"a": 1}}),
        ("return;", {"state": "returned"}),
        ("throw 'thrown';", {"state": "threw", "error": {"name": "Error", "message": "thrown", "stack": ""}}),
        (
            "throw { __proto__: null, name: 'Mine', message: 'm' };",
            {"state": "threw", "error": {"name": "Mine", "message": "m", "stack": "Mine: m"}},
        ),
    ],
)
def test_a_poisoned_language(poison: str, when: str, end: str, outcome: dict[str, object]) -> None:
    before, during = (poison, "") if when == "before" else ("", poison)
    with Loaded(
        f"class Script {{ process_incoming_request() {{ {during} {WORK} {end} }} }} {before}"
    ) as script:
        told = script.call("process_incoming_request", incoming({"a": 1}))
    (fetch,) = told.pop("fetches")
    assert fetch["url"] == "http://x/"
    assert fetch["options"] == {"method": "GET", "headers": [["a", "b"]]}
    assert told.pop("console") == LOGGED
    assert told == outcome


def test_setters_on_prototypes_see_nothing_of_the_runtime() -> None:
    code = f"{SETTERS} class Script {{ process_incoming_request() {{ {WORK} return leaks; }} }}"
    argument = {**incoming({"a": 1}), "rawContent": True}
    with Loaded(code) as script:
        assert script.call("process_incoming_request", argument)["value"] == ""


def test_a_fetch_goes_on_in_a_poisoned_language() -> None:
    code = f"""class Script {{
      async process_incoming_request() {{
        {BUILT_INS}
        const response = await fetch('http://x/', {{ method: 'post', body: 'b' }});
        return [response.status, response.headers.get('A'), (await response.json()).n];
      }} }}"""
    answer = {"status": 200, "statusText": "", "headers": [["a", "b"]], "body": '{"n":1}', "url": ""}
    with Loaded(code) as script:
        (fetch,) = script.call("process_incoming_request", incoming())["fetches"]
        assert script.resume(1, fetch["fetch"], response=answer)["value"] == [200, "b", 1]


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("Object.prototype.toJSON = () => { throw 1; }; return { a: 1 };", "threw"),
        ("Object.prototype.toJSON = () => ({ evil: 1 }); console.log('x'); return { a: 1 };", "returned"),
        ("return new Proxy({}, { ownKeys() { throw new Error('trap'); } });", "threw"),
        ("return new Proxy({}, { get() { return () => undefined; } });", "pending"),
        ("throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 1; } });", "threw"),
        ("throw new Proxy(new Error('x'), { get() { return {}; } });", "threw"),
        ("const p = Proxy.revocable({}, {}); p.revoke(); throw p.proxy;", "threw"),
        ("const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy;", "threw"),
        (
            "return Object.defineProperty(Promise.resolve(5), 'constructor', { get() { throw 1; } });",
            "threw",
        ),
        ("Promise.prototype.then = () => { throw 1; }; return (async () => 1)();", "returned"),
        ("const e = new Error('x'); e.stack = { toString() { throw 1; } }; e.name = 5; throw e;", "threw"),
        (
            "Reflect.ownKeys(globalThis).forEach(Reflect.deleteProperty.bind(null, globalThis)); return 1;",
            "returned",
        ),
        (
            "Object.freeze(Object.prototype); Object.freeze(Array.prototype); console.log({}); return {};",
            "returned",
        ),
        ("Object.preventExtensions(globalThis); return 1;", "returned"),
        ("const f = () => { try { f(); } finally { console.log('x'); } }; f();", "threw"),
        ("const a = []; try { for (;;) a.push('x'.repeat(1e6) + a.length); } catch {} return 1;", "returned"),
    ],
)
def test_hostile_scripts_have_an_outcome(body: str, state: str) -> None:
    assert ran(body)["state"] == state


def test_the_next_call_is_not_harmed() -> None:
    code = """
      let calls = 0;
      class Script {
        process_incoming_request() {
          if (calls++) { console.log('fine'); return 'fine'; }
          const log = () => console.log({ get a() { return 1; } }, new Proxy({}, {}));
          const deep = () => { try { deep(); } finally { log(); } };
          deep();
        }
      }"""
    with Loaded(code) as script:
        assert script.call("process_incoming_request", incoming())["state"] == "threw"
        second = script.call("process_incoming_request", incoming())
    assert second == {
        "state": "returned",
        "value": "fine",
        "fetches": [],
        "console": [{"level": "log", "text": "fine"}],
    }
