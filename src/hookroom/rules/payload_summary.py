"""A readable message for a payload that has no text of its own.

Most services send their own JSON, not a chat message. Without a script that shapes it, the call must neither
vanish nor become an empty message (contract, section 3, row "body"): the room sees its headline fields and
the payload itself, bounded, which is also what somebody needs who is about to write the script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

HEADLINES: Final = (
    "title",
    "message",
    "summary",
    "subject",
    "description",
    "status",
    "state",
    "event",
    "event_type",
    "object_kind",
    "action",
    "ref",
)
"""Fields that tell most of a payload, in the order in which they are shown."""

MAX_HEADLINES: Final = 4
MAX_HEADLINE: Final = 300
MAX_PAYLOAD: Final = 1500
"""Characters of one headline field, and of the payload, that are shown."""

OWN_FIELDS: Final = frozenset(
    [
        "text",
        "msg",
        "username",
        "alias",
        "icon_emoji",
        "emoji",
        "icon_url",
        "avatar",
        "attachments",
        "parseUrls",
        "groupable",
        "tmid",
        "customFields",
        "channel",
        "roomId",
        "separateResponse",
        "bot",
    ]
)
"""What a chat message is made of: these say nothing about the event."""


def summary(payload: Mapping[str, Any]) -> str | None:
    """The text for ``payload``, ``None`` when there is nothing in it but fields of a chat message."""
    told = {name: value for name, value in payload.items() if name not in OWN_FIELDS}
    if not told:
        return None
    shown = [
        f"*{name}*: {_cut(' '.join(str(told[name]).split()), MAX_HEADLINE)}"
        for name in HEADLINES
        if isinstance(told.get(name), str | int | float) and str(told[name]).strip()
    ]
    document = _cut(json.dumps(told, ensure_ascii=False, indent=1), MAX_PAYLOAD)
    # A fence inside the payload must not end ours.
    document = document.replace("```", "'''")
    return "\n".join([*shown[:MAX_HEADLINES], f"```\n{document}\n```"])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
