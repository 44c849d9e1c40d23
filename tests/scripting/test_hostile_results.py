"""What the server reads of a script is of the shape that it expects, whatever the script did to the language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scripting.arena import Arena, arena
from tests.scripting.sandboxes import UNSET, Runner, method

from hookroom.scripting import said
from hookroom.scripting.calls import MOST_REQUESTS, Course
from hookroom.scripting.model import Fetch, Fetched, Limits, Line
from hookroom.scripting.worker.messages import Resume, Turned

LIMITS = Limits(time_ms=3000, memory_mb=32, wait_ms=9000)
MOST_CHARACTERS = 1_000_000
"""Of a result's JSON (guest/limits.js)."""


@pytest.fixture(scope="module")
def place(runner: Runner) -> Iterator[Arena]:
    with arena(runner) as made:
        yield made


VALUES: dict[str, tuple[str, Any]] = {
    "undefined": ("return;", UNSET),
    "null": ("return null;", None),
    "function": ("return () => 1;", UNSET),
    "symbol": ("return Symbol('x');", UNSET),
    "class": ("return class {};", UNSET),
    "NaN": ("return [NaN, Infinity, -0];", [None, None, 0]),
    "large numbers": (
        "return [2 ** 53, 2 ** 63, 2 ** 64, 1e21, 5e-324];",
        [2**53, 9223372036854776000, 18446744073709552000, 1e21, 5e-324],
    ),
    "Date": ("return new Date(0);", "1970-01-01T00:00:00.000Z"),
    "Map": ("return new Map([[1, 2]]);", {}),
    "Error": ("return new Error('x');", {}),
    "RegExp": ("return [/x/];", [{}]),
    "bytes": ("return new Uint8Array([1, 2]);", {"0": 1, "1": 2}),
    "boxed": ("return [Object(1), Object('a'), Object(false)];", [1, "a", False]),
    "holes": ("return [, undefined, () => 1];", [None, None, None]),
    "proxy": ("return new Proxy({ a: 1 }, {});", {"a": 1}),
    "getter": ("return { get a() { return 1; } };", {"a": 1}),
    "hidden": ("return Object.defineProperty({ a: 1 }, 'b', { value: 2 });", {"a": 1}),
    "without prototype": ("return Object.assign(Object.create(null), { a: 1 });", {"a": 1}),
    "own __proto__": ('return JSON.parse(\'{"__proto__": {"x": 1}}\');', {"__proto__": {"x": 1}}),
    "its prototype": ("return { __proto__: { x: 1 }, a: 1 };", {"a": 1}),
    "constructor": (
        "return { constructor: { prototype: { x: 1 } } };",
        {"constructor": {"prototype": {"x": 1}}},
    ),
    "control characters": ("return '\\0\\x1b\\u2028\\ufeff';", "\0\x1b\u2028\ufeff"),
    "half an emoji": ("return 'a\\ud83d';", "a\ufffd"),
    "half emojis as keys": ("return { '\\ud83d': 1 };", {"\ufffd": 1}),
    "a thenable": ("return { then(resolve) { resolve({ a: 1 }); } };", {"a": 1}),
    "a function with then": ("return Object.assign(() => 1, { then(resolve) { resolve(2); } });", 2),
    "then that is no function": ("return { then: 1 };", {"then": 1}),
    "settled twice": ("return new Promise((yes, no) => { yes(1); no(2); yes(3); });", 1),
    "toJSON": ("return { toJSON: () => ({ b: 2 }) };", {"b": 2}),
    "toJSON that says nothing": ("return { toJSON() {} };", UNSET),
    "looks like an outcome": (
        "return { state: 'threw', error: { name: 'x' }, fetches: [{ fetch: 1, url: 'x' }], settled: [1] };",
        {
            "state": "threw",
            "error": {"name": "x"},
            "fetches": [{"fetch": 1, "url": "x"}],
            "settled": [1],
        },
    ),
    "breaks out of its quotes": (
        'return { toJSON: () => \'","state":"pending","x":"\' };',
        '","state":"pending","x":"',
    ),
    "keys that break out": ("return { '\"},{\"': '\\\\' };", {'"},{"': "\\"}),
}

THROWN = {
    "undefined": ("throw undefined;", "undefined"),
    "null": ("throw null;", "null"),
    "number": ("throw 5;", "5"),
    "symbol": ("throw Symbol('x');", "Symbol(x)"),
    "nothing": ("throw '';", ""),
    "object": ("throw { a: 1 };", "{ a: 1 }"),
    "function": ("throw function f() {};", "[Function: f]"),
    "large": ("throw 'x'.repeat(1e6);", "x" * 4000),
    "large message": ("throw new Error('y'.repeat(1e6));", "y" * 4000),
    "half an emoji": ("throw new Error('a\\ud83d');", "a\ufffd"),
    "emojis that are cut": ("throw new Error('b' + '😀'.repeat(1e4));", "b" + "😀" * 1999 + "\ufffd"),
    "BigInt": ("return 5n;", "the result of process_incoming_request cannot be written as JSON"),
    "circular": (
        "const a = {}; a.a = a; return a;",
        "the result of process_incoming_request cannot be written",
    ),
    "too large": ("return 'x'.repeat(1e6);", "the result of process_incoming_request is too large: 1000002"),
    "too deep": (
        "let d = 1; for (let i = 0; i < 1500; i++) d = [d]; return d;",
        "The script's result could not be",
    ),
    "revoked": ("const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy;", "revoked"),
    "getter": ("return { get a() { throw new Error('got'); } };", "got"),
}

_NAMES = """
    state value error fetches console consoleDropped settled name message stack fetch url options method
    headers body timeout allowSelfSigned level text call argument response number lines characters
    dropped asks open resolve reject failure request content content_raw rawContent toString writable
    enumerable 0 1 2 length legacy limits line status statusText ok current host object above full
"""

POISON = {
    "getters": f"""
      for (const name of {json.dumps(_NAMES.split())}) {{
        const evil = {{ __proto__: null, get() {{ return 'evil'; }}, set() {{}}, configurable: true }};
        Object.defineProperty(Object.prototype, name, evil);
      }}""",
    "JSON": "JSON.stringify = JSON.parse = () => '}{'; String.prototype.concat = () => '\"';",
    "arrays": """
      for (const name of Object.getOwnPropertyNames(Array.prototype)) {
        if (name !== 'constructor') try { Array.prototype[name] = () => { throw 'evil'; }; } catch {}
      }
      Array.prototype[Symbol.iterator] = null;""",
    "strings": """
      for (const name of Object.getOwnPropertyNames(String.prototype)) {
        if (name !== 'constructor') try { String.prototype[name] = () => { throw 'evil'; }; } catch {}
      }""",
    "functions": """
      Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 'evil'; };
      Reflect.apply = Object.keys = Object.defineProperty = Object.hasOwn = null;""",
    "promises": """
      Promise.prototype.then = Promise.prototype.catch = () => { throw 'evil'; };
      globalThis.Promise = null;""",
    "frozen": "Object.freeze(Object.prototype); Object.freeze(Array.prototype); Object.freeze(globalThis);",
    "globals": """
      const all = globalThis, drop = Reflect.deleteProperty;
      for (const name of Object.getOwnPropertyNames(all)) drop(all, name);""",
    "numbers": "Number.prototype.toString = Number.prototype.valueOf = () => { throw 'evil'; };",
    "symbols": "for (const one of [Object, Array, Number]) one.prototype[Symbol.toPrimitive] = () => 'evil';",
}


@pytest.mark.parametrize(("body", "value"), VALUES.values(), ids=VALUES)
def test_values(place: Arena, body: str, value: Any) -> None:
    outcome = place.attempt(method(body), limits=LIMITS)
    assert (outcome.kind, outcome.value) == ("ok", value), outcome
    assert outcome.ran
    assert outcome.ran.console == ()


@pytest.mark.parametrize(("body", "message"), THROWN.values(), ids=THROWN)
def test_thrown(place: Arena, body: str, message: str) -> None:
    outcome = place.attempt(method(body), limits=LIMITS)
    assert outcome.failure
    assert outcome.kind == "throw"
    assert message in outcome.failure.message
    assert len(outcome.failure.message) <= 4000
    assert len(outcome.failure.stack) <= 5000
    place.unharmed()


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
@pytest.mark.parametrize("when", ["ahead", "within"])
def test_a_broken_language_changes_no_outcome(place: Arena, when: str, poison: str) -> None:
    """Not that of the call that broke it, nor the next ones', nor those of other scripts."""
    ahead, within = (poison, "") if when == "ahead" else ("", poison)
    source = f"""
      const {{ fetch, console }} = globalThis;
      let calls = 0;
      class Script {{
        async process_incoming_request({{ request }}) {{
          calls += 1;
          if (calls === 2) {{ {within} }}
          console.log('said', calls);
          const answer = await fetch('http://x/' + calls, {{ __proto__: null, method: 'POST', body: 'b' }});
          if (calls === 4) throw {{ __proto__: null, name: 'Mine', message: 'thrown' }};
          return {{ __proto__: null, calls, came: answer !== undefined }};
        }}
      }}
      {ahead}"""
    key = f"{when} {poison}"
    place.bench.fetched.clear()
    for call in (1, 2, 3):
        outcome = place.attempt(source, key=key, limits=LIMITS)
        assert (outcome.kind, outcome.value) == ("ok", {"calls": call, "came": True}), outcome
        assert outcome.ran
        assert outcome.ran.console == (Line("log", f"said {call}"),)
    outcome = place.attempt(source, key=key, limits=LIMITS)
    assert outcome.failure
    assert (outcome.kind, outcome.failure.name, outcome.failure.message) == ("throw", "Mine", "thrown")
    assert [(one.url, one.method, one.body) for one in place.bench.fetched] == [
        (f"http://x/{call}", "POST", "b") for call in (1, 2, 3, 4)
    ]
    place.unharmed()


def test_what_a_script_says_is_bounded(place: Arena) -> None:
    body = """
      for (let i = 0; i < 1000; i++) console.log('x'.repeat(1000), i);
      console.log('😀'.repeat(5000));
      return { a: 'y'.repeat(900000) };"""
    outcome = place.attempt(method(body), limits=LIMITS)
    assert outcome.ran
    assert sum(len(line.text) for line in outcome.ran.console) <= 16_000
    assert len(outcome.ran.console) + outcome.ran.console_dropped == 1001
    most = place.attempt(method(f"return 'x'.repeat({MOST_CHARACTERS - 2});"), limits=LIMITS)
    assert most.ran
    assert len(most.value) == MOST_CHARACTERS - 2


def test_a_result_of_too_many_parts_is_refused(place: Arena) -> None:
    """Half a million lists in a megabyte would keep the server busy for a fifth of a second."""
    source = "let calls = 0; " + method(
        "calls += 1; return request.many ? Array(request.many).fill([]) : calls;"
    )
    for many, kind in ((90_000, "ok"), (110_000, "throw")):
        outcome = place.attempt(source, argument={"request": {"many": many}}, key="parts", limits=LIMITS)
        assert outcome.kind == kind
    assert outcome.failure
    assert outcome.failure.name == "RangeError"
    # Its script is none the worse.
    assert place.attempt(source, argument={"request": {}}, key="parts", limits=LIMITS).value == 3


def test_a_hundred_megabytes_are_no_result(place: Arena) -> None:
    for body in (
        "return Array(100).fill('x'.repeat(1e6));",
        "return { a: { toJSON: () => Array(100).fill('x'.repeat(1e6)) } };",
        "throw new Error('x'.repeat(5e6).repeat(20));",
        "console.log(Array(100).fill('x'.repeat(1e6))); return Array(100).fill('x'.repeat(1e6));",
    ):
        outcome = place.in_time(method(body))
        assert outcome.kind in {"memory", "throw", "time"}, outcome
    place.unharmed()


def test_requests_beyond_measure(place: Arena) -> None:
    """Large ones are refused inside; the sum of all has a bound too, beyond which the call is given up."""
    large = "return fetch('http://x/', { method: 'POST', body: 'x'.repeat(1e6) }).catch((e) => e.message);"
    assert "too large" in place.attempt(method(large), limits=LIMITS).value
    many = (
        "await Promise.all(Array.from({ length: 50 }, () => fetch('http://x/', { method: 'POST', body })));"
    )
    body = f"const body = 'x'.repeat(9e5); return (async () => {{ {many} }})();"
    outcome = place.attempt(method(body), limits=Limits(time_ms=2000, memory_mb=64, wait_ms=5000))
    assert outcome.kind in {"memory", "crash", "time"}, outcome
    assert place.attempt(method("return 1;"), limits=LIMITS).value == 1
    place.unharmed()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
OUTCOME = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["returned", "threw", "pending", "no-method"]) | JSON,
        **dict.fromkeys(("value", "error", "fetches", "console", "consoleDropped", "settled"), JSON),
    },
)


@given(st.binary(max_size=200) | (JSON | OUTCOME).map(lambda value: json.dumps(value).encode()))
def test_any_text_is_an_outcome_or_refused(text: bytes) -> None:
    """Were a script to speak in the runtime's place, it could say no more than the runtime can."""
    try:
        told = said.read(text)
    except msgspec.DecodeError:
        return
    assert told.state in {"returned", "threw", "pending", "no-method"}
    for fetch in told.fetches:
        request = fetch.request()
        assert isinstance(request.url, str)
        assert request.timeout_ms is None or request.timeout_ms >= 1
    assert all(isinstance(line.text, str) for line in told.console)


def test_a_runtime_that_were_not_ours_could_not_ask_for_more_than_a_call_may(runner: Runner) -> None:
    asked: list[str] = []

    async def fetch(request: Fetch) -> Fetched:
        asked.append(request.url)
        return Fetched(status=200, headers=[], body="", url=request.url)

    async def take(_resume: Resume) -> Turned:
        return Turned(2, b'{"state":"returned","value":1}', 0.0, 0)

    async def call() -> None:
        fetches = [{"fetch": number, "url": f"http://x/{number}"} for number in range(500)]
        first = Turned(1, json.dumps({"state": "pending", "fetches": fetches}).encode(), 0.0, 0)
        course = Course("key", 1, 100, take=take, fetch=fetch, others={})
        assert (await course.end(first, lambda: 2)).value == 1

    runner.run(call())
    assert 0 < len(asked) <= MOST_REQUESTS
