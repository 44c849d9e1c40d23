"""What bodies are read, what they become, and which are refused (contract, section 3, row "body")."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hooks.hooks import Hook

from hookroom.rules.incoming_body import XML_NEEDS_SCRIPT

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/form-data; boundary=b"
NOT_AN_OBJECT: Final = "Integration payload must be a JSON object, not an array or primitive"
LIMIT: Final = 1024 * 1024

HELLO: Final = b'{"text": "hello"}'


def parts(*fields: tuple[str, bytes]) -> bytes:
    """A multipart body."""
    lines = [
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in fields
    ]
    return b"".join(lines) + b"--b--\r\n"


def call(hook: Hook, content_type: str | None, body: bytes) -> httpx.Response:
    """A POST of exactly these."""
    headers = {} if content_type is None else {"content-type": content_type}
    return hook.call(content=body, headers=headers)


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (JSON, HELLO, "hello"),
        ("application/json; charset=utf-8", HELLO, "hello"),
        ("Application/JSON;charset=UTF-8", HELLO, "hello"),
        ("application/vnd.api+json", HELLO, "hello"),
        ("text/json", HELLO, "hello"),
        (JSON, b"\xef\xbb\xbf" + HELLO, "hello"),
        (JSON, '{"text": "žluťoučký 😀"}'.encode(), "žluťoučký 😀"),
        (JSON, b'{"text": "\\u017elu\\ud83d\\ude00"}', "žlu😀"),
        ("application/json; charset=iso-8859-1", '{"text": "déployé"}'.encode("latin-1"), "déployé"),
        ("application/json; charset=utf-16", '{"text": "déployé"}'.encode("utf-16"), "déployé"),
        (JSON, b"payload=" + HELLO, "hello"),
        # A missing or odd type: JSON when it parses, text otherwise.
        (None, HELLO, "hello"),
        ("", HELLO, "hello"),
        ("text/plain", HELLO, "hello"),
        ("application/octet-stream", HELLO, "hello"),
        ("nonsense", HELLO, "hello"),
        (None, b"disk is full", "disk is full"),
        ("text/plain", b" disk is full\n", "disk is full"),
        ("text/plain; charset=windows-1252", "déployé €".encode("cp1252"), "déployé €"),
        ("text/plain", b"{not json}", "{not json}"),
        ("text/plain", b"5", "5"),
        ("text/html", b"<a>b</a>", "<a>b</a>"),
        # In no place UTF-8: what Windows sends without saying so.
        (JSON, b'{"text": "d\xe9ploy\xe9 \x80"}', "déployé €"),
        (None, b"caf\xe9", "café"),
        (FORM, b"text=caf\xe9", "café"),
        (PARTS, parts(("text", b"caf\xe9")), "café"),
        (JSON, HELLO.decode().encode("utf-16"), "hello"),
        # Forms.
        (FORM, HELLO, "hello"),
        (FORM, b"payload=" + quote(HELLO).encode(), "hello"),
        (FORM, b"payload=" + HELLO, "hello"),
        (FORM, b'payload={"text": "1 + 1 & 2"}', "1 + 1 & 2"),
        (FORM, b"payload=%7B%22text%22%3A+%22a+b%22%7D", "a b"),
        (FORM + "; charset=utf-8", urlencode({"payload": HELLO.decode()}).encode(), "hello"),
        (FORM, quote(HELLO).encode(), "hello"),
        (FORM, b"text=hello+there&username=Door", "hello there"),
        (FORM, b"text=a%26b%3Dc", "a&b=c"),
        (None, b"payload=" + quote(HELLO).encode(), "hello"),
        (PARTS, parts(("payload", HELLO)), "hello"),
        (PARTS, parts(("text", b"hello"), ("username", b"Door")), "hello"),
    ],
)
def test_bodies_that_are_read(hook: Hook, content_type: str | None, body: bytes, text: str) -> None:
    response = call(hook, content_type, body)
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert [one["msg"] for one in hook.messages()] == [text]


UNREADABLE: Final = "The request body cannot be read: "


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        # Arrays and primitives.
        (JSON, b"[]", NOT_AN_OBJECT),
        (JSON, b'[{"text": "x"}]', NOT_AN_OBJECT),
        (JSON, b'"text"', NOT_AN_OBJECT),
        (JSON, b"5", NOT_AN_OBJECT),
        (JSON, b"true", NOT_AN_OBJECT),
        (JSON, b"null", NOT_AN_OBJECT),
        (FORM, b"payload=[]", NOT_AN_OBJECT),
        (FORM, b"payload=5", NOT_AN_OBJECT),
        (FORM, b"payload=%22x%22", NOT_AN_OBJECT),
        (None, b'[{"text": "x"}]', NOT_AN_OBJECT),
        (PARTS, parts(("payload", b"null")), NOT_AN_OBJECT),
        # Not JSON.
        (JSON, b"{", UNREADABLE + "JSON is malformed: it ends too early (byte 1)"),
        (JSON, b'{"text": "hello', UNREADABLE + "JSON is malformed: it ends too early (byte 15)"),
        (JSON, b"{'text': 'x'}", None),
        (JSON, b"hello", None),
        (JSON, b"text=hello", None),
        (JSON, b'{"text": "x"} trailing', None),
        (JSON, b'{"text": NaN}', None),
        (JSON, b'{"text": "a\nb"}', None),
        (FORM, b"payload={broken", None),
        (FORM, b"payload=", None),
        (FORM, b"{broken", None),
        (PARTS, parts(("payload", b"{broken")), None),
        (PARTS, b"not multipart", None),
        ("multipart/form-data", parts(("text", b"x")), None),
        # Invalid UTF-8.
        (JSON, b'{"text": "\xff\x81"}', UNREADABLE + "invalid UTF-8 (byte 10)"),
        (JSON, b"\x81", UNREADABLE + "invalid UTF-8 (byte 0)"),
        (None, "café".encode() + b"\xe9", UNREADABLE + "invalid UTF-8 (byte 5)"),
        ("text/plain; charset=utf-8", b"\xc3(", UNREADABLE + "invalid UTF-8 (byte 0)"),
        (FORM, b"text=caf\xe9\x81", None),
        (FORM, b"text=caf%E9", None),
        (PARTS, parts(("text", b"caf\xe9\x81")), None),
        # XML is for scripts.
        ("text/xml", b"<a>b</a>", XML_NEEDS_SCRIPT),
        ("application/atom+xml", b"<a>b</a>", XML_NEEDS_SCRIPT),
        (FORM, b'<?xml version="1.0"?><a>b</a>', XML_NEEDS_SCRIPT),
        (JSON, b"\x1f\x8b\x08\x00compressed", None),
        # Bombs.
        (JSON, b"[" * 100_000, None),
        (JSON, b'{"text": ' + b"[" * 200 + b"]" * 200 + b"}", None),
        (JSON, b'{"a":' * 101 + b"1" + b"}" * 101, None),
        (FORM, b"payload=" + b'{"a":' * 5000, None),
        (FORM, b"&".join(b"a%d=" % i for i in range(1001)), None),
        (PARTS, parts(*((f"a{i}", b"x") for i in range(300))), None),
        (JSON, b'{"text": 1' + b"0" * 5000 + b"}", None),
    ],
)
def test_bodies_that_are_refused(
    hook: Hook, content_type: str | None, body: bytes, error: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    said = hook.refused(400, error, content=body, headers=headers)
    assert len(said) > 20
    assert "Traceback" not in said


def test_a_deep_payload_is_shown_or_refused(hook: Hook) -> None:
    deepest = b'{"a":' * 100 + b"1" + b"}" * 100
    assert hook.call(content=deepest, headers={"content-type": JSON}).status_code == 200
    assert len(hook.messages()) == 1


# Size


def test_a_body_over_the_limit(hook: Hook) -> None:
    error = f"The request body is over the limit of {LIMIT} bytes"
    body = b'{"text": "' + b"x" * LIMIT + b'"}'
    hook.refused(413, error, content=body, headers={"content-type": JSON})

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    # Without a length, in chunks.
    hook.refused(413, error, content=chunks(), headers={"content-type": JSON})
    # The connection still works, and so does the largest body.
    most = b'{"text": "x", "more": "' + b"x" * (LIMIT - 25) + b'"}'
    assert len(most) == LIMIT
    assert call(hook, JSON, most).json() == {"success": True}
    assert [one["msg"] for one in hook.messages()] == ["x"]


def test_a_body_in_chunks(hook: Hook) -> None:
    response = hook.call(content=iter([HELLO[:5], b"", HELLO[5:]]), headers={"content-type": JSON})
    assert response.json() == {"success": True}
    assert hook.messages()[0]["msg"] == "hello"


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 50\r\n\r\nhalf a message",
        b"Transfer-Encoding: chunked\r\n\r\n6\r\nhalf a\r\n",
    ],
)
def test_half_a_message_is_none(hook: Hook, rest: bytes) -> None:
    url = httpx.URL(hook.admin.url)
    with socket.create_connection((url.host, url.port or 80), timeout=10) as sender:
        sender.sendall(
            f"POST {hook.path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n".encode() + rest
        )
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(1000) == b""  # The server has seen the end.
    assert hook.posted({"text": "whole"})["msg"] == "whole"
    assert [one["msg"] for one in hook.messages()] == ["whole"]


# Anything at all

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *("text", "msg", "username", "alias", "icon_url", "avatar", "icon_emoji", "emoji", "attachments"),
        *(
            "parseUrls",
            "groupable",
            "tmid",
            "customFields",
            "channel",
            "roomId",
            "separateResponse",
            "status",
        ),
    ]
)
LIKELY = st.text(max_size=20) | st.sampled_from(["true", "#general", "@rocket.cat", "https://x.example/a"])
OBJECTS = st.dictionaries(FIELDS | st.text(max_size=8), LIKELY | VALUES, max_size=5)
ATTACHED = st.builds(
    lambda first, rest: {**rest, "attachments": [first]},
    st.dictionaries(
        st.sampled_from(["text", "title", "title_link", "color", "fields", "actions", "ts", "image_url"]),
        LIKELY | VALUES,
        max_size=4,
    ),
    OBJECTS,
)
JSON_BODIES = (OBJECTS | ATTACHED | VALUES).map(lambda value: json.dumps(value).encode())
FORMS = st.dictionaries(FIELDS, LIKELY, max_size=4).map(lambda fields: urlencode(fields).encode())
BODIES = (
    JSON_BODIES
    | FORMS
    | JSON_BODIES.map(lambda body: b"payload=" + quote(body).encode())
    | JSON_BODIES.map(lambda body: b"payload=" + body)
    | JSON_BODIES.map(lambda body: parts(("payload", body)))
    | st.binary(max_size=40)
    | st.builds(lambda body, cut: body[:cut], JSON_BODIES, st.integers(0, 40))
)
TYPES = st.sampled_from(
    [
        *(None, JSON, FORM, PARTS, "text/plain", "application/json; charset=utf-16", "a/b; charset=zlib"),
        *("multipart/form-data", "application/problem+json", "text/plain; charset=\xff", ";;;", "charset="),
    ]
)


def test_whatever_comes_is_shown_or_refused(free_hook: Hook) -> None:
    @settings(
        max_examples=300,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(TYPES, BODIES)
    def holds(content_type: str | None, body: bytes) -> None:
        headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
        response = free_hook.call(content=body, headers=headers)
        assert response.status_code in (200, 400), (content_type, body, response.text)
        assert response.headers["content-type"] == JSON
        answer = response.json()
        assert answer["success"] is (response.status_code == 200)
        if response.status_code == 400:
            assert answer["error"].strip()

    holds()
    for room in (free_hook.room["_id"], "GENERAL"):
        for message in free_hook.messages(room):
            assert shows(message), message


def shows(message: Any) -> bool:
    """Whether there is anything to see of a message."""
    framing = {"color", "ts", "collapsed"}
    return bool(message["msg"].strip()) or any(
        value for one in message.get("attachments", ()) for name, value in one.items() if name not in framing
    )
