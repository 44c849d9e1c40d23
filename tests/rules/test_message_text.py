"""Lengths and links of texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.message_text import MAX_URLS, is_longer, length, urls_in


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("abc", 3), ("ä", 1), ("😀", 2), ("a😀b", 4), ("漢", 1)]
)
def test_length_counts_utf16_units(text: str, units: int) -> None:
    assert length(text) == units


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 60))
def test_length_and_limit_agree_with_the_encoding(text: str, limit: int) -> None:
    units = len(text.encode("utf-16-le")) // 2
    assert length(text) == units
    assert is_longer(text, limit) is (units > limit)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("nothing", []),
        ("http://x", ["http://x"]),
        (
            "see https://a.example/b?c=d#e, or http://f.example.",
            ["https://a.example/b?c=d#e", "http://f.example"],
        ),
        ("HTTPS://A.example", ["HTTPS://A.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/x_(y)", ["https://a.example/x_(y)"]),
        ("(see https://a.example/x_(y))", ["https://a.example/x_(y)"]),
        ("[title](https://a.example/x)", ["https://a.example/x"]),
        ("<https://a.example/x|title>", ["https://a.example/x"]),
        ("**https://a.example**", ["https://a.example"]),
        ("'https://a.example'!", ["https://a.example"]),
        ("`https://a.example`", []),
        ("```\nhttps://a.example\n``` https://b.example", ["https://b.example"]),
        ("ftp://a.example javascript://x", []),
        ("http:// https://...", []),
        ("https://[::1]/x", ["https://[::1]/x"]),
    ],
)
def test_links_of_a_text(text: str, links: list[str]) -> None:
    assert urls_in(text) == [{"url": link, "meta": {}} for link in links]


def test_only_some_links_are_previewed() -> None:
    assert urls_in("http://a http://b", ["http://b"]) == [
        {"url": "http://a", "meta": {}, "ignoreParse": True},
        {"url": "http://b", "meta": {}},
    ]


def test_links_are_bounded() -> None:
    assert len(urls_in(" ".join(f"http://x/{i}" for i in range(1000)))) == MAX_URLS


@given(st.text(max_size=200), st.text(alphabet="ht:/ps`'()[]. xä", max_size=40))
def test_every_link_is_a_part_of_the_text(before: str, after: str) -> None:
    text = f"{before} http://{after}"
    for one in urls_in(text):
        assert one["url"].lower().startswith(("http://", "https://"))
        assert one["url"] in text


@pytest.mark.parametrize(
    "text",
    ["`" * 300_000, "https://" + ")" * 300_000, "```" * 100_000 + "https://", "a`" * 150_000 + "https://x"],
)
def test_hostile_texts_cost_little(text: str) -> None:
    began = time.process_time()
    urls_in(text + " https://a.example")
    assert time.process_time() - began < 2
