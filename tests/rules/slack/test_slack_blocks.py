"""Block Kit's blocks and elements, each with the message that it becomes."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.slack.blocks import MAX_BLOCKS, render

A = "https://a.example/x"
PICTURE = "https://a.example/p.png"
LEVELS: Any = {"type": "section", "text": {"type": "mrkdwn", "text": "deep"}}
for _ in range(60):
    LEVELS = {"type": "container", "blocks": [LEVELS]}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), **more}


def picture(**more: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": PICTURE, "alt_text": "a graph", **more}


def text(value: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"style": style} if style else {})}


def section(*elements: Any) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def rich(*elements: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def listed(*items: str, **more: Any) -> dict[str, Any]:
    return {"type": "rich_text_list", "elements": [section(text(item)) for item in items], **more}


LINK = {"type": "link", "url": A, "text": "the page"}


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ({"type": "header", "text": plain("Deployed :rocket:")}, "*Deployed :rocket:*"),
        ({"type": "header", "text": plain("2 * 3")}, "2 * 3"),
        ({"type": "section", "text": mrkdwn(f"*Hi* <{A}|the page>")}, f"*Hi* [the page]({A})"),
        ({"type": "section", "text": plain("a <b> &amp;")}, "a <b> &amp;"),
        ({"type": "section", "text": "no object"}, "no object"),
        (
            {"type": "section", "text": mrkdwn("Top"), "fields": [mrkdwn("*Prio:*\nHigh"), plain("x\ny")]},
            "Top\n*Prio:* High\nx\ny",
        ),
        ({"type": "section", "text": mrkdwn("a"), "accessory": button("Open", url=A)}, f"a\n[Open]({A})"),
        ({"type": "context", "elements": [mrkdwn("by *ann*"), plain("now")]}, "by *ann* · now"),
        ({"type": "context", "elements": [picture()]}, "a graph"),
        ({"type": "actions", "elements": [button("Open", url=f"{A}_(1)")]}, f"[Open]({A}_%281%29)"),
        (
            {
                "type": "actions",
                "elements": [
                    {"type": "overflow", "options": [{"text": plain("Docs"), "url": A}]},
                    button("Go", url=A),
                ],
            },
            f"[Docs]({A}) · [Go]({A})",
        ),
        ({"type": "markdown", "text": f"**b** [x]({A}) [y](/z)"}, f"**b** [x]({A}) [y](/z)"),
        ({"type": "markdown", "text": "[x](javascript:y) [z]( Data:q)"}, "[x] (javascript:y) [z] ( Data:q)"),
        (
            {
                "type": "table",
                "column_settings": [None, {"align": "right"}],
                "rows": [
                    [{"type": "raw_text", "text": "Host"}, {"type": "raw_text", "text": "Load"}],
                    [rich(section(LINK)), {"type": "raw_number", "value": 5}],
                ],
            },
            f"```\nHost{' ' * 28}Load\nthe page ({A})     5\n```",
        ),
        (
            {"type": "data_table", "caption": "Hosts", "rows": [[{"type": "raw_text", "text": "a"}]]},
            "*Hosts*\n\n```\na\n```",
        ),
        # Rich text.
        (rich(section(text("Hi "), {"type": "user", "user_id": "U1ABC"}, text("!"))), "Hi @U1ABC!"),
        (
            rich(
                section({"type": "channel", "channel_id": "C1"}, {"type": "usergroup", "usergroup_id": "S1"})
            ),
            "#C1 @S1",
        ),
        (rich(section(text("a"), {"type": "broadcast", "range": "here"}, text("b"))), "a @here b"),
        (rich(section({"type": "broadcast", "range": "channel"})), "@all"),
        (rich(section({"type": "broadcast", "range": "everyone"})), "@all"),
        (rich(section(LINK, {"type": "link", "url": A})), f"[the page]({A})[{A}]({A})"),
        (rich(section({"type": "link", "url": A})), A),
        (rich(section({"type": "link", "url": "javascript:x", "text": "y"})), "y (javascript:x)"),
        (rich(section({**LINK, "style": {"bold": True}})), f"*[the page]({A})*"),
        (rich(section(text("b ", bold=True), text("i", italic=True), text("s", strike=True))), "*b* _i_~s~"),
        (rich(section(text("all", bold=True, italic=True, strike=True))), "*_~all~_*"),
        (rich(section(text("a\nb", bold=True))), "*a*\n*b*"),
        (rich(section(text("2*3", bold=True), text(" ", bold=True))), "2*3 "),
        (rich(section(text("x`y", code=True, bold=True))), "*`x'y`*"),
        (rich(section({"type": "emoji", "name": "wave"})), ":wave:"),
        (rich(section({"type": "emoji", "name": "wave", "skin_tone": 3})), ":wave_tone2:"),
        (rich(section({"type": "emoji", "name": "wave::skin-tone-3"})), ":wave_tone2:"),
        (rich(section({"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fd"})), "👋🏽"),
        (rich(section({"type": "emoji", "name": "wave", "unicode": "d800"})), ":wave:"),
        (
            rich(section({"type": "date", "timestamp": 1720710212, "format": "{date}", "fallback": "July"})),
            "July",
        ),
        (
            rich(section({"type": "date", "timestamp": 1720710212, "format": "{date}"})),
            "2024-07-11 15:03 UTC",
        ),
        (rich(section({"type": "date", "timestamp": 1, "url": A, "fallback": "then"})), f"[then]({A})"),
        (rich(section({"type": "color", "value": "#F405B3"})), "`#F405B3`"),
        (rich(listed("a", "b")), "- a\n- b"),
        (rich(listed("a", "b", style="ordered", offset=4)), "5. a\n6. b"),
        (
            rich(
                listed("a", style="ordered"), listed("n\nm", indent=1), listed("b", style="ordered", offset=1)
            ),
            "1. a\n    - n\n        m\n2. b",
        ),
        (rich({"type": "rich_text_list", "elements": [section(text("a")), listed("b")]}), "- a\n    - b"),
        (rich(listed("a"), section(text("then"))), "- a\n\nthen"),
        (rich(section(text("so:\n")), listed("a")), "so:\n- a"),
        (rich({"type": "rich_text_quote", "elements": [text("a\nb")]}, section(text("c"))), "> a\n> b\n\nc"),
        (rich({"type": "rich_text_preformatted", "elements": [text("x\n```")]}), "```\nx\n'''\n```"),
        (
            rich({"type": "rich_text_preformatted", "language": "sql", "elements": [text("x")]}),
            "```sql\nx\n```",
        ),
    ],
)
def test_blocks_that_are_text(block: dict[str, Any], shown: str) -> None:
    rendered = render([block])
    assert (rendered.text.strip(" "), rendered.attachments, rendered.warnings) == (shown.strip(" "), (), ())


@pytest.mark.parametrize(
    ("block", "shown", "attachments"),
    [
        (picture(), "", ({"title": "a graph", "image_url": PICTURE},)),
        (picture(title=plain("Load")), "", ({"title": "Load", "image_url": PICTURE},)),
        ({"type": "image", "slack_file": {"url": PICTURE}}, "", ({"image_url": PICTURE},)),
        (
            {"type": "section", "text": mrkdwn("a"), "accessory": picture()},
            "a",
            ({"title": "a graph", "image_url": PICTURE},),
        ),
        (
            {
                "type": "video",
                "title": plain("Film"),
                "title_url": A,
                "video_url": "https://a.example/embed",
                "thumbnail_url": PICTURE,
                "description": plain("About"),
                "author_name": "Ann",
                "provider_name": "Tube",
            },
            "",
            (
                {
                    "title": "Film",
                    "title_link": A,
                    "text": "About",
                    "author_name": "Ann · Tube",
                    "image_url": PICTURE,
                },
            ),
        ),
    ],
)
def test_blocks_that_are_attachments(block: Any, shown: str, attachments: Any) -> None:
    rendered = render([block])
    assert (rendered.text, rendered.attachments, rendered.warnings) == (shown, attachments, ())


@pytest.mark.parametrize(
    ("block", "shown", "warning"),
    [
        ({"type": "input", "label": plain("Name")}, "", "a block is not shown: input"),
        ({"type": "file", "external_id": "x"}, "", "a block is not shown: file"),
        ({"type": "actions", "elements": [button("Approve")]}, "Approve", "a button is shown as text"),
        (
            {"type": "actions", "elements": [button("x", url="javascript:y")]},
            "x",
            "a button is shown as text",
        ),
        ({"type": "actions", "elements": [{"type": "datepicker"}]}, "", "is not shown: datepicker"),
        (
            {"type": "actions", "elements": [{"type": "overflow", "options": [{"text": plain("x")}]}]},
            "",
            "overflow menu",
        ),
        ({"type": "context", "elements": [picture(), plain("x")]}, "x", "a picture in a context block"),
        (
            {"type": "image", "image_url": "javascript:x", "alt_text": "graph"},
            "graph",
            "a picture is not shown",
        ),
        (
            {"type": "image", "image_url": "data:image/png;base64,AA==", "alt_text": "g"},
            "g",
            "a picture is not shown",
        ),
        (rich({"type": "rich_text_dance"}), "", "element of a rich_text block is not shown: rich_text_dance"),
        (rich(section({"type": "dance"})), "", "element of a rich_text block is not shown: dance"),
        ({"type": "alert", "text": mrkdwn("Down!")}, "Down!", "shown by its texts: alert"),
        (
            {"type": "card", "title": plain("T"), "body": mrkdwn("b"), "actions": [button("Go", url=A)]},
            f"*T*\n\nb\n\n[Go]({A})",
            "shown by its texts: card",
        ),
        ({"text": mrkdwn("x")}, "x", "shown by its texts: unknown"),
        ({"type": "a\nb <script>"}, "", "shown by its texts: unknown"),
        (LEVELS, "", "more than 3 levels deep"),
        ("x", "", "it is not an object"),
        ({"type": "table", "rows": [["x"] * 21] * 102 + [[{"text": "y"}]]}, "", "up to 101 rows"),
    ],
)
def test_what_is_left_out_is_told(block: Any, shown: str, warning: str) -> None:
    rendered = render([block])
    assert (rendered.text, rendered.attachments) == (shown, ())
    assert any(warning in one for one in rendered.warnings)


def test_blocks_in_order() -> None:
    divider = {"type": "divider"}
    rendered = render(
        [
            *(divider, {"type": "header", "text": plain("H")}, divider, divider, picture(), divider),
            *({"type": "section", "text": mrkdwn("a")}, picture(), divider),
        ]
    )
    assert rendered.text == "*H*\n\n---\n\na"
    assert len(rendered.attachments) == 2


def test_many_blocks() -> None:
    rendered = render([{"type": "section", "text": mrkdwn(f"line {i}")} for i in range(MAX_BLOCKS + 7)])
    assert rendered.text.endswith(f"line {MAX_BLOCKS - 1}\n\n… 7 more blocks")
    assert rendered.warnings == (f"only the first {MAX_BLOCKS} blocks are shown",)


@pytest.mark.parametrize("blocks", [None, {}, 5, "x", {"type": "section"}])
def test_no_list(blocks: Any) -> None:
    assert render(blocks).warnings == ("blocks should be a list, ignoring the value",)
    assert not render(blocks).shows


KINDS = [
    *(
        "header",
        "section",
        "context",
        "divider",
        "image",
        "video",
        "markdown",
        "rich_text",
        "actions",
        "table",
    ),
    *(
        "data_table",
        "input",
        "container",
        "button",
        "overflow",
        "mrkdwn",
        "plain_text",
        "text",
        "link",
        "user",
    ),
    *("channel", "usergroup", "broadcast", "emoji", "date", "color", "rich_text_section", "rich_text_list"),
    *("rich_text_quote", "rich_text_preformatted", "raw_text"),
]
KEYS = [
    *(
        "type",
        "text",
        "fields",
        "accessory",
        "elements",
        "image_url",
        "slack_file",
        "alt_text",
        "title",
        "url",
    ),
    *(
        "rows",
        "style",
        "indent",
        "offset",
        "unicode",
        "name",
        "skin_tone",
        "timestamp",
        "fallback",
        "range",
        "value",
    ),
    *(
        "options",
        "column_settings",
        "blocks",
        "user_id",
        "description",
        "video_url",
        "thumbnail_url",
        "caption",
    ),
]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [*KINDS, A, "javascript:x", "<!here>", "<https://a.example|x>", "```", "1f44b", "ordered", ""]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
        | st.builds(
            lambda kind, rest: {**rest, "type": kind},
            st.sampled_from(KINDS),
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
        )
    ),
    max_leaves=25,
)


@given(st.lists(json_values, max_size=5) | json_values)
def test_whatever_comes(blocks: Any) -> None:
    rendered = render(blocks)
    given_ = len(repr(blocks))
    assert len(rendered.text) <= 60 * given_ + 1000
    for attachment in rendered.attachments:
        for key, value in attachment.items():
            assert isinstance(value, str)
            if key.endswith(("_url", "_link")):
                assert value.startswith("https://")
    assert all(re.match("https?://|mailto:", url, re.I) for url in re.findall(r"\]\(([^)]*)", rendered.text))
    assert all("\n" not in one and len(one) < 200 for one in rendered.warnings)
    msgspec.json.encode(rendered)
