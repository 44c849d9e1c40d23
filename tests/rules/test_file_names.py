"""Names of uploaded files."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hookroom.rules.file_names import MAX_BYTES, NAMELESS, clean_name


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("Screenshot 2024-10-15 at 10.17.39.png", "Screenshot 2024-10-15 at 10.17.39.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\photo.jpg", "photo.jpg"),
        ("a/", NAMELESS),
        ("", NAMELESS),
        ("..", NAMELESS),
        (" . ", NAMELESS),
        (".env", "env"),
        ("nul\0in.txt", "nulin.txt"),
        ("two\r\nlines.txt", "two lines.txt"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("zero\u200bwidth.txt", "zerowidth.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("half\ud800.txt", "half.txt"),
        ('quo"ted.txt', 'quo"ted.txt'),
        ("long" * 100 + ".pdf", ("long" * 100)[: MAX_BYTES - 4] + ".pdf"),
        ("é" * 200 + ".pdf", "é" * 125 + ".pdf"),
        ("a." + "b" * 300, "a." + "b" * (MAX_BYTES - 2)),
    ],
)
def test_a_name_is_cleaned(given_name: str, cleaned: str) -> None:
    assert clean_name(given_name) == cleaned


@given(st.text())
@example("x" * 254 + " .pdf")
@example("x" * 252 + ". " + "y" * 40)
def test_what_is_clean_is_harmless_and_stays(name: str) -> None:
    cleaned = clean_name(name)
    assert clean_name(cleaned) == cleaned
    assert 0 < len(cleaned.encode()) <= MAX_BYTES
    assert not set(cleaned) & set("/\\\r\n\0")
    assert cleaned.strip(" .") == cleaned
    assert all(unicodedata.category(one)[0] != "C" for one in cleaned)
