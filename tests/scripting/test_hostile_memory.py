"""Scripts that take all there is: memory, and depth. They get an error of their own or are stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.scripting.arena import SHORT, Arena, arena
from tests.scripting.sandboxes import Runner, method

from hookroom.scripting.model import Limits

MB = 1 << 20
OPTIONS = {"instances": 8, "live_memory_mb": 64, "snapshots_mb": 64, "max_memory_mb": 32}
BASE_MB = 160
"""What a worker has besides scripts, generously: Python, the engine, its machine code, threads."""
MOST_MB = BASE_MB + OPTIONS["live_memory_mb"] + OPTIONS["snapshots_mb"] + 2 * OPTIONS["max_memory_mb"]
"""And with them: what lives and what does not, one that runs, and what is on its way between the two."""


@pytest.fixture(scope="module")
def place(runner: Runner) -> Iterator[Arena]:
    with arena(runner, **OPTIONS) as made:
        yield made


REFUSED = {
    "repeat": "return 'x'.repeat(2 ** 28).length;",
    "repeat more": "return 'x'.repeat(2 ** 29).length;",
    "padEnd": "return 'x'.padEnd(2 ** 29).length;",
    "padStart": "return 'x'.padStart(2 ** 27, 'ab').length;",
    "join": "return Array(2 ** 20).join('x'.repeat(1000)).length;",
    "bytes": "const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));",
    "one buffer": "return new ArrayBuffer(2 ** 30).byteLength;",
    "resizable": "new ArrayBuffer(8, { maxByteLength: 2 ** 30 }).resize(2 ** 30);",
    "transferred": "let b = new ArrayBuffer(1e6); for (;;) b = b.transfer(b.byteLength * 2);",
    "shared": "return new SharedArrayBuffer(2 ** 30).byteLength;",
    "big strings": "const all = []; for (let i = 0; ; i++) all.push('x'.repeat(1e6) + i);",
    "array": "return Array(2 ** 27).fill(0).length;",
    "spread": "let a = [1]; for (;;) a = [...a, ...a];",
    "concat": "let a = Array(1e4).fill({}); for (;;) a = a.concat(a);",
    "symbols": "const all = []; for (;;) all.push(Symbol('x'.repeat(1e5)));",
    "regexp": "const all = []; for (let i = 0; ; i++) all.push(new RegExp('x'.repeat(1e5) + i));",
    "BigInt": "const all = []; for (;;) all.push(2n ** 1000000n);",
}
"""Out of memory, at once or soon."""

GROWING = {
    "rope": "let s = 'x'; for (;;) s += s;",
    "a rope of parts": "let s = ''; for (let i = 0; ; i++) s += 'x' + i;",
    "objects": "let all = null; for (;;) all = { all, a: [1], b: 'c' };",
    "Map": "const m = new Map(); for (let i = 0; ; i++) m.set(i, {});",
    "Set": "const m = new Set(); for (let i = 0; ; i++) m.add({});",
    "WeakMap": "const m = new WeakMap(), all = []; for (let i = 0; ; i++) m.set((all[i] = {}), {});",
    "WeakRef": "const all = []; for (;;) all.push(new WeakRef({}));",
    "properties": "const o = {}; for (let i = 0; ; i++) o['p' + i] = i;",
    "shapes": "const all = []; for (let i = 0; ; i++) all.push({ ['p' + i]: i });",
    "closures": "const all = []; const f = (x) => () => x; for (;;) all.push(f(all.slice(-9)));",
    "classes": "const all = []; for (;;) all.push(class { #a = 1; get b() { return this.#a; } });",
    "errors": "const all = []; for (;;) all.push(new Error('x'));",
    "functions": "const all = []; for (;;) all.push(new Function('return ' + all.length));",
    "generators": "const all = []; for (;;) { const g = (function* () { yield 1; })(); g.next(); all.push(g); }",
    "promises": "const all = []; for (;;) all.push(new Promise(() => {}));",
    "waiting jobs": "for (;;) queueMicrotask(() => {});",
    "then": "let p = new Promise(() => {}); for (;;) p.then(() => {});",
    "fetches": "for (;;) fetch('http://x/' + 'y'.repeat(1e5));",
    "Store": "for (let i = 0; ; i++) Store.set('k' + i, 'x'.repeat(1e4) + i);",
    "console": "for (;;) console.log('x'.repeat(1e5));",
    "globals": "for (let i = 0; ; i++) globalThis['g' + i] = [i];",
    "prototypes": "let o = {}; for (;;) o = Object.create(o);",
    "JSON": "let s = '[1]'; for (;;) s = JSON.stringify([s, s]);",
    "Date texts": "const all = []; for (;;) all.push(new Date().toLocaleString());",
    "from": "return Array.from({ length: 2 ** 32 - 1 }, (_, i) => ({ i })).length;",
    "caught": "const a = []; for (;;) { try { a.push('x'.repeat(1e5) + a.length); } catch { a.length = 0; } }",
    "replaceAll": "return 'x'.padEnd(2 ** 22).replaceAll('', 'y'.repeat(1000)).length;",
    "in finally": "const a = []; for (;;) { try { for (;;) a.push(new Uint8Array(1e6)); } finally { continue; } }",
}
"""Whichever limit comes first."""

DEPTH = {
    "function": "const f = () => f(); f();",
    "two functions": "const f = () => g(), g = () => f(); f();",
    "method": "const o = { get x() { return this.x; } }; return o.x;",
    "constructor": "class A { constructor() { new A(); } } new A();",
    "field": "class A { x = new A(); } new A();",
    "Proxy": "const p = new Proxy({}, { get(target, key, receiver) { return receiver[key]; } }); return p.x;",
    "proxies": "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); return p.x;",
    "toString": "const o = { toString() { return `${this}`; } }; return `${o}`;",
    "valueOf": "const o = { valueOf() { return +this; } }; return +o;",
    "toJSON": "const o = { toJSON() { return JSON.stringify(this); } }; return o;",
    "bound": "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(); return f();",
    "apply": "const f = () => f.apply(null, []); f();",
    "sort": "const f = () => [1, 2].sort(f); f();",
    "replace": "const f = () => 'a'.replace('a', f); f();",
    "generator": "function* f() { yield* f(); } return [...f()];",
    "async": "const f = async () => f(); return f();",
    "eval": "const f = (n) => eval('f(n + 1)'); return f(0);",
    "Function": "globalThis.f = () => new Function('return f()')(); f();",
    "instanceof": "let C = class {}; for (let i = 0; i < 1e5; i++) C = C.bind(); return {} instanceof C;",
    "thenables": "let t = { then(r) { r(1); } }; const next = (t) => ({ then(r) { r(t); } });"
    " for (let i = 0; i < 1e4; i++) t = next(t); return t;",
    "nested data": "let d = []; for (let i = 0; i < 1e5; i++) d = [d]; return d;",
    "nested a little": "let d = []; for (let i = 0; i < 3000; i++) d = { d }; return d;",
    "stringify": "let d = {}; for (let i = 0; i < 1e5; i++) d = { d }; return JSON.stringify(d);",
    "flat": "let d = []; for (let i = 0; i < 1e5; i++) d = [d]; return d.flat(Infinity);",
    "String of nested": "let d = []; for (let i = 0; i < 1e5; i++) d = [d]; return String(d);",
    "rope read": "let s = 'x'; for (let i = 0; i < 1e6; i++) s += 'y'; return s.charCodeAt(5) + s.indexOf('z');",
    "logged": "let d = {}; for (let i = 0; i < 1e5; i++) d = { d }; console.log(d); throw d;",
    "errors": "let e; for (let i = 0; i < 1e5; i++) e = new Error('x', { cause: e }); console.log(e); throw e;",
    "all stacks": "Error.stackTraceLimit = 1e9; const f = () => { try { f(); } catch (e) { return e; } };"
    " throw f();",
    "stack of frames": "Error.stackTraceLimit = Infinity; Error.prepareStackTrace = (_, all) => all;"
    " const f = (n) => (n ? f(n - 1) : new Error('x').stack.length); return f(2000);",
}
"""An error inside that the script may catch, an instance thrown away, or a limit: nothing else."""

NESTED = {
    "brackets": "'['.repeat(1e5) + ']'.repeat(1e5)",
    "parentheses": "'('.repeat(1e5) + '1' + ')'.repeat(1e5)",
    "blocks": "'{'.repeat(1e5) + '}'.repeat(1e5)",
    "not": "'!'.repeat(1e5) + '1'",
    "arrows": "'a=>'.repeat(1e5) + '1'",
    "powers": "'1' + '**1'.repeat(1e5)",
    "sums": "'1' + '+1'.repeat(1e6)",
    "templates": "'`${'.repeat(1e5)",
    "conditions": "'x?'.repeat(1e5)",
    "chains": "'a' + '?.a'.repeat(1e5)",
    "classes": "'class A extends '.repeat(1e4) + 'B {}'",
    "functions": "'function* f() {'.repeat(1e4) + '}'.repeat(1e4)",
    "ifs": "'if (1) '.repeat(1e5) + ';'",
    "labels": "Array.from({ length: 1e5 }, (_, i) => 'l' + i + ':').join('') + '0'",
    "variables": "'var ' + Array.from({ length: 2e5 }, (_, i) => 'v' + i).join()",
    "cases": "'switch (1) {' + 'case 1:'.repeat(1e6) + '}'",
    "arguments": "'f(' + '1,'.repeat(70000) + '1)'",
    "evals": "(() => { let s = '1'; for (let i = 0; i < 30; i++) s = `eval(${JSON.stringify(s)})`; return s; })()",
}
"""Sources for a parser to choke on."""


def rows(table: dict[str, str]) -> list[object]:
    return [pytest.param(source, id=name) for name, source in table.items()]


ROOMY = Limits(time_ms=1000, memory_mb=24, wait_ms=9000)
"""So that it is memory that ends, on a slow machine too."""


@pytest.mark.parametrize("body", rows(REFUSED))
def test_all_memory_at_once(place: Arena, body: str) -> None:
    outcome = place.in_time(method(body), limits=ROOMY)
    assert outcome.failure, outcome
    # Some sizes are beyond what the language has; and on a busy machine time may be up first.
    beyond = outcome.kind == "throw" and outcome.failure.name == "RangeError"
    assert beyond or outcome.kind in {"memory", "time"}, outcome
    assert outcome.failure.memory_bytes <= ROOMY.memory_mb * MB
    place.unharmed()


@pytest.mark.parametrize("body", rows(GROWING))
def test_all_memory_bit_by_bit(place: Arena, body: str) -> None:
    outcome = place.in_time(method(body))
    assert outcome.kind in {"memory", "time", "throw"}, outcome
    if outcome.kind == "throw":
        assert outcome.failure
        assert "too long" in outcome.failure.message or "invalid array" in outcome.failure.message
    place.unharmed()


@pytest.mark.parametrize("body", rows(DEPTH))
def test_depth(place: Arena, body: str) -> None:
    outcome = place.in_time(method(body))
    assert outcome.kind in {"ok", "throw", "crash", "time", "memory", "stuck"}, outcome
    if outcome.kind in {"crash", "throw"}:
        assert outcome.failure
        assert len(outcome.failure.stack) < 20_000
    place.unharmed()


@pytest.mark.parametrize("source", rows(NESTED))
@pytest.mark.parametrize("parse", ["eval({})", "new Function({})", "JSON.parse({})", "new RegExp({})"])
def test_what_no_parser_likes(place: Arena, parse: str, source: str) -> None:
    outcome = place.in_time(method(f"return typeof {parse.format(source)};"), limits=SHORT)
    assert outcome.kind in {"ok", "throw", "crash", "time", "memory"}, outcome
    place.unharmed()


@pytest.mark.parametrize("depth", [10, 1_000, 100_000])
def test_a_script_that_is_nothing_but_brackets(place: Arena, depth: int) -> None:
    source = "[" * depth + "]" * depth
    assert place.in_time(source).kind in {"load", "crash", "time"}
    place.unharmed()


def test_recursion_is_an_error_that_a_script_may_catch(place: Arena) -> None:
    body = "let n = 0; const f = () => { n++; f(); }; try { f(); } catch (e) { return [e.name, n > 500]; }"
    assert place.attempt(method(body)).value == ["RangeError", True]


def test_memory_is_an_error_that_a_script_may_catch(place: Arena) -> None:
    body = "const a = []; try { for (;;) a.push(new Uint8Array(1e6)); } catch (e) { return e.message; }"
    assert place.attempt(method(body), limits=ROOMY).value == "out of memory"


def test_memory_that_was_kept_is_the_scripts_own(place: Arena) -> None:
    """One that is at its limit can do no more; its neighbour can."""
    source = "const all = []; class Script { process_incoming_request({ request: { mb } }) {"
    source += " for (let i = 0; i < mb; i++) all.push(new Uint8Array(1e6).fill(1)); return all.length; } }"
    kept = [
        place.attempt(source, argument={"request": {"mb": 8}}, key="full", limits=ROOMY) for _ in range(4)
    ]
    assert [one.kind for one in kept] == ["ok", "ok", "memory", "ok"], kept
    assert place.attempt(source, argument={"request": {"mb": 8}}, key="beside", limits=ROOMY).value == 8


def test_living_scripts_together_have_what_the_worker_may_give_them(place: Arena) -> None:
    """Also those that grow after they were let in, and those that are woken up again."""
    source = "const all = []; class Script { process_incoming_request({ request: { mb } }) {"
    source += " for (let i = 0; i < mb; i++) all.push(new Uint8Array(1e6).fill(1)); return all.length; } }"
    limits = Limits(time_ms=1000, memory_mb=32, wait_ms=5000)
    for mb in (0, 20, 1, 0):
        for number in range(12):
            place.attempt(source, argument={"request": {"mb": mb}}, key=f"grower {number}", limits=limits)
    assert place.rss_mb() < MOST_MB
    place.unharmed()


def test_memory_is_given_back(place: Arena) -> None:
    """After all of the above, and the same again a number of times."""

    def again(times: int) -> float:
        for _ in range(times):
            for name in ("bytes", "big strings", "regexp", "array", "spread"):
                place.attempt(method(REFUSED[name]), limits=ROOMY, key="again")
            for name in ("nested data", "stringify", "proxies"):
                place.attempt(method(DEPTH[name]), key="again")
        return place.rss_mb()

    before = again(1)
    after = again(2)
    assert after < before + 16
    assert after < MOST_MB
    place.unharmed()
