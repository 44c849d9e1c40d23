"""What the body of an incoming call holds."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hookroom.errors import HookFailure
from hookroom.rules.incoming_body import (
    MAX_FIELDS,
    MAX_LINES,
    NOT_AN_OBJECT,
    XML_NEEDS_SCRIPT,
    Decoded,
    as_object,
    decode,
)

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xx"
ALERT = {"text": "Disk full: 95% & rising", "channel": "#ops"}
JSON = json.dumps(ALERT).encode()
GERMAN = {"text": "größer: 5 €"}
SENT = json.dumps(GERMAN, ensure_ascii=False)
CARRIED = (
    b'--xx\r\nContent-Disposition: form-data; name="text"\r\n'
    b"Content-Transfer-Encoding: %s\r\n\r\n%s\r\n--xx--"
)
XML = '<?xml version="1.0" encoding="ISO-8859-1"?><a>größer</a>'


def multipart(name: str, value: bytes) -> bytes:
    return b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--xx--' % (name.encode(), value)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;charset=UTF-8",
        "application/vnd.api+json",
        "text/plain",
        "text/plain; charset=unheard-of",
        "application/octet-stream",
        "text/html",
        "nonsense",
        "",
        None,
        FORM,
        f"{FORM}; charset=utf-8",
    ],
)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" \r\n"])
def test_json_is_read_under_any_content_type(content_type: str | None, before: bytes) -> None:
    decoded = decode(content_type, before + JSON + b"\n")
    assert (decoded.content, decoded.kind) == (ALERT, "json")
    assert decoded.raw.endswith(JSON.decode() + "\n")


@pytest.mark.parametrize(
    "content_type", [FORM, f"{FORM};charset=UTF-8", "application/json", "text/plain", None]
)
@pytest.mark.parametrize(
    "body",
    [urlencode({"payload": JSON}).encode(), b"payload=" + JSON],
    ids=["escaped", "unescaped"],
)
def test_payload_field_is_unwrapped(content_type: str | None, body: bytes) -> None:
    decoded = decode(content_type, body)
    assert (decoded.content, decoded.kind) == (ALERT, "json")
    assert decoded.raw == body.decode()


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        ('payload={"text":"C++ = fine; 5 % & more"}', {"text": "C++ = fine; 5 % & more"}, "json"),
        ('payload={"text":"C++"}', {"text": "C++"}, "json"),
        ('payload={"text":"a%20b+c"}', {"text": "a b c"}, "json"),
        ('payload={"text":"50%25 & more"}', {"text": "50%25 & more"}, "json"),
        ('payload={"text":"hi"}&token=1', {"text": "hi"}, "json"),
        ("payload=%5B1%5D", [1], "json"),
        ("payload=7", 7, "json"),
        ('{"text":"a=b&c"}', {"text": "a=b&c"}, "json"),
        ('{"text":"hi"}=', {"text": "hi"}, "json"),
        ("%7B%22text%22%3A%22a%3Db%22%7D=", {"text": "a=b"}, "json"),
        ("%7b%22text%22:%22hi%22%7d", {"text": "hi"}, "json"),
        ("[1, 2]", [1, 2], "json"),
        ("[0]=x", {"[0]": "x"}, "form"),
        (
            "text=hi+there&username=b%C3%B6t&empty=",
            {"text": "hi there", "username": "böt", "empty": ""},
            "form",
        ),
        ("text=one&text=two", {"text": "two"}, "form"),
        ("payload=%7B%7D&token=1", {"payload": "{}", "token": "1"}, "form"),
        ("Backup done + 95% full", "Backup done + 95% full", "text"),
        ("Backup%20done", "Backup done", "text"),
    ],
)
def test_forms(body: str, content: Any, kind: str) -> None:
    decoded = decode(FORM, body.encode())
    assert (decoded.content, decoded.kind) == (content, kind)


@pytest.mark.parametrize(
    ("content_type", "body", "content", "kind"),
    [
        ("text/plain", b"it is done", "it is done", "text"),
        ("text/plain", b"42", "42", "text"),
        (None, b'"quoted"', '"quoted"', "text"),
        (None, b"[ALERT] web-1 is down", "[ALERT] web-1 is down", "text"),
        ("text/plain", b"payload=none", "payload=none", "text"),
        ("text/plain", b"[1]", [1], "json"),
        ("text/plain; charset=ISO-8859-1", "größer".encode("latin-1"), "größer", "text"),
        ("text/plain; charset=windows-1252", b"5 \x80", "5 €", "text"),
        ('application/json; charset="utf-16"', JSON.decode().encode("utf-16"), ALERT, "json"),
        (MULTIPART, multipart("payload", JSON), ALERT, "json"),
        (MULTIPART, multipart("text", b"hi"), {"text": "hi"}, "form"),
        ("application/json", b"null", None, "json"),
        ("application/json", b"[]", [], "json"),
        ("text/csv", b"host,load\nweb-1,5", "host,load\nweb-1,5", "text"),
        ("text/html", b"<b>down</b>", "<b>down</b>", "text"),
        (FORM, b"<b>down = bad</b>", "<b>down = bad</b>", "text"),
        (
            "application/cloudevents+json",
            b'{"specversion":"1.0","data":{}}',
            {"specversion": "1.0", "data": {}},
            "json",
        ),
        ("application/x-ndjson", b'{"text":"hi"}\n', {"text": "hi"}, "json"),
        ("application/x-ndjson", b'\xef\xbb\xbf{"a":1}\r\n\r\n{"b":2}', [{"a": 1}, {"b": 2}], "json"),
        ("application/json-seq", b'\x1e{"a":1}\n\x1e{"b":2}\n', [{"a": 1}, {"b": 2}], "json"),
        (FORM + "; charset=iso-8859-1", b"text=caf%E9+%E0", {"text": "café à"}, "form"),
        (MULTIPART, CARRIED % (b"base64", b"Z3LDtsOf\r\nZXI="), {"text": "größer"}, "form"),
        (MULTIPART, CARRIED % (b"Quoted-Printable", b"gr=C3=B6=C3=9Fer"), {"text": "größer"}, "form"),
        (
            MULTIPART,
            multipart("text", "größer".encode("latin-1")).replace(
                b"\r\n\r\n", b"\r\ncontent-type: text/plain; charset=ISO-8859-1\r\n\r\n", 1
            ),
            {"text": "größer"},
            "form",
        ),
    ],
)
def test_other_bodies(content_type: str | None, body: bytes, content: Any, kind: str) -> None:
    decoded = decode(content_type, body)
    assert (decoded.content, decoded.kind) == (content, kind)


@pytest.mark.parametrize(
    "encoded",
    [
        SENT.encode("cp1252"),  # PowerShell 5, without a charset in its Content-Type
        SENT.encode("utf-16"),  # with a byte order mark
        SENT.encode("utf-16-le"),  # [Text.Encoding]::Unicode.GetBytes
        SENT.encode("utf-16-be"),
        SENT.encode("utf-32"),
        ("\ufeff" + SENT).encode("utf-16-be"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", FORM, None])
def test_what_windows_sends(content_type: str | None, encoded: bytes) -> None:
    decoded = decode(content_type, encoded)
    assert (decoded.content, decoded.kind, decoded.raw) == (GERMAN, "json", SENT)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_mark_beats_the_declared_charset(codec: str) -> None:
    mark = "" if codec in ("utf-16", "utf-32") else "\ufeff"
    decoded = decode("text/plain; charset=iso-8859-1", f"{mark}größer".encode(codec))
    assert (decoded.content, decoded.raw) == ("größer", "größer")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/xml", XML.encode("latin-1")),
        ("application/xml", XML.encode("utf-16")),
        ("application/xml; charset=utf-8", XML.encode()),
        ("application/soap+xml; action=x", XML.encode("latin-1")),
        (FORM, XML.encode("latin-1")),
        (None, b" " + XML.encode("latin-1")),
        ("text/plain", XML.encode("latin-1")),
        ("text/xml", b"<a>b</a>"),
        ("image/svg+xml", b"<svg/>"),
    ],
)
def test_xml_is_for_scripts(content_type: str | None, body: bytes) -> None:
    decoded = decode(content_type, body)
    assert decoded.kind == "xml"
    assert decoded.content == decoded.raw
    if len(body) > 10:
        assert decoded.content.strip() == XML
    with pytest.raises(HookFailure) as caught:
        as_object(decoded)
    assert (str(caught.value), caught.value.status) == (XML_NEEDS_SCRIPT, 400)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        FORM,
        MULTIPART,
        "text/plain",
        "",
        None,
        "text/xml",
        "application/x-ndjson",
        "text/csv",
    ],
)
@pytest.mark.parametrize("body", [b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty_bodies(content_type: str | None, body: bytes) -> None:
    if content_type == MULTIPART and body == b"\xff\xfe":
        return  # Not text as a whole.
    decoded = decode(content_type, body)
    assert (as_object(decoded), decoded.kind) == ({}, "empty")


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("application/json", b'{"text": ', "JSON is malformed: it ends too early (byte 9)"),
        ("application/json", b"hello", "JSON is malformed: invalid character (byte 0)"),
        ("application/json", b'{"text": "\xff\x81"}', "invalid UTF-8 (byte 10)"),
        ("application/json", b"[" * 9999, "the JSON is nested more than 100 levels deep"),
        ("text/plain", b"ab\xff\0", "invalid UTF-8 (byte 2)"),
        ("text/plain", "größer".encode() + b" \xdf", "invalid UTF-8 (byte 9)"),
        ("text/plain", "告警恢复".encode("gbk"), "invalid UTF-8 (byte 0)"),
        (None, b"\x89PNG\r\n\x1a\n", "invalid UTF-8 (byte 0)"),
        ("application/json", b"\x1f\x8b\x08\0", "it is packed with gzip, and no Content-Encoding says so"),
        (None, b"\x1f\x8b\x08\0\x91", "it is packed with gzip, and no Content-Encoding says so"),
        (
            "text/plain; charset=utf-8",
            b"\xff\xfeab\x00",
            "it is not in the charset that its Content-Type names",
        ),
        (
            "application/x-ndjson",
            b'{"a":1}\n\n{"b":\n',
            "in line 2, JSON is malformed: it ends too early (byte 5)",
        ),
        ("application/json; charset=utf-8", SENT.encode("cp1252"), "invalid UTF-8 (byte 12)"),
        ("application/x-ndjson", b"1\n" * (MAX_LINES + 1), f"it has more than {MAX_LINES} lines"),
        (MULTIPART, CARRIED % (b"base64", b"a=b"), "a field of the multipart body is not base64, as it says"),
        ("text/plain; charset=utf-16", b"abc", "it is not in the charset that its Content-Type names"),
        (FORM, b'{"text": "a=b"', "JSON is malformed: it ends too early (byte 14)"),
        (FORM, b"%7B%22text", "JSON is malformed: it ends too early (byte 6)"),
        (FORM, b"payload=", 'in the field "payload", JSON is malformed: it ends too early (byte 0)'),
        (FORM, b"payload=hi", 'in the field "payload", JSON is malformed: invalid character (byte 0)'),
        (FORM, b"text=%FF", "the form has invalid UTF-8"),
        (FORM, b"text=\xff\x81", "invalid UTF-8 (byte 5)"),
        (FORM, b"a=&" * (MAX_FIELDS + 1), f"the form has more than {MAX_FIELDS} fields"),
        (
            MULTIPART,
            multipart("payload", b"{"),
            'in the field "payload", JSON is malformed: it ends too early (byte 1)',
        ),
        (MULTIPART, multipart("payload", b"{}")[:-4], "the multipart body has no closing boundary"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    content_type: str | None, body: bytes, reason: str
) -> None:
    with pytest.raises(HookFailure) as caught:
        decode(content_type, body)
    assert caught.value.status == 400
    assert caught.value.wire() == {"success": False, "error": f"The request body cannot be read: {reason}"}


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"7", b'"hi"', b"true", b"null"])
@pytest.mark.parametrize("content_type", ["application/json", FORM])
def test_arrays_and_primitives_are_no_payload(content_type: str, body: bytes) -> None:
    decoded = decode(content_type, body if content_type != FORM else b"payload=" + body)
    with pytest.raises(HookFailure) as caught:
        as_object(decoded)
    assert (str(caught.value), caught.value.status) == (NOT_AN_OBJECT, 400)


def test_a_text_is_a_payload() -> None:
    assert as_object(decode("text/plain", b"hi")) == {"text": "hi"}


content_types = st.sampled_from(
    [None, "", "application/json", FORM, MULTIPART, "text/plain", "text/plain; charset=utf-16", "a/b+json"]
) | st.text(max_size=30)
bodies = st.binary() | st.text(alphabet='{}[]":,\\u=&%+payload ').map(str.encode)


@given(content_types, bodies)
@example(FORM, b"payload=%7B&payload")
@example("application/json; charset=utf-32", b"\xff\xff\xff\xff")
def test_arbitrary_bodies_are_read_or_refused(content_type: str | None, body: bytes) -> None:
    try:
        decoded = decode(content_type, body)
    except HookFailure:
        return
    assert isinstance(decoded.raw, str)
    if decoded.kind == "empty":
        assert decoded.raw.strip("\ufeff \t\n\v\f\r") == ""
    if decoded.kind in ("form", "text"):
        assert isinstance(as_object(decoded), dict)


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(texts, texts | st.integers(-1000, 1000) | st.booleans(), min_size=1))
def test_one_object_reads_the_same_in_every_wrapping(payload: dict[str, Any]) -> None:
    body = json.dumps(payload).encode()
    for content_type, sent in [
        ("application/json", body),
        ("application/json", b"\xef\xbb\xbf" + body),
        (None, body),
        ("text/plain", body),
        (FORM, body),
        (FORM, urlencode({"payload": body}).encode()),
        (MULTIPART, multipart("payload", body)),
    ]:
        decoded = decode(content_type, sent)
        assert decoded == Decoded(payload, sent, "json")


@given(st.dictionaries(texts, texts, min_size=2))
def test_forms_read_back(fields: dict[str, str]) -> None:
    body = urlencode(fields).encode()
    if not body.upper().startswith((b"%7B", b"%5B")):
        assert decode(FORM, body).content == fields
