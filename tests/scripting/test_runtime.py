"""What scripts are called with, and what is told of a call (``guest/calls.js``)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.scripting.loaded import Loaded, Told, incoming, ran, value_of

from hookroom.scripting import guest
from hookroom.scripting.worker.quickjs import Thrown

EMPTY: Told = {"fetches": [], "console": []}
UNWRITABLE = "the result of process_incoming_request cannot be written as JSON: "


def returned(value: Any) -> Told:
    return {"state": "returned", "value": value, **EMPTY}


def error_of(told: Told) -> dict[str, str]:
    assert told["state"] == "threw", told
    error: dict[str, str] = told["error"]
    return error


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return { content: { text: request.content.text } };", returned({"content": {"text": "hi"}})),
        ("return request.body === request.content;", returned(True)),
        ("return false;", returned(False)),
        ("return null;", returned(None)),
        ("return 0;", returned(0)),
        ("return NaN;", returned(None)),
        ("return '';", returned("")),
        ("return [1, undefined, () => 1];", returned([1, None, None])),
        ("return { a: undefined, b: 1 };", returned({"b": 1})),
        ("return new Date(0);", returned("1970-01-01T00:00:00.000Z")),
        ("return new Map([[1, 2]]);", returned({})),
        ("return '\\u2028\\0\"';", returned('\u2028\0"')),
        ("return '\\ud800';", returned("\ud800")),
        ("", {"state": "returned", **EMPTY}),
        ("return () => 1;", {"state": "returned", **EMPTY}),
        ("return Symbol('s');", {"state": "returned", **EMPTY}),
        ("return Promise.resolve({ content: 1 });", returned({"content": 1})),
        ("return (async () => { await null; return 5; })();", returned(5)),
        ("return { then(resolve) { resolve('thenable'); resolve('twice'); } };", returned("thenable")),
        ("return new Promise(() => {});", {"state": "pending", **EMPTY}),
        ("Promise.reject(new Error('lost')); return 1;", returned(1)),
        ("queueMicrotask(() => { throw new Error('lost'); }); return 1;", returned(1)),
    ],
)
def test_what_a_method_returns(body: str, told: Told) -> None:
    assert ran(body, incoming({"text": "hi"})) == told


@pytest.mark.parametrize(
    ("body", "name", "message"),
    [
        ("throw new RangeError('far');", "RangeError", "far"),
        ("null.x;", "TypeError", "cannot read property 'x' of null"),
        ("count = 1;", "ReferenceError", "count is not defined"),
        ("throw 'a text';", "Error", "a text"),
        ("throw { error: 'no' };", "Error", '{ error: "no" }'),
        ("throw { message: 'of an object' };", "Error", "of an object"),
        ("throw undefined;", "Error", "undefined"),
        ("throw Symbol('s');", "Error", "Symbol(s)"),
        ("return Promise.reject(new TypeError('later'));", "TypeError", "later"),
        ("return { get then() { throw new Error('then'); } };", "Error", "then"),
        ("class Mine extends Error { get name() { return 'Mine'; } } throw new Mine('m');", "Mine", "m"),
        (
            "return { a: 1n };",
            "TypeError",
            f"{UNWRITABLE}[TypeError: BigInt are forbidden in JSON.stringify]",
        ),
        (
            "const a = {}; a.a = a; return a;",
            "TypeError",
            f"{UNWRITABLE}[TypeError: circular reference]",
        ),
        (
            "return { toJSON() { throw new Error('not me'); } };",
            "TypeError",
            f"{UNWRITABLE}[Error: not me]",
        ),
        (
            "return 'x'.repeat(1_000_000);",
            "RangeError",
            "the result of process_incoming_request is too large: 1000002 characters as JSON, of at most 1000000",
        ),
    ],
)
def test_what_a_method_throws(body: str, name: str, message: str) -> None:
    error = error_of(ran(body))
    assert (error["name"], error["message"]) == (name, message)


def test_a_stack_has_the_frames_of_the_script_alone() -> None:
    code = """class Script {
  process_incoming_request() { this.help(); }
  help() {
    [1].map(() => missing());
  }
}"""
    with Loaded(code) as script:
        stack = error_of(script.call("process_incoming_request", incoming()))["stack"].splitlines()
    assert stack[0] == "ReferenceError: missing is not defined"
    assert stack[1].endswith("(script:4:19)")
    assert stack[-1] == "    at process_incoming_request (script:2:37)"
    assert not [line for line in stack if "hookroom" in line]


def test_long_errors_are_cut() -> None:
    error = error_of(ran("const e = new Error('m'.repeat(9999)); e.stack = 's'.repeat(9999); throw e;"))
    assert {name: len(text) for name, text in error.items()} == {"name": 5, "message": 4000, "stack": 4000}


def test_methods_that_are_not_there() -> None:
    with Loaded(
        "class Script { prepare_outgoing_request() {} get process_incoming_request() { return 5 } }"
    ) as script:
        assert script.call("process_incoming_request", incoming()) == {"state": "no-method", **EMPTY}
        assert script.call("process_outgoing_response", {}) == {"state": "no-method", **EMPTY}
        assert script.call("toString", {}) == {"state": "no-method", **EMPTY}
        assert script.call("prepare_outgoing_request", {})["state"] == "returned"


@pytest.mark.parametrize(
    "code",
    [
        "class Script { process_incoming_request() { return 'x'; } }",
        "var Script = function () { this.process_incoming_request = function () { return 'x'; }; };",
        "const Script = class { process_incoming_request = () => 'x' };",
        "Script = function () {}; Script.prototype.process_incoming_request = () => 'x';",
        "class Base { process_incoming_request() { return 'x'; } } class Script extends Base {}",
        "class Script { process_incoming_request() { return 'x'; } } // the end",
        "const s = 1, fetch = 2, Store = 3; class Script { process_incoming_request() { return 'x'; } }",
        "function HTTP() {} let _ = 1; class Script { process_incoming_request() { return 'x'; } }",
    ],
)
@pytest.mark.parametrize("legacy", [False, True])
def test_ways_to_write_the_class(code: str, legacy: bool) -> None:
    with Loaded(code, legacy=legacy) as script:
        assert script.call("process_incoming_request", incoming()) == returned("x")


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        ("let a = 1;", "ReferenceError", "Script is not defined"),
        ("class Script { constructor() { throw new RangeError('no'); } }", "RangeError", "no"),
        ("const Script = 5;", "TypeError", "not a function"),
        ("class Script {", "SyntaxError", ""),
        ("missing();", "ReferenceError", "missing is not defined"),
    ],
)
def test_scripts_that_do_not_load(code: str, name: str, message: str) -> None:
    with pytest.raises(Thrown) as caught:
        Loaded(code)
    assert caught.value.name == name
    assert message in caught.value.message


def test_state_lives_from_call_to_call() -> None:
    code = """
      let top = 0;
      var old = 0;
      class Script {
        own = 0;
        process_incoming_request() {
          globalThis.open = (globalThis.open || 0) + 1;
          return [++top, ++old, ++this.own, open, Store.set('n', (Store.get('n') || 0) + 1)];
        }
      }"""
    with Loaded(code) as script:
        values = [script.call("process_incoming_request", incoming())["value"] for _ in range(3)]
    assert values == [[n] * 5 for n in (1, 2, 3)]


def test_what_is_done_while_loading_is_told_with_the_first_call() -> None:
    code = "console.log('loading'); fetch('http://early/'); class Script { process_incoming_request() {} }"
    with Loaded(code) as script:
        first = script.call("process_incoming_request", incoming())
        second = script.call("process_incoming_request", incoming())
    assert first["console"] == [{"level": "log", "text": "loading"}]
    assert [fetch["url"] for fetch in first["fetches"]] == ["http://early/"]
    assert second == {"state": "returned", **EMPTY}


def test_the_text_of_a_body_that_was_no_json() -> None:
    argument = {**incoming({"a": "1"}, content_raw="a=1"), "rawContent": True}
    body = "const c = request.content; return [String(c), c.a, Object.keys(c), JSON.stringify(request.body)];"
    assert ran(body, argument)["value"] == ["a=1", "1", ["a"], '{"a":"1"}']
    assert ran("return Object.keys(arguments[0]);", argument)["value"] == ["request"]
    plain = incoming({"a": "1"}, content_raw='{"a":"1"}')
    assert ran("return String(request.content);", plain)["value"] == "[object Object]"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"id": 7}', ["object", '{"id": 7}', 7, 7, ["id"]]),
        (' [ {"id": 7} ] ', ["object", ' [ {"id": 7} ] ', None, None, ["0"]]),
        ('{"toString": 1, "id": 7}', ["object", "no text", 7, "no text", ["toString", "id"]]),
        ("5", ["string", "5", None, None, None]),
        ("[not json", ["string", "[not json", None, "no text", None]),
        ("", ["string", "", None, "no text", None]),
        ("<html>", ["string", "<html>", None, "no text", None]),
        (None, ["object", "null", None, None, None]),
    ],
)
def test_an_answer_is_object_and_text_at_once(raw: str | None, expected: list[Any]) -> None:
    code = """
      const or = (f) => { try { return f(); } catch { return 'no text'; } };
      class Script {
        process_outgoing_response({ request, response: { content, content_raw, status_code } }) {
          return {
            told: [typeof content, or(() => String(content)), content?.id, or(() => JSON.parse(content)?.id),
                   content && typeof content === 'object' ? Object.keys(content) : null],
            kept: [request.extra, content_raw, status_code],
          };
        }
      }"""
    response: Told = {"error": None, "status_code": 201, "content_raw": raw, "headers": {}}
    with Loaded(code) as script:
        told = script.call("process_outgoing_response", {"request": {"extra": 1}, "response": response})
    assert told["value"]["told"] == expected
    assert told["value"]["kept"] == [1, raw, 201]


def test_calls_under_way_at_once_keep_apart() -> None:
    code = """
      class Script {
        async process_incoming_request({ request: { content: { name } } }) {
          console.log('start', name);
          const response = await fetch('http://' + name + '/');
          console.log('end', name);
          return name + await response.text();
        }
      }"""
    answer = {"status": 200, "statusText": "OK", "headers": [], "body": "!", "url": ""}
    with Loaded(code) as script:
        first = script.call("process_incoming_request", incoming({"name": "a"}))
        second = script.call("process_incoming_request", incoming({"name": "b"}))
        late = script.resume(2, second["fetches"][0]["fetch"], response=answer)
        early = script.resume(1, first["fetches"][0]["fetch"], error="gone")
        forgotten = script.resume(1, first["fetches"][0]["fetch"], response=answer)
    assert [one["fetches"][0]["url"] for one in (first, second)] == ["http://a/", "http://b/"]
    assert [line["text"] for line in second["console"]] == ["start b"]
    assert late == {**returned("b!"), "console": [{"level": "log", "text": "end b"}]}
    assert error_of(early)["message"] == "fetch failed: gone"
    assert early["console"] == []
    assert error_of(forgotten)["message"] == "there is no call 1"


def test_a_call_that_settles_in_the_turn_of_another_is_named() -> None:
    code = """
      let free;
      const gate = new Promise((resolve) => { free = resolve; });
      class Script {
        process_incoming_request({ request: { content } }) { return content.wait ? gate : free('open'); }
      }"""
    with Loaded(code) as script:
        assert script.call("process_incoming_request", incoming({"wait": True}))["state"] == "pending"
        assert script.call("process_incoming_request", incoming({}))["settled"] == [1]
        assert script.resume(1, 0, error="") == returned("open")


def test_calls_that_were_given_up_are_forgotten() -> None:
    code = """
      class Script {
        process_incoming_request({ request: { content } }) { return content ? new Promise(() => {}) : 0; }
      }"""
    with Loaded(code) as script:
        for _ in range(1001):
            assert script.call("process_incoming_request", incoming(1))["state"] == "pending"
        assert error_of(script.resume(1, 0, error=""))["message"] == "there is no call 1"
        assert script.resume(2, 0, error="")["state"] == "pending"
        assert script.call("process_incoming_request", incoming(0))["state"] == "returned"


def test_nothing_of_the_runtime_can_be_reached() -> None:
    names = ["runtime", "host", "process", "require", "module", "exports", "std", "os", "Buffer", "HTTP", "_"]
    assert value_of(f"{names}.filter((name) => name in globalThis)") == []
    assert value_of("console.log.constructor('return typeof runtime')()") == "undefined"
    body = """
      const kept = [];
      Error.prepareStackTrace = (error, frames) => { kept.push(...frames); return ''; };
      new Error('x').stack;
      return kept.map((frame) => [typeof frame.getFunction, typeof frame.getThis]);"""
    assert ran(body)["value"] == [["undefined", "undefined"]] * 2


def test_legacy_scripts_have_two_more_globals() -> None:
    assert value_of("[typeof HTTP, typeof _, _.VERSION.length > 0]", legacy=True) == [
        "function",
        "function",
        True,
    ]
    assert value_of("Object.keys(globalThis).filter((name) => name !== 'performance')", legacy=True) == []


def test_every_file_of_the_runtime_is_in_the_order() -> None:
    sources = {source.name for source in guest.sources()}
    assert len(sources) == len(guest.ORDER)
    assert all(name.startswith("hookroom:") for name in sources)
    assert guest.TYPES.is_file()


def test_types_name_every_global() -> None:
    types = guest.TYPES.read_text()
    for name in ("console", "Store", "s", "global", "fetch", "HTTP", "_", "queueMicrotask", "btoa", "atob"):
        assert f"declare const {name}:" in types or f"declare function {name}(" in types
    functions: list[str] = value_of("Object.keys(s).concat(Object.keys(Store))")
    assert [name for name in functions if f"    {name}(" not in types and f"    {name}<" not in types] == []


def test_arguments_are_ordinary_values() -> None:
    content = {"__proto__": {"x": 1}, "constructor": None, "list": [{"a": 1.5}], "é": "😀"}
    assert ran("return request.content;", incoming(content))["value"] == content
    assert json.loads(ran("return JSON.stringify(request.content);", incoming(content))["value"]) == content
