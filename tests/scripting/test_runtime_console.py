"""What a script writes with ``console`` (``guest/console.js``, ``guest/inspect.js``)."""

from __future__ import annotations

import pytest
from tests.scripting.loaded import ran


def lines(body: str) -> list[str]:
    told = ran(body)
    assert told["state"] == "returned", told
    return [line["text"] for line in told["console"]]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("'a text', 1, true", "a text 1 true"),
        ("", ""),
        ("undefined, null, -0, NaN, 5n, Symbol('s')", "undefined null -0 NaN 5n Symbol(s)"),
        ("{ a: 1, 'b c': 'x\"', ['']: [] }", '{ a: 1, "b c": "x\\"", "": [] }'),
        ("[1, 'two', , [3]]", '[ 1, "two", <empty>, [ 3 ] ]'),
        ("{}, []", "{} []"),
        (
            "function named() {}, () => 1, class Named {}",
            "[Function: named] [Function (anonymous)] [class Named]",
        ),
        ("new Map([['k', { v: 1 }]]), new Set([1, 'x'])", 'Map(1) { "k" => { v: 1 } } Set(2) { 1, "x" }'),
        ("new Map(), new Set()", "Map(0) {} Set(0) {}"),
        ("new Date(0), new Date(NaN), /a\\/b/gi", "1970-01-01T00:00:00.000Z Invalid Date /a\\/b/gi"),
        ("new (class Point { x = 1 })()", "Point { x: 1 }"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ("{ get a() { throw 1; } }", "{ a: [Getter] }"),
        ("{ a: { b: { c: { d: { e: { f: 1 } } } } } }", "{ a: { b: { c: { d: { e: [Object] } } } } }"),
        ("[[[[[[1]]]]]]", "[ [ [ [ [ [Array] ] ] ] ] ]"),
        ("{ error: new TypeError('inner') }", "{ error: [TypeError: inner] }"),
        ("(() => { const a = { b: {} }; a.b.a = a; return a; })()", "{ b: { a: [Circular] } }"),
        ("(() => { const a = {}; return [a, a]; })()", "[ {}, {} ]"),
        ("Array(150).fill(0)", "[ " + "0, " * 100 + "... 50 more ]"),
        ("'%s is %d and %i', 'x', '4.5', 4.5", "x is 4.5 and 4"),
        ("'%j %o %O %f', { a: 1 }, [1], 'x', '1.5'", '{"a":1} [ 1 ] "x" 1.5'),
        ("'100%', 1", "100% 1"),
        ("'%% %x %s', 1", "% %x 1"),
        ("'%s %s', 1", "1 %s"),
        ("'%s', 1, 'more', { a: 1 }", "1 more { a: 1 }"),
        ("'%s'", "%s"),
        ("'%d', {}", "NaN"),
        ("'%c styled', 'color: red'", " styled"),
        ("'%s', { toString() { throw 1; } }", "{ toString: [Function: toString] }"),
    ],
)
def test_values_as_text(arguments: str, text: str) -> None:
    assert lines(f"console.log({arguments});") == [text]


def test_an_error_is_shown_with_its_stack() -> None:
    (text,) = lines("console.error(new RangeError('far'));")
    assert text.splitlines()[0] == "RangeError: far"
    assert "at process_incoming_request (script:1:" in text.splitlines()[1]


def test_levels() -> None:
    body = """
      const call = (names) => names.forEach((name) => console[name]('x'));
      call(['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table', 'group']);
      console.assert(true, 'no');
      console.assert(false, 'so %s', 1);
      call(['groupEnd', 'time', 'timeEnd', 'timeLog', 'count', 'countReset', 'clear']);
      const { log } = console;
      log('detached');"""
    told = ran(body)
    assert [line["level"] for line in told["console"]] == [
        *("log", "info", "warn", "error", "debug", "debug", "log", "log", "log", "error", "log")
    ]
    assert [line["text"] for line in told["console"]][-3:] == ["x", "Assertion failed: so 1", "detached"]


@pytest.mark.parametrize(
    ("body", "kept", "longest", "dropped"),
    [
        ("for (let i = 0; i < 250; i++) console.log(i);", 100, 2, 150),
        ("console.log('x'.repeat(1e6));", 1, 2000, 0),
        ("console.log({ a: 'x'.repeat(1e6), b: Array(1e6).fill('y') });", 1, 2000, 0),
        ("for (let i = 0; i < 20; i++) console.log('x'.repeat(5000));", 8, 2000, 12),
        ("for (let i = 0; i < 20; i++) console.log('%j', 'x'.repeat(900));", 18, 902, 2),
    ],
)
def test_what_is_too_much_is_counted(body: str, kept: int, longest: int, dropped: int) -> None:
    told = ran(body)
    sizes = [len(line["text"]) for line in told["console"]]
    assert len(sizes) == kept
    assert max(sizes) == longest
    assert sum(sizes) <= 16_000
    assert told.get("consoleDropped", 0) == dropped


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("new Proxy({}, { ownKeys() { throw 1; } })", "[cannot be shown]"),
        ("new Proxy({}, { getPrototypeOf() { throw 1; } })", "[cannot be shown]"),
        (
            "(() => { const p = Proxy.revocable({}, {}); p.revoke(); return [p.proxy]; })()",
            "[ [cannot be shown] ]",
        ),
        ("new Proxy([], { get() { console.log('again'); return 1; } })", "[ <empty> ]"),
        ("Object.defineProperty(new Error('x'), 'message', { get() { throw 1; } })", "Error"),
        ("{ [Symbol.toStringTag]: 'Map' }", "[cannot be shown]"),
        ("{ constructor: { name: 'Fake' } }", '{ constructor: { name: "Fake" } }'),
    ],
)
def test_hostile_values(value: str, text: str) -> None:
    assert lines(f"console.log({value});")[0].splitlines()[0] == text


def test_what_is_logged_while_a_result_is_written_is_kept() -> None:
    told = ran("return { get late() { console.log('late'); return 1; } };")
    assert told["value"] == {"late": 1}
    assert [line["text"] for line in told["console"]] == ["late"]
