"""What pages say of themselves."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.link_preview import (
    MAX_TAGS,
    MAX_VALUE,
    camel_case,
    is_page,
    may_be_previewed,
    read,
    redirected,
)

URL = "https://example.com/a/b"
HTML = "text/html; charset=utf-8"


def test_a_page() -> None:
    page = """<!DOCTYPE html><html><HEAD><meta charset=utf-8>
    <title lang="en"> News &amp; more </title>
    <!-- <meta property="og:title" content="hidden"> -->
    <script>var x = '<meta property="og:title" content="scripted">'</script>
    <meta property='og:title' content='Ärger &quot;quoted&quot;'>
    <META CONTENT="summary" NAME="twitter:card" />
    <meta property="og:title" content="a second one">
    <meta name="description" content="About &lt;this&gt;">
    <meta property="og:image:width" content="640">
    <meta name="viewport" content="width=device-width">
    <meta property="og:empty" content="  ">
    <link rel="alternate" type="application/json+oembed" href="/oembed?u=1&amp;v=2">
    <svg><title>drawn</title></svg></head><body>"""
    assert read(page.encode(), HTML, URL) == {
        "pageTitle": "News & more",
        "ogTitle": 'Ärger "quoted"',
        "twitterCard": "summary",
        "description": "About <this>",
        "ogImageWidth": "640",
        "oembedUrl": "https://example.com/oembed?u=1&v=2",
    }


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<title>Zürich</title>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ('<meta charset="iso-8859-1"><title>Zürich</title>'.encode("latin-1"), "text/html"),
        ("<title>Zürich</title>".encode(), ""),
        ("<title>Zürich".encode(), HTML),
    ],
)
def test_characters(body: bytes, content_type: str) -> None:
    assert read(body, content_type, URL) == {"pageTitle": "Zürich"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("og:title", "ogTitle"), ("og:image:width", "ogImageWidth"), ("description", "description"), ("", ""),
     ("msapplication-TileColor", "msapplicationTileColor"), ("twitter:label1", "twitterLabel1")],
)  # fmt: skip
def test_names(name: str, expected: str) -> None:
    assert camel_case(name) == expected


def test_addresses() -> None:
    assert redirected(URL, "/x") == "https://example.com/x"
    assert redirected(URL, "//other.example/x") == "https://other.example/x"
    for to in ("ftp://x/", "javascript:alert(1)", "http://[", "file:///etc/passwd"):
        assert redirected(URL, to) is None
    assert not any(map(may_be_previewed, ("", "x", "http://", "mailto:a@b", "http://[::1")))
    assert is_page("TEXT/HTML;charset=x")
    assert not is_page("video/mp4")


@given(st.binary(max_size=300) | st.text(alphabet="<>metailnk='\"/ !-:cogp", max_size=300).map(str.encode))
def test_any_body_is_read(body: bytes) -> None:
    for value in read(body, HTML, URL).values():
        assert 0 < len(value) <= MAX_VALUE


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece",
    ["<", "<meta ", "<meta content='", "<!--", "<!-- --", "<script", "<title>", "<![CDATA[", "<meta a=b ",
     "<svg ", "&", "<meta property='og:a' content='b'>", "<meta charset"],
)  # fmt: skip
def test_hostile_bodies_take_no_long_time(piece: str) -> None:
    body = (piece * (250_000 // len(piece) + 1)).encode()[:250_000]
    began = time.monotonic()
    assert len(read(body, "text/html", URL)) <= MAX_TAGS
    assert time.monotonic() - began < 2
