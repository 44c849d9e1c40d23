"""Checking a message's attachments."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.errors import Failure
from hookroom.rules.attachments import FIELD_INCOMPLETE, MAX_DEPTH, NOT_A_LIST, read_attachments

FULL: dict[str, Any] = {
    "color": "#ff0000",
    "text": "Yay!",
    "pretext": "before",
    "ts": "2016-12-09T16:53:06.761Z",
    "thumb_url": "http://a.example/logo.png",
    "message_link": "https://a.example",
    "collapsed": False,
    "author_name": "Ann",
    "author_link": "https://a.example/",
    "author_icon": "https://a.example/ann.png",
    "title": "Example",
    "title_link": "/file-upload/abc/x.txt",
    "title_link_download": True,
    "image_url": "data:image/png;base64,AA==",
    "audio_url": "http://a.example/horse.mp3",
    "video_url": "http://a.example/movie.mp4",
    "image_dimensions": {"width": 1, "height": 2},
    "image_size": 12,
    "fields": [{"title": "Test", "value": "ok", "short": True}],
    "actions": [{"type": "button", "text": "Go", "url": "https://a.example", "msg_in_chat_window": True}],
    "fallback": "what other clients show",
    "footer_icon": "https://a.example/f.png",
    "blocks": [{"type": "section"}],
}
LINK_KEYS = [
    *("thumb_url", "message_link", "author_link", "author_icon", "title_link"),
    *("image_url", "audio_url", "video_url"),
]


def read_one(attachment: Any) -> dict[str, Any]:
    (read,), warnings = read_attachments([attachment])
    assert warnings == ()
    return read


def refusal(attachment: Any) -> str:
    with pytest.raises(Failure) as caught:
        read_attachments([attachment])
    assert caught.value.status == 400
    assert "errorType" not in caught.value.wire()
    return str(caught.value)


def test_a_full_attachment_stays_as_it_is() -> None:
    before = copy.deepcopy(FULL)
    assert read_one(FULL) == before
    assert before == FULL


@pytest.mark.parametrize("value", [None, [], "", 0, {}])
def test_none_at_all(value: Any) -> None:
    assert read_attachments(value) == ((), ())


@pytest.mark.parametrize("value", [{"text": "hi"}, "hi", 5, True])
def test_no_list_is_ignored_with_a_warning(value: Any) -> None:
    assert read_attachments(value) == ((), (NOT_A_LIST,))


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        ({"text": 5, "title": True, "ts": 17}, {"text": "5", "title": "true", "ts": 17}),
        ({"text": None, "collapsed": "true", "title_link_download": ""}, {"collapsed": True}),
        ({"title_link": " ", "image_url": ""}, {}),
        ({"image_url": " https://a.example/x.png\n"}, {"image_url": "https://a.example/x.png"}),
        ({"msg": " hi "}, {"text": "hi"}),
        ({"msg": "hi", "text": ""}, {"text": "hi"}),
        ({"msg": "hi", "text": "first"}, {"text": "first"}),
        ({"msg": None}, {}),
        ({"fields": [], "actions": None}, {"fields": []}),
        (
            {"actions": [{"url": "", "is_webview": "false", "text": 1, "other": [2], "msg": None}]},
            {"actions": [{"is_webview": False, "text": "1", "other": [2]}]},
        ),
    ],
)
def test_values_are_read_leniently(given_: dict[str, Any], read: dict[str, Any]) -> None:
    assert read_one(given_) == read


@pytest.mark.parametrize("key", LINK_KEYS)
@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://a.example", "/avatar/ann", "nowhere"])
def test_links_are_checked(key: str, link: str) -> None:
    assert refusal({key: link}) == f"Invalid href value provided (attachments[0].{key})"


def test_links_of_actions_and_quotes_are_checked() -> None:
    bad = "JAVASCRIPT:alert(1)"
    assert "actions[0].url)" in refusal({"actions": [{"url": bad}]})
    assert "actions[0].image_url)" in refusal({"actions": [{"image_url": bad}]})
    assert "attachments[0].attachments[1].title_link)" in refusal({"attachments": [{}, {"title_link": bad}]})


def test_links_in_unknown_keys_are_left_out() -> None:
    read, warnings = read_attachments(
        [{"footer_icon": "javascript:x", "href": "data:text/html,x", "text": "hi"}]
    )
    assert read == ({"text": "hi"},)
    assert len(warnings) == 2
    assert "javascript" not in "".join(warnings)


@pytest.mark.parametrize("value", ["x", 5, 0, 0.0, True, False])
def test_field_values(value: Any) -> None:
    field = {"title": "Count", "value": value, "more": 1}
    assert read_one({"fields": [field]}) == {"fields": [field]}


@pytest.mark.parametrize(
    "field",
    [
        {},
        {"title": "a"},
        {"value": "b"},
        {"title": "", "value": "b"},
        {"title": "a", "value": ""},
        {"title": None, "value": "b"},
        {"title": "a", "value": None},
    ],
)
def test_a_field_needs_title_and_value(field: dict[str, Any]) -> None:
    assert refusal({"fields": [field]}) == FIELD_INCOMPLETE
    assert FIELD_INCOMPLETE == "Invalid attachment field, title and value is required"


@pytest.mark.parametrize(("short", "read"), [("true", True), (0, False), (True, True)])
def test_short_is_a_flag(short: Any, read: bool) -> None:
    field = {"title": "a", "value": "b"}
    assert read_one({"fields": [{**field, "short": short}]}) == {"fields": [{**field, "short": read}]}
    assert read_one({"fields": [{**field, "short": None}]}) == {"fields": [field]}


@pytest.mark.parametrize(
    ("attachment", "reason"),
    [
        ("hi", "attachments[0] must be an object"),
        (None, "attachments[0] must be an object"),
        ({"text": {}}, "attachments[0].text must be a string, not an object"),
        ({"msg": []}, "attachments[0].msg must be a string, not an array"),
        ({"ts": []}, "attachments[0].ts must be a string or a number"),
        ({"collapsed": "perhaps"}, "attachments[0].collapsed must be true or false"),
        ({"image_size": "12"}, "attachments[0].image_size must be a number"),
        ({"image_dimensions": [1, 2]}, "attachments[0].image_dimensions must be an object"),
        ({"fields": {}}, "attachments[0].fields must be a list"),
        ({"fields": ["x"]}, "attachments[0].fields[0] must be an object"),
        (
            {"fields": [{"title": "a", "value": {}}]},
            "attachments[0].fields[0].value must be a string, a number or a boolean",
        ),
        ({"actions": "x"}, "attachments[0].actions must be a list"),
        ({"actions": [1]}, "attachments[0].actions[0] must be an object"),
    ],
)
def test_wrong_types_are_refused_by_place(attachment: Any, reason: str) -> None:
    assert refusal(attachment) == reason


def test_quotes_are_bounded() -> None:
    def nested(depth: int) -> dict[str, Any]:
        return {"attachments": [nested(depth - 1)]} if depth > 1 else {"text": "innermost"}

    assert read_one(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    assert "levels deep" in refusal(nested(MAX_DEPTH + 1))
    read, warnings = read_attachments([{"attachments": "x", "text": "hi"}])
    assert (read, len(warnings)) == (({"text": "hi"},), 1)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from([*FULL, "msg", "attachments", "url"]) | st.text(max_size=5)


@given(st.lists(st.dictionaries(keys, json_values, max_size=5) | json_values, max_size=3))
def test_arbitrary_attachments_are_read_or_refused(value: list[Any]) -> None:
    before = copy.deepcopy(value)
    try:
        read, _ = read_attachments(value)
    except Failure:
        return
    finally:
        assert value == before
    assert read_attachments(list(read))[0] == read
    assert all("msg" not in attachment for attachment in read)
    msgspec.json.encode(read)
