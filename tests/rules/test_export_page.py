"""Messages as exports show them: nothing that people wrote becomes HTML, and nobody is named who is hidden."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.export_page import asset_name, json_line, page_head, paragraph, said
from hookroom.rules.model import Message, UserRef

AT = "2026-01-02T03:04:05.678Z"
OURS = {"p", "strong", "time", "i", "a", "b", "blockquote"}


def message(text: str, **fields: Any) -> Message:
    values: dict[str, Any] = {"user": UserRef(id="ann1", username="ann"), **fields}
    return Message(id="m1", room_id="r1", text=text, created_at=AT, updated_at=AT, **values)


class Seen(HTMLParser):
    """The tags of a page, the values of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.values: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


hostile = st.text("<>&\"'/= abscriptonerrorjavascript:\n", max_size=30)


@given(hostile, hostile, hostile, hostile)
def test_what_people_wrote_stays_text(text: str, alias: str, title: str, link: str) -> None:
    attachment = {"title": title, "text": text, "title_link": link, "fields": [{"title": alias, "value": 1}]}
    files = [{"_id": "f1", "name": title}, {"_id": "f2", "name": alias}]
    seen = Seen(
        paragraph(
            message(text, alias=alias or None, attachments=[attachment], files=files),
            str,
            {"f1": asset_name("f1", title)},
        )
    )
    assert seen.tags <= OURS
    assert all(value == "noreferrer" or value.startswith("./assets/f1-") for value in seen.values)
    assert text in seen.text


def test_links_of_attachments_are_web_addresses() -> None:
    def links(link: str) -> list[str]:
        return Seen(paragraph(message("", attachments=[{"title": "t", "title_link": link}]), str, {})).values

    assert links("https://example.com/?a=1&b=2")[0] == "https://example.com/?a=1&b=2"
    for link in ("javascript:alert(1)", "data:image/png;base64,AA==", "/file-upload/x/y", "x"):
        assert links(link) == []


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("uj", "ann", "joined the channel"),
        ("au", "bob", "added User_2"),
        ("r", "bob's {0} room", "changed the name of the room to bob's {0} room"),
        ("something-new", "as it is", "as it is"),
        (None, "hi @bob, not @bobby, @bo: @bob.", "hi @User_2, not @bobby, @bo: @User_2."),
    ],
)
def test_what_is_said(kind: str | None, text: str, expected: str) -> None:
    known = {"bob": "User_2"}
    one = message(
        text, type=kind, mentions=[{"_id": "b", "username": "bob"}, {"_id": "all", "username": "all"}]
    )
    assert said(one, lambda name: known.get(name, name)) == expected


def test_a_line_of_json() -> None:
    quote = {"author_name": "ann", "text": "words", "message_link": "http://localhost/x", "actions": []}
    line = json_line(message("hi\nthere", thread_id="t1", attachments=[quote]), lambda name: f"*{name}*", {})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert msgspec.json.decode(line) == {
        "_id": "m1",
        "msg": "hi\nthere",
        "username": "*ann*",
        "ts": AT,
        "tmid": "t1",
        "attachments": [
            {
                "author_name": "*ann*",
                "text": "words",
                "message_link": "http://localhost/x",
                "url": "http://localhost/x",
                "remote": True,
            }
        ],
    }


def test_the_head_of_a_page_is_safe() -> None:
    assert "<h1>&lt;b&gt;</h1>" in page_head("<b>")
    assert "default-src 'none'" in page_head("")
    assert asset_name("f1", "../../a\x00b") == "assets/f1-ab"
