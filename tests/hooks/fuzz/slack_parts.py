"""Attachments and blocks as Slack's senders make them, each value mostly of its own type."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from tests.hooks.fuzz.odd import scalar, text, tree

LINKS: Final = (
    "https://x.example/a",
    "http://x.example/?a=1&b=%20",
    "/file-upload/x/y.png",
    "data:image/png;base64,AA==",
)


def attachment(random: Random, depth: int = 3) -> dict[str, Any]:
    """One of ours or Slack's, each value mostly of its own type."""
    made: dict[str, Any] = {}
    for key in random.sample(ATTACHMENT, random.randrange(1, 8)):
        if random.random() < 0.15:
            made[key] = tree(random, 2)
        elif key == "fields":
            made[key] = [{"title": text(random), "value": scalar(random), "short": True} for _ in range(2)]
        elif key == "actions":
            made[key] = [element(random) for _ in range(random.randrange(3))]
        elif key in ("attachments", "blocks"):
            inner = attachment if key == "attachments" else block
            made[key] = [inner(random, depth - 1)] if depth else []
        elif key.endswith(("_url", "_link", "_icon")):
            made[key] = random.choice(LINKS) if random.random() < 0.7 else text(random)
        else:
            made[key] = scalar(random)
    return made


ATTACHMENT: Final = (
    *(
        "color",
        "text",
        "msg",
        "pretext",
        "ts",
        "thumb_url",
        "message_link",
        "collapsed",
        "author_name",
        "fields",
    ),
    *("author_link", "author_icon", "title", "title_link", "title_link_download", "image_url", "audio_url"),
    *(
        "video_url",
        "actions",
        "attachments",
        "blocks",
        "fallback",
        "footer",
        "footer_icon",
        "mrkdwn_in",
        "id",
    ),
    *(
        "callback_id",
        "attachment_type",
        "image_dimensions",
        "image_size",
        "my_link",
        "url",
        "href",
        "unknown",
    ),
)

BLOCKS: Final = (
    "section",
    "header",
    "divider",
    "context",
    "image",
    "actions",
    "rich_text",
    "video",
    "file",
    "markdown",
)
ELEMENTS: Final = (
    *(
        "button",
        "overflow",
        "static_select",
        "image",
        "plain_text",
        "mrkdwn",
        "rich_text_section",
        "rich_text_list",
    ),
    *(
        "rich_text_preformatted",
        "rich_text_quote",
        "text",
        "link",
        "user",
        "channel",
        "usergroup",
        "broadcast",
    ),
    *("emoji", "date", "color", "team", "checkboxes", "datepicker", "odd"),
)


def block(random: Random, depth: int = 3) -> dict[str, Any]:
    """A block of Slack's Block Kit."""
    made: dict[str, Any] = {"type": random.choice(BLOCKS), "text": _text(random)}
    many = range(random.randrange(4))
    parts = {
        "fields": [_text(random) for _ in many],
        "elements": [element(random, depth) for _ in many],
        "accessory": element(random, depth),
        "image_url": random.choice(LINKS),
        "alt_text": text(random),
        "title": _text(random),
    }
    return made | {key: value for key, value in parts.items() if random.random() < 0.4}


def element(random: Random, depth: int = 3) -> dict[str, Any]:
    """What may be in a block, or a button of an attachment."""
    made: dict[str, Any] = {"type": random.choice(ELEMENTS)}
    for key in random.sample(PARTS, random.randrange(4)):
        made[key] = _part(key, random, depth)
    return made


def _part(key: str, random: Random, depth: int) -> Any:
    if key in ("elements", "options") and depth and random.random() < 0.8:
        return [element(random, depth - 1) for _ in range(random.randrange(3))]
    if key == "text":
        return _text(random)
    return random.choice(LINKS) if key.endswith("url") else tree(random, 1)


PARTS: Final = (
    *(
        "text",
        "url",
        "image_url",
        "alt_text",
        "elements",
        "options",
        "style",
        "name",
        "value",
        "user_id",
        "range",
    ),
    *(
        "channel_id",
        "unicode",
        "timestamp",
        "format",
        "fallback",
        "indent",
        "border",
        "offset",
        "msg",
        "action_id",
    ),
)


def _text(random: Random) -> Any:
    if random.random() < 0.2:
        return scalar(random)
    return {"type": random.choice(("plain_text", "mrkdwn", "odd")), "text": text(random)}
