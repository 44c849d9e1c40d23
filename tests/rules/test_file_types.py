"""Media types of uploaded files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.file_types import UNKNOWN, is_accepted, is_active, media_type, type_group


@pytest.mark.parametrize(
    ("declared", "name", "expected"),
    [
        ("image/png", "a.png", "image/png"),
        ("Image/PNG; foo=bar", "a.txt", "image/png"),
        ("image/png", "a.html", "image/png"),
        (None, "a.JPG", "image/jpeg"),
        (UNKNOWN, "drawing.svg", "image/svg+xml"),
        (UNKNOWN, "data", UNKNOWN),
        (UNKNOWN, "png", "image/png"),
        ("", "a.unheard-of", UNKNOWN),
        ("text/plain\r\nX-Evil: 1", "a.bin", UNKNOWN),
        ("text", "notes.md", "text/markdown"),
        ("*/*", "a.zip", "application/zip"),
        ("a" * 200 + "/b", "a.pdf", "application/pdf"),
    ],
)
def test_the_type_is_the_senders_or_the_names(declared: str | None, name: str, expected: str) -> None:
    assert media_type(declared, name) == expected


@pytest.mark.parametrize(
    ("kind", "allowed", "refused", "accepted"),
    [
        ("image/png", "", "", True),
        ("image/png", "image/*", "", True),
        ("image/png", " IMAGE/PNG ,text/plain", "", True),
        ("image/pngx", "image/png", "", False),
        ("text/plain", "image/*", "", False),
        ("image/svg+xml", "", "image/svg+xml", False),
        ("image/svg+xml", "image/*", "image/svg+xml", False),
        ("image/svg", "", "image/svg+xml", True),
        ("text/html", "*", "text/*", False),
        ("video/mp4", "*/*", "", True),
        ("video/mp4", ",", "", True),
        ("application/vnd.ms-excel", "application/vnd.*", "", True),
        ("application/vndxms", "application/vnd.*", "", False),
    ],
)
def test_lists_of_types(kind: str, allowed: str, refused: str, accepted: bool) -> None:
    assert is_accepted(kind, allowed, refused) is accepted


@pytest.mark.parametrize(
    ("kind", "active"),
    [
        *((kind, True) for kind in ("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml")),
        *((kind, True) for kind in ("application/xml", "text/javascript", "application/atom+xml")),
        *((kind, False) for kind in ("image/png", "text/plain", "application/pdf", "video/mp4", UNKNOWN)),
    ],
)
def test_what_a_browser_would_run(kind: str, active: bool) -> None:
    assert is_active(kind) is active


@given(st.one_of(st.none(), st.text()), st.text())
def test_a_type_is_always_one(declared: str | None, name: str) -> None:
    kind = media_type(declared, name)
    assert kind.isascii()
    assert kind.count("/") == 1
    assert not set(kind) & set(" ;,\r\n\"'")
    assert type_group(kind) + "/" == kind[: len(type_group(kind)) + 1]
    assert media_type(kind, "") == kind
