"""Payloads that are made for Slack, as the messages that they become."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.slack.test_slack_blocks import json_values

from hookroom.errors import Failure
from hookroom.rules.hook_message import Defaults, draft
from hookroom.rules.slack.payload import (
    NOT_A_THREAD,
    SHOWN_TO_ALL,
    TEXT_NOT_SHOWN,
    is_slack,
    translated,
)

SLACK = Defaults(slack=True)
A = "https://a.example/x"
PICTURE = "https://a.example/p.png"
IMAGE = {"type": "image", "image_url": PICTURE, "alt_text": "graph"}
OTHER = {**IMAGE, "image_url": "https://a.example/q.png", "alt_text": "other"}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("payload", "field", "value"),
    [
        ({"text": f"<{A}|x> &amp; y"}, "text", f"[x]({A}) & y"),
        ({"text": f"<{A}|x>", "mrkdwn": False}, "text", f"<{A}|x>"),
        ({"text": f"<{A}|x>", "mrkdwn": True}, "text", f"[x]({A})"),
        ({"msg": f"<{A}|x>"}, "text", f"<{A}|x>"),
        ({"text": "<b>x</b>"}, "text", "<b>x</b>"),
        # Blocks and text.
        ({"text": "hi", "blocks": [section("hello <!here>")]}, "text", "hello @here"),
        ({"text": "hi", "blocks": [section("hello")]}, "warnings", (TEXT_NOT_SHOWN,)),
        ({"text": "Hello, ann!", "blocks": [section("*Ann* said hello")]}, "warnings", ()),
        ({"msg": "hi", "blocks": [section("hello")]}, "text", "hello"),
        ({"text": "hi <!here>", "blocks": []}, "text", "hi @here"),
        ({"text": "hi", "blocks": [{"type": "divider"}]}, "text", "hi"),
        ({"text": "hi", "blocks": "x"}, "text", "hi"),
        ({"text": "hi", "blocks": "x"}, "warnings", ("blocks should be a list, ignoring the value",)),
        ({"blocks": json.dumps([section("in a form")])}, "text", "in a form"),
        ({"text": {"no": "text"}, "blocks": [section("hello")]}, "text", "hello"),
        ({"text": "hi", "blocks": [IMAGE]}, "attachments", ({"title": "graph", "image_url": PICTURE},)),
        ({"text": "hi", "blocks": [IMAGE]}, "text", ""),
        (
            {"blocks": [section("a"), IMAGE], "attachments": [{"text": "b"}]},
            "attachments",
            ({"title": "graph", "image_url": PICTURE}, {"text": "b"}),
        ),
        # Threads.
        ({"text": "a", "thread_ts": "A" * 17}, "thread_id", "A" * 17),
        ({"text": "a", "thread_ts": "A" * 17, "tmid": "b"}, "thread_id", "b"),
        ({"text": "a", "thread_ts": "1503435956.000247"}, "thread_id", None),
        ({"text": "a", "thread_ts": "1503435956.000247"}, "warnings", (NOT_A_THREAD,)),
        ({"text": "a", "thread_ts": 5}, "warnings", (NOT_A_THREAD,)),
        ({"text": "a", "thread_ts": ""}, "warnings", ()),
        # Previews.
        ({"text": "a", "unfurl_links": False}, "parse_urls", False),
        ({"text": "a", "unfurl_links": True, "unfurl_media": False}, "parse_urls", True),
        ({"text": "a", "unfurl_media": False}, "parse_urls", False),
        ({"text": "a", "unfurl_links": False, "parseUrls": True}, "parse_urls", True),
        ({"text": "a", "unfurl_links": "x"}, "parse_urls", True),
        # The rest.
        ({"text": "a", "response_type": "ephemeral"}, "warnings", (SHOWN_TO_ALL,)),
        ({"text": "a", "response_type": "in_channel", "link_names": 1, "parse": "full"}, "warnings", ()),
        ({"text": "a", "icon_emoji": ":ghost:", "username": "Boo"}, "emoji", ":ghost:"),
        ({"attachments": json.dumps([{"text": "x"}])}, "attachments", ({"text": "x"},)),
    ],
)
def test_payloads(payload: dict[str, Any], field: str, value: Any) -> None:
    before = copy.deepcopy(payload)
    assert getattr(draft(payload, SLACK), field) == value
    assert payload == before


@pytest.mark.parametrize(
    ("attachment", "shown"),
    [
        ({"text": f"<{A}|x>", "pretext": "&lt;"}, [{"text": f"[x]({A})", "pretext": "<"}]),
        ({"title": f"<{A}|x>", "author_name": "A &amp; B"}, [{"title": f"x ({A})", "author_name": "A & B"}]),
        (
            {
                "fields": [
                    {"title": "A&amp;B", "value": f"<{A}|x>", "short": True},
                    {"title": "n", "value": 5},
                ]
            },
            [{"fields": [{"title": "A&B", "value": f"[x]({A})", "short": True}, {"title": "n", "value": 5}]}],
        ),
        ({"text": "x", "footer": f"by <{A}|y>"}, [{"text": f"x\n_by [y]({A})_"}]),
        ({"footer": "a_b", "footer_icon": PICTURE}, [{"text": "a_b", "footer_icon": PICTURE}]),
        ({"text": "x", "ts": 1481302386}, [{"text": "x", "ts": "2016-12-09T16:53:06.000Z"}]),
        ({"text": "x", "ts": "1481302386.5"}, [{"text": "x", "ts": "2016-12-09T16:53:06.500Z"}]),
        ({"text": "x", "ts": 1481302386000}, [{"text": "x", "ts": 1481302386000}]),
        ({"text": "x", "ts": "2016-12-09T16:53:06.761Z"}, [{"text": "x", "ts": "2016-12-09T16:53:06.761Z"}]),
        ({"fallback": f"see <{A}|x>"}, [{"text": f"see [x]({A})"}]),
        ({"fallback": "y", "text": "x"}, [{"fallback": "y", "text": "x"}]),
        ({"text": "x", "callback_id": "c", "attachment_type": "default"}, [{"text": "x"}]),
        (
            {"text": "x", "mrkdwn_in": ["text"], "color": "good"},
            [{"text": "x", "mrkdwn_in": ["text"], "color": "good"}],
        ),
        (
            {"actions": [{"type": "button", "text": "Go", "url": A, "style": "primary"}]},
            [{"actions": [{"type": "button", "text": "Go", "url": A, "style": "primary"}]}],
        ),
        (
            {
                "text": "x",
                "actions": [
                    {"type": "button", "name": "n", "value": "v", "text": "Yes"},
                    {"text": "Go", "url": A},
                ],
            },
            [{"text": "x\nYes", "actions": [{"text": "Go", "url": A}]}],
        ),
        ({"text": "x", "actions": [{"type": "select", "name": "n", "text": "Pick"}]}, [{"text": "x"}]),
        # Ours: a button that says something.
        (
            {"actions": [{"type": "button", "text": "Go", "msg": "/go"}]},
            [{"actions": [{"type": "button", "text": "Go", "msg": "/go"}]}],
        ),
        (
            {"color": "#f00", "blocks": [section("a")], "fallback": "f"},
            [{"color": "#f00", "fallback": "f", "text": "a"}],
        ),
        (
            {"color": "#f00", "blocks": [section("a"), IMAGE, OTHER]},
            [
                {"color": "#f00", "text": "a", "title": "graph", "image_url": PICTURE},
                {"color": "#f00", "title": "other", "image_url": "https://a.example/q.png"},
            ],
        ),
        ({"title": "T", "blocks": [IMAGE]}, [{"title": "T"}, {"title": "graph", "image_url": PICTURE}]),
        ({"blocks": [{"type": "divider"}], "text": "x"}, [{"text": "x"}]),
        ({"attachments": [{"text": "&amp;"}]}, [{"attachments": [{"text": "&"}]}]),
    ],
)
def test_attachments(attachment: dict[str, Any], shown: list[dict[str, Any]]) -> None:
    before = copy.deepcopy(attachment)
    message = draft({"attachments": [attachment]}, SLACK)
    assert list(message.attachments) == shown
    assert attachment == before


def test_links_of_attachments_are_refused_as_ever() -> None:
    with pytest.raises(Failure, match="Invalid href value provided"):
        draft({"attachments": [{"title_link": "javascript:x", "text": "<!here>"}]}, SLACK)
    with pytest.raises(Failure, match="title and value is required"):
        draft({"attachments": [{"fields": [{"title": "<!here>"}]}]}, SLACK)


def test_only_integrations_take_slacks() -> None:
    payload: dict[str, Any] = {
        "text": f"<{A}|x>",
        "blocks": [section("y")],
        "thread_ts": "A" * 17,
        "unfurl_links": False,
        "attachments": [{"text": "&amp;", "footer": "z", "ts": 1481302386}],
    }
    message = draft(payload)
    assert (message.text, message.thread_id, message.parse_urls) == (f"<{A}|x>", None, False)
    assert message.attachments == tuple(payload["attachments"])


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"text": "x"},
        {"text": 5},
        {"msg": "<!here>"},
        {"attachments": [{"text": "x", "title": "y"}]},
        {"attachments": {}},
    ],
)
def test_payloads_that_are_not_touched(payload: dict[str, Any]) -> None:
    assert not is_slack(payload)
    assert translated(payload)[0] is payload


KEYS = [
    *(
        "text",
        "blocks",
        "attachments",
        "thread_ts",
        "tmid",
        "unfurl_links",
        "response_type",
        "mrkdwn",
        "footer",
        "ts",
    ),
    *("fallback", "actions", "fields", "title", "url", "name", "type", "value"),
]
payloads = st.dictionaries(
    st.sampled_from(KEYS),
    json_values
    | st.lists(st.dictionaries(st.sampled_from(KEYS), json_values, max_size=6), max_size=3)
    | st.floats(allow_nan=False),
    max_size=6,
)


@given(payloads)
def test_whatever_comes(payload: dict[str, Any]) -> None:
    read, warnings = translated(payload)
    assert len(warnings) <= 20
    assert all("\n" not in one and len(one) < 200 for one in warnings)
    again, _ = translated(read)
    if isinstance(read.get("text"), str) and "&" not in read["text"] and "blocks" not in read:
        assert again.get("text") == read["text"] or "<" in read["text"]
    try:
        message = draft(payload, SLACK)
    except Failure:
        return
    msgspec.json.encode(message)
