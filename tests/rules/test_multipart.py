"""Reading the text fields of a multipart body."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.json_body import Unreadable
from hookroom.rules.multipart import MAX_PARTS, text_fields

TYPE = "multipart/form-data; boundary=xx"


def part(disposition: str, value: bytes) -> bytes:
    return b"--xx\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + value + b"\r\n"


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), st.text(), max_size=5))
def test_reads_what_a_client_writes(fields: dict[str, str]) -> None:
    files = {"report": ("report.bin", b"\x00\xff--xx\r\n")}
    request = httpx.Request("POST", "http://localhost/", data=fields, files=files)
    read = text_fields(request.headers["Content-Type"], request.read())
    assert read == fields


@pytest.mark.parametrize("quoted", ['"xx"', "xx", 'xx; charset="utf-8"'])
def test_boundary_may_be_quoted(quoted: str) -> None:
    body = part('name="payload"', b"{}") + b"--xx--\r\n"
    assert text_fields(f"multipart/form-data; boundary={quoted}", body) == {"payload": "{}"}


def test_reads_bare_line_feeds_unquoted_names_and_a_payload_sent_as_a_file() -> None:
    body = part("name=text", b"hi\r\nthere").replace(b"\r\n", b"\n")
    body += part('name="payload"; filename="blob"', b"{}") + b"--xx--"
    assert text_fields(TYPE, body) == {"text": "hi\nthere", "payload": "{}"}


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("multipart/form-data", b"--xx--", "names no multipart boundary"),
        (TYPE, part('name="a"', b"1"), "no closing boundary"),
        (TYPE, b"", "no closing boundary"),
        (TYPE, part('title="a"', b"1") + b"--xx--", "has no name"),
        (TYPE, b"--xx\r\nname=a\r\n--xx--", "has no name"),
        (TYPE, part('name="a"; x=' + "y" * 9000, b"1") + b"--xx--", "has no name"),
        (TYPE, part('name="a"', b"ab\xff\x81") + b"--xx--", r"invalid UTF-8 \(byte 2\)"),
        (TYPE, part('name="a"', b"") * (MAX_PARTS + 1) + b"--xx--", "more than 200 parts"),
    ],
)
def test_says_why_a_body_cannot_be_read(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        text_fields(content_type, body)


def test_as_many_parts_as_allowed() -> None:
    body = b"".join(part(f'name="f{n}"', b"") for n in range(MAX_PARTS)) + b"--xx--"
    assert len(text_fields(TYPE, body)) == MAX_PARTS


@given(st.text(), st.binary() | st.text(alphabet='-x\r\n;="name: ').map(str.encode))
def test_arbitrary_bodies_are_read_or_refused(content_type: str, body: bytes) -> None:
    for sent_as in (content_type, TYPE):
        result: object = None
        try:
            result = text_fields(sent_as, body)
        except Unreadable as reason:
            result = str(reason)
        assert isinstance(result, dict) or result
