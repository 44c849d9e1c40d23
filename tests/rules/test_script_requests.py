"""What scripts are called with, and how what they return is read (contract, section 5)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from tests.rules.values import a_user

from hookroom.rules.script_requests import (
    IncomingCall,
    incoming_argument,
    outgoing_request,
    poster_of,
    prepare_argument,
    process_argument,
)
from hookroom.rules.script_results import (
    MAX_TIMEOUT_MS,
    Content,
    Default,
    Nothing,
    Prepared,
    Refusal,
    Reply,
    ToSend,
    Wrong,
    is_too_deep,
    is_true,
    read_incoming,
    read_prepared,
    read_processed,
    read_request,
    with_separate_response,
)

FALSE: list[Any] = [UNSET, None, False, 0, 0.0, ""]
"""What JavaScript takes for false."""
NO_OBJECT: list[Any] = [True, 1, "text", [], [{"content": {"text": "x"}}]]

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
named = st.sampled_from(
    [
        *("content", "error", "response", "user", "message", "url", "method", "headers"),
        *("data", "auth", "timeout", "params"),
    ]
)
results = any_json | st.dictionaries(named, any_json)


def a_call(**fields: Any) -> IncomingCall:
    given: dict[str, Any] = {
        "integration_id": "a" * 24,
        "token": "to/ken",
        "path": "/hooks/aaa/to%2Fken",
        "content": {"n": 1},
        "content_raw": '{"n": 1}',
        "headers": {"x-event": "push"},
        "poster": poster_of(a_user()),
    }
    return IncomingCall(**{**given, **fields})


# The arguments


def test_an_incoming_call_field_by_field() -> None:
    argument = incoming_argument(a_call(query="a=1&b=x%20y&a=2&c", user_id="anybody"))
    assert argument == {
        "request": {
            "url": {
                "hash": "",
                "search": "?a=1&b=x%20y&a=2&c",
                "query": {"a": "2", "b": "x y", "c": ""},
                "pathname": "/hooks/aaa/to%2Fken",
                "path": "/hooks/aaa/to%2Fken?a=1&b=x%20y&a=2&c",
            },
            "url_raw": "/hooks/aaa/to%2Fken?a=1&b=x%20y&a=2&c",
            "url_params": {"integrationId": "a" * 24, "userId": "anybody", "token": "to/ken"},
            "content": {"n": 1},
            "content_raw": '{"n": 1}',
            "headers": {"x-event": "push"},
            "user": {"_id": "annId", "name": "Ann", "username": "ann"},
        }
    }


def test_an_incoming_call_without_query_and_user() -> None:
    request = incoming_argument(a_call())["request"]
    assert request["url"]["search"] == ""
    assert request["url"]["query"] == {}
    assert request["url_raw"] == request["url"]["path"] == request["url"]["pathname"]
    assert "userId" not in request["url_params"]


@pytest.mark.parametrize("content", [[1], "text", 5, None, {}, {"a": [None]}])
def test_any_body_reaches_the_script_as_it_is(content: Any) -> None:
    assert incoming_argument(a_call(content=content))["request"]["content"] == content


def test_a_form_is_marked_beside_the_request() -> None:
    assert incoming_argument(a_call(is_form=True))["rawContent"] is True
    assert "rawContent" not in incoming_argument(a_call())


def test_the_arguments_of_an_outgoing_one() -> None:
    request = outgoing_request("http://x", {"text": "hi"}, {"User-Agent": "y"})
    assert prepare_argument(request) == {
        "request": {
            "params": {},
            "method": "POST",
            "url": "http://x",
            "data": {"text": "hi"},
            "auth": None,
            "headers": {"User-Agent": "y"},
        }
    }
    assert process_argument({"mine": 1}, 404, {"a": "b"}, "not found") == {
        "request": {"mine": 1},
        "response": {
            "error": None,
            "status_code": 404,
            "content_raw": "not found",
            "headers": {"a": "b"},
        },
    }


# process_incoming_request


@pytest.mark.parametrize("value", FALSE)
def test_what_is_false_posts_nothing(value: Any) -> None:
    assert read_incoming(value) == Nothing()


@pytest.mark.parametrize("value", [*NO_OBJECT, {}, {"text": "x"}, {"user": {}}])
@pytest.mark.parametrize("more", [{}, {"content": None}, {"content": ""}, {"error": 0, "response": None}])
def test_what_is_true_needs_content(value: Any, more: dict[str, Any]) -> None:
    assert isinstance(read_incoming({**value, **more} if isinstance(value, dict) else value), Wrong)


@pytest.mark.parametrize("content", NO_OBJECT)
def test_content_is_an_object(content: Any) -> None:
    assert isinstance(read_incoming({"content": content}), Wrong)


def test_content_response_and_user() -> None:
    message = {"text": "x"}
    assert read_incoming({"content": message}) == Content(content=message)
    assert read_incoming({"content": {}}) == Content(content={})
    responses: list[Any] = [{"a": 1}, [], "thanks", 5]
    for response in responses:
        assert read_incoming({"content": message, "response": response}) == Content(
            content=message, response=response
        )
        assert read_incoming({"response": response}) == Reply(response)
    assert read_incoming({"content": message, "response": 0}) == Content(content=message)
    assert read_incoming({"content": message, "user": {"_id": "x"}}) == Content(
        content=message, names_user=True
    )


@pytest.mark.parametrize(
    ("error", "body"),
    [
        ("no", {"error": "no", "success": False}),
        (5, {"error": 5, "success": False}),
        (["a"], {"error": ["a"], "success": False}),
        ({"success": False, "message": "no"}, {"success": False, "message": "no"}),
        ({"success": True, "code": 7}, {"code": 7, "success": False}),
        ({}, {"success": False}),
    ],
)
def test_an_error_is_answered(error: Any, body: dict[str, Any]) -> None:
    expected = Refusal(body)
    assert read_incoming({"error": error}) == expected
    assert read_incoming({"error": error, "content": {"text": "x"}, "response": {"a": 1}}) == expected


def test_separate_response_of_the_script_wins() -> None:
    sent = {"separateResponse": True}
    assert with_separate_response({"separateResponse": False}, sent)["separateResponse"] is False
    assert with_separate_response({}, sent) == {"separateResponse": True}
    others: list[Any] = [{"separateResponse": "true"}, {}, [], None, "separateResponse"]
    for other in others:
        assert with_separate_response({}, other) == {"separateResponse": False}


# prepare_outgoing_request


def sent(**fields: Any) -> ToSend:
    read = read_request({"url": "http://x/a", "method": "PUT", **fields})
    assert isinstance(read, ToSend), read
    return read


def problem(**fields: Any) -> str:
    read = read_prepared({"url": "http://x/a", "method": "PUT", **fields})
    assert isinstance(read, Prepared)
    assert isinstance(read.request, Wrong)
    return read.request.reason


@pytest.mark.parametrize("value", FALSE)
def test_nothing_prepared_is_no_call(value: Any) -> None:
    assert read_prepared(value) == Nothing()


@pytest.mark.parametrize(
    "value",
    [*NO_OBJECT, {}, {"url": "http://x"}, {"method": "GET"}, {"url": "", "method": "GET"}, {"data": {}}],
)
def test_without_url_and_method_there_is_no_call(value: Any) -> None:
    assert read_prepared(value) == Prepared(message=None, request=None)


def test_a_message_instead_and_as_well() -> None:
    message = {"text": "x"}
    assert read_prepared({"message": message}) == Prepared(message=message, request=None)
    both = read_prepared({"message": message, "url": "http://x", "method": "GET"})
    assert isinstance(both, Prepared)
    assert (both.message, isinstance(both.request, ToSend)) == (message, True)
    for wrong in NO_OBJECT:
        odd = read_prepared({"message": wrong, "url": "http://x", "method": "GET"})
        assert isinstance(odd, Prepared)
        assert isinstance(odd.message, Wrong)
        assert isinstance(odd.request, ToSend)


def test_the_least_request() -> None:
    assert sent() == ToSend(
        url="http://x/a",
        method="PUT",
        headers=(),
        body=b"",
        timeout_s=None,
        document={"url": "http://x/a", "method": "PUT", "headers": {}},
    )


def test_the_plain_request_is_sent_as_it_is() -> None:
    plain = outgoing_request("http://x", {"text": "é"}, {"User-Agent": "y"})
    read = read_request(plain)
    assert isinstance(read, ToSend)
    assert (read.url, read.method, read.body) == ("http://x", "POST", '{"text":"é"}'.encode())
    assert read.headers == (("User-Agent", "y"), ("Content-Type", "application/json"))


@pytest.mark.parametrize(
    ("data", "headers", "body", "content_type"),
    [
        ({"a": 1}, None, b'{"a":1}', "application/json"),
        ({"a": 1}, {"content-type": "text/xml"}, b'{"a":1}', "application/json"),
        ([], None, b"[]", "application/json"),
        (5, None, b"5", "application/json"),
        (True, None, b"true", "application/json"),
        ("a=1", None, b"a=1", "application/json"),
        ("a=1", {"Content-Type": "text/plain"}, b"a=1", "text/plain"),
        ("", {"Content-Type": "text/plain"}, b"", "text/plain"),
        (None, None, b"", None),
        (0, None, b"", None),
        (False, None, b"", None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "delete"])
def test_data_is_the_body(
    method: str, data: Any, headers: Any, body: bytes, content_type: str | None
) -> None:
    read = sent(method=method, data=data, headers=headers)
    assert read.body == body
    types = [value for name, value in read.headers if name.lower() == "content-type"]
    assert types == ([content_type] if content_type else [])


def test_headers_are_texts() -> None:
    read = sent(headers={"A": "x", "B": 5, "C": True, "D": None})
    assert read.headers == (("A", "x"), ("B", "5"), ("C", "true"))
    assert sent(headers=None).headers == sent(headers="").headers == ()
    assert "header A" in problem(headers={"A": {}})
    assert "headers" in problem(headers=["A"])
    assert "headers" in problem(headers="A: x")


def test_auth_is_basic() -> None:
    read = sent(auth="ann:se:cret", headers={"authorization": "other"})
    assert read.headers == (("Authorization", "Basic YW5uOnNlOmNyZXQ="),)
    assert sent(auth="").headers == sent(auth=None).headers == ()
    for wrong in ("ann", 5, {"user": "ann"}, ["a:b"], True):
        assert "user:password" in problem(auth=wrong)


def test_the_password_is_not_in_what_is_shown() -> None:
    read = sent(auth="ann:secret")
    assert "Authorization" not in read.document["headers"]
    assert read.document["auth"] == "ann:secret"


def test_timeouts_are_bounded() -> None:
    assert [sent(timeout=ms).timeout_s for ms in (1500, 0.5, None, 0)] == [1.5, 0.0005, None, None]
    assert sent(timeout=1e300).timeout_s == MAX_TIMEOUT_MS / 1000
    wrongs: list[Any] = [-1, "5", True, [], {}]
    for wrong in wrongs:
        assert "timeout" in problem(timeout=wrong)


def test_params_go_into_the_query() -> None:
    assert sent(params={"a": "x y", "b": 2}).url == "http://x/a?a=x+y&b=2"
    assert sent(url="http://x/?c=1#d", params={"a": "x"}).url == "http://x/?c=1&a=x#d"
    nones: list[Any] = [{}, None, [], "a=b"]
    for none in nones:
        assert sent(params=none).url == "http://x/a"
    assert "parameter a" in problem(params={"a": {}})


@pytest.mark.parametrize("name", ["url", "method"])
@pytest.mark.parametrize("value", [5, True, {"a": 1}, ["x"]])
def test_url_and_method_are_strings(name: str, value: Any) -> None:
    assert name in problem(**{name: value})


def test_what_else_was_put_on_the_request_is_kept() -> None:
    read = sent(mine={"state": [1]}, data={"a": 1})
    assert read.document["mine"] == {"state": [1]}
    assert read.document["headers"] == {"Content-Type": "application/json"}


# process_outgoing_response


@pytest.mark.parametrize(
    "value", [UNSET, None, 0, "", True, 1, "x", [], {}, {"content": None}, {"text": "x"}]
)
def test_saying_nothing_is_the_default(value: Any) -> None:
    assert read_processed(value) == Default()


def test_false_is_nothing_and_content_is_posted() -> None:
    assert read_processed(False) == Nothing()
    assert read_processed({"content": {"text": "x"}}) == Content(content={"text": "x"})
    assert read_processed({"content": {}}) == Content(content={})
    for content in NO_OBJECT:
        assert isinstance(read_processed({"content": content}), Wrong)


# Any result


def nested(levels: int) -> Any:
    value: Any = "end"
    for number in range(levels):
        value = {"a": value} if number % 2 else [value]
    return value


def test_depth() -> None:
    assert not is_too_deep(nested(100))
    assert is_too_deep(nested(101))
    assert is_too_deep(nested(100_000))
    deep = nested(100_000)
    assert isinstance(read_incoming({"content": {"attachments": [deep]}}), Wrong)
    assert isinstance(read_incoming({"error": deep}), Wrong)
    assert isinstance(read_processed({"content": {"a": deep}}), Wrong)
    assert "deep" in problem(data=deep)


@pytest.mark.parametrize("value", FALSE)
def test_truth_is_that_of_javascript(value: Any) -> None:
    assert not is_true(value)
    assert is_true([])
    assert is_true({})
    assert is_true("0")


@given(value=results)
def test_any_result_is_read(value: Any) -> None:
    before = json.dumps(value)
    incoming, prepared, processed = read_incoming(value), read_prepared(value), read_processed(value)
    assert json.dumps(value) == before
    for read in (incoming, prepared, processed):
        msgspec.to_builtins(read)
    if isinstance(incoming, Content):
        assert incoming.content is value["content"]
    if isinstance(incoming, Refusal):
        assert incoming.body["success"] is False
    if isinstance(prepared, Prepared) and isinstance(prepared.request, ToSend):
        assert all(isinstance(text, str) for pair in prepared.request.headers for text in pair)


@given(
    url=st.text(),
    method=st.text(),
    more=st.dictionaries(named, any_json),
)
def test_a_request_is_read_or_the_reason_is_told(url: str, method: str, more: dict[str, Any]) -> None:
    read = read_request({**more, "url": url, "method": method})
    if isinstance(read, Wrong):
        assert read.reason
        return
    assert read.document.keys() == {*more, "url", "method", "headers"}
    assert all(read.document[name] == more[name] for name in more if name not in ("url", "method", "headers"))
    assert read.timeout_s is None or 0 < read.timeout_s <= MAX_TIMEOUT_MS / 1000
    if read.body and not isinstance(more["data"], str):
        assert json.loads(read.body) == more["data"]


@given(query=st.text(), content=any_json)
def test_any_query_becomes_an_argument(query: str, content: Any) -> None:
    argument = incoming_argument(a_call(query=query, content=content))
    url = argument["request"]["url"]
    assert url["path"] == url["pathname"] + url["search"]
    assert all(isinstance(value, str) for value in url["query"].values())
