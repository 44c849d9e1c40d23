"""``fetch`` and ``HTTP``: what is asked of the host, and what scripts get (``fetch.js``, ``http.js``)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.scripting.loaded import Loaded, incoming, ran

ANSWER = {
    "status": 200,
    "statusText": "OK",
    "headers": [["Content-Type", "application/json"], ["Set-Cookie", "a=1"], ["set-cookie", "b=2"]],
    "body": '{"n": 1}',
    "url": "http://x/end",
}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("", {"method": "GET", "headers": []}),
        (", { method: 'delete' }", {"method": "DELETE", "headers": []}),
        (", undefined", {"method": "GET", "headers": []}),
        (", null", {"method": "GET", "headers": []}),
        (", { headers: { a: 1, b: null, c: true } }", {"method": "GET", "headers": [["a", "1"], ["c", "true"]]}),
        (", { headers: [['a', 'b'], ['A', 'c']] }", {"method": "GET", "headers": [["a", "b"], ["A", "c"]]}),
        (", { headers: new Map([['a', 'b']]) }", {"method": "GET", "headers": [["a", "b"]]}),
        (
            ", { method: 'POST', body: 'text' }",
            {"method": "POST", "headers": [["Content-Type", "text/plain;charset=UTF-8"]], "body": "text"},
        ),
        (
            ", { method: 'PUT', body: JSON.stringify({ a: 'é' }), headers: { 'content-TYPE': 'a/json' } }",
            {"method": "PUT", "headers": [["content-TYPE", "a/json"]], "body": '{"a":"é"}'},
        ),
        (
            ", { method: 'POST', body: { toString: () => 'a=1' }, headers: { 'content-type': 'x' } }",
            {"method": "POST", "headers": [["content-type", "x"]], "body": "a=1"},
        ),
        (", { method: 'POST', body: '' , headers: {}}", {
            "method": "POST", "headers": [["Content-Type", "text/plain;charset=UTF-8"]], "body": "",
        }),
        (", { timeout: 1500 }", {"method": "GET", "headers": [], "timeout": 1500}),
        (", { timeout: '5', signal: {}, redirect: 'follow' }", {"method": "GET", "headers": []}),
    ],
)  # fmt: skip
def test_what_a_fetch_asks_for(arguments: str, options: dict[str, Any]) -> None:
    told = ran(f"fetch('http://x/?q=é'{arguments});")
    (fetch,) = told["fetches"]
    assert fetch == {"fetch": 1, "url": "http://x/?q=é", "options": options, "allowSelfSigned": False}


def test_self_signed_certificates_are_the_third_argument() -> None:
    told = ran("fetch('https://x/', {}, true); fetch({ toString: () => 'https://y/' }, {}, false);")
    assert [(one["url"], one["allowSelfSigned"]) for one in told["fetches"]] == [
        ("https://x/", True),
        ("https://y/", False),
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("fetch('http://x/', { body: 'b' })", "a GET request cannot have a body"),
        ("fetch('http://x/', { headers: 'a: b' })", "headers must be an object or a list of pairs"),
        ("fetch('http://x/', { get method() { throw new Error('getter'); } })", "getter"),
        (
            "fetch('http://x/', { method: 'POST', body: 'x'.repeat(1e6) })",
            "fetch failed: the request is too large",
        ),
    ],
)
def test_a_fetch_that_cannot_be_made_rejects(call: str, message: str) -> None:
    told = ran(f"return {call}.catch((error) => error.message);")
    assert told["value"] == message
    assert told["fetches"] == []


def test_a_call_makes_no_more_than_fifty() -> None:
    told = ran(
        "return Promise.allSettled(Array.from({ length: 52 }, () => fetch('http://x/'))).then(() => 1);"
    )
    assert len(told["fetches"]) == 50
    assert told["state"] == "pending"


def answered(body: str, **answer: Any) -> Any:
    """What an async method with ``body`` comes to, ``r`` being the response."""
    code = f"class Script {{ async process_incoming_request() {{ const r = await fetch('http://x/'); {body} }} }}"
    with Loaded(code) as script:
        asked = script.call("process_incoming_request", incoming())["fetches"]
        told = script.resume(1, asked[0]["fetch"], **answer)
    return told.get("value", told)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (
            "return [r.status, r.statusText, r.ok, r.url, r.redirected];",
            [200, "OK", True, "http://x/end", False],
        ),
        ("return r.text();", '{"n": 1}'),
        ("return r.json();", {"n": 1}),
        ("return [r.bodyUsed, (await r.json()).n, r.bodyUsed];", [False, 1, True]),
        (
            "await r.text(); return r.json().catch((e) => [e.name, e.message]);",
            ["TypeError", "the body was read already"],
        ),
        ("return [r.headers.get('content-TYPE'), r.headers.get('x')];", ["application/json", None]),
        ("return [r.headers.has('Set-Cookie'), r.headers.has('x')];", [True, False]),
        ("return [...r.headers];", [["content-type", "application/json"], ["set-cookie", "a=1, b=2"]]),
        (
            "return Object.fromEntries(r.headers.entries());",
            {"content-type": "application/json", "set-cookie": "a=1, b=2"},
        ),
        (
            "return [...r.headers.keys(), ...r.headers.values()];",
            ["content-type", "set-cookie", "application/json", "a=1, b=2"],
        ),
        ("const all = []; r.headers.forEach((v, k) => all.push([k, v])); return all.length;", 2),
        ("return r.then;", {"state": "returned", "fetches": [], "console": []}),
    ],
)
def test_what_a_response_is(body: str, value: Any) -> None:
    assert answered(body, response=ANSWER) == value


@pytest.mark.parametrize(
    ("status", "ok"), [(199, False), (200, True), (299, True), (300, False), (404, False)]
)
def test_which_status_is_ok(status: int, ok: bool) -> None:
    assert answered("return r.ok;", response={**ANSWER, "status": status}) is ok


def test_a_body_that_is_no_json() -> None:
    body = "return r.json().catch((e) => e.name);"
    assert answered(body, response={**ANSWER, "body": "<html>"}) == "SyntaxError"


def test_a_failed_fetch_says_where_it_was_made() -> None:
    told = answered("return 1;", error="the address is not allowed")
    error = told["error"]
    assert (error["name"], error["message"]) == ("TypeError", "fetch failed: the address is not allowed")
    assert "process_incoming_request (script:1:" in error["stack"]


def asked(call: str, answer: Any = None) -> tuple[Any, Any]:
    """What the host is asked by ``call``, and what a script makes of the answer."""
    requests: list[Any] = []

    def host(request: Any) -> Any:
        requests.append(request)
        return answer or {"status": 200, "headers": [], "body": ""}

    code = f"class Script {{ process_incoming_request() {{ const r = {call}; return r; }} }}"
    with Loaded(code, legacy=True, host=host) as script:
        value = script.call("process_incoming_request", incoming()).get("value")
    return (requests[0] if requests else None), value


FORM = [["Content-Type", "application/x-www-form-urlencoded"]]


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("HTTP('get', 'http://x/')", {"method": "GET", "url": "http://x/", "headers": []}),
        ("HTTP('GET', 'http://x/', { params: { a: 'b c', d: [1, 2], e: { f: 'é' } } })", {
            "method": "GET", "url": "http://x/?a=b+c&d[]=1&d[]=2&e[f]=%C3%A9", "headers": [],
        }),
        ("HTTP('GET', 'http://x/?q=1', { params: { a: 1 } })", {
            "method": "GET", "url": "http://x/?q=1&a=1", "headers": [],
        }),
        ("HTTP('GET', 'http://x/?q=1', { query: 'z=2' })", {
            "method": "GET", "url": "http://x/?z=2", "headers": [],
        }),
        ("HTTP('POST', 'http://x/', { params: { a: \"it's\", b: '(*)' } })", {
            "method": "POST", "url": "http://x/", "headers": FORM, "body": "a=it%27s&b=%28%2A%29",
        }),
        ("HTTP('POST', 'http://x/', { data: { a: 1 }, params: { p: 1 } })", {
            "method": "POST", "url": "http://x/?p=1",
            "headers": [["Content-Type", "application/json"]], "body": '{"a":1}',
        }),
        ("HTTP('POST', 'http://x/', { content: 'raw', headers: { A: 'b' }, auth: 'u:p', timeout: 100 })", {
            "method": "POST", "url": "http://x/",
            "headers": [["A", "b"]], "body": "raw", "auth": "u:p", "timeout": 100,
        }),
        ("HTTP('PUT', 'http://x/', { data: 1, headers: { 'content-type': 'a/b' } })", {
            "method": "PUT", "url": "http://x/", "headers": [["content-type", "a/b"]], "body": "1",
        }),
    ],
)  # fmt: skip
def test_what_http_asks_for(call: str, request_: Any) -> None:
    assert asked(call)[0] == request_


def test_what_http_gives() -> None:
    answer = {
        "status": 201,
        "headers": [["Content-Type", "application/json; charset=utf-8"]],
        "body": '{"id":7}',
    }
    assert asked("HTTP('GET', 'http://x/')", answer)[1] == {
        "result": {
            "statusCode": 201,
            "content": '{"id":7}',
            "headers": {"content-type": "application/json; charset=utf-8"},
            "data": {"id": 7},
        }
    }


@pytest.mark.parametrize(
    ("headers", "body", "data"),
    [
        ([], '{"a":1}', {"a": 1}),
        ([["content-type", "text/javascript"]], "[1]", [1]),
        ([["content-type", "text/html"]], '{"a":1}', None),
        ([["content-type", "application/json"]], "<html>", None),
    ],
)
def test_when_http_parses(headers: list[list[str]], body: str, data: Any) -> None:
    answer = {"status": 200, "headers": headers, "body": body}
    assert asked("HTTP('GET', 'http://x/').result.data", answer)[1] == data


def test_http_errors() -> None:
    shown = "(({ result, error }) => [result === undefined, error.message, error.response?.statusCode])"
    gone = {"status": 404, "headers": [], "body": "no such\nthing " + "x" * 600}
    call = f"{shown}(HTTP('GET', 'http://x/'))"
    assert asked(call, gone)[1] == [True, "failed [404] no such thing " + "x" * 486 + "...", 404]
    assert asked(call, {"status": 500, "headers": [], "body": ""})[1] == [True, "failed [500]", 500]
    assert asked(call, {"error": "refused"})[1] == [True, "refused", None]
    bad_auth = f"{shown}(HTTP('GET', 'http://x/', {{ auth: 'nobody' }}))"
    assert asked(bad_auth) == (None, [True, 'auth must have the form "username:password"', None])
    large = f"{shown}(HTTP('POST', 'http://x/', {{ content: 'x'.repeat(1e6) }}))"
    assert asked(large) == (None, [True, "the request is too large", None])
