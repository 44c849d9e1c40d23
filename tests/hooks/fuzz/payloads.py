"""Payloads for an incoming webhook: messages, Slack's blocks and attachments, and what services send."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.hooks.fuzz.odd import bent, text, tree
from tests.hooks.fuzz.slack_parts import attachment, block

import hookroom

TEMPLATES: Final = Path(hookroom.__file__).parent / "templates"
EXAMPLES: Final = Path(__file__).parents[3] / "docs" / "examples" / "payloads"

KEYS: Final = (
    *(
        "text",
        "msg",
        "alias",
        "username",
        "emoji",
        "icon_emoji",
        "avatar",
        "icon_url",
        "attachments",
        "blocks",
    ),
    *("parseUrls", "groupable", "tmid", "thread_ts", "customFields", "channel", "roomId", "separateResponse"),
    *(
        "mrkdwn",
        "unfurl_links",
        "response_type",
        "_id",
        "rid",
        "u",
        "bot",
        "ts",
        "t",
        "payload",
        "id",
        "event_id",
    ),
    *("action", "event", "__proto__", "error", "content", "response", "user", "reports", "mentions", "urls"),
)


@cache
def fixtures(template: str) -> tuple[dict[str, Any], ...]:
    """The requests of a template's fixtures: ``headers``, ``body`` or ``raw``, ``query``."""
    found = sorted((TEMPLATES / template / "fixtures").glob("*.json"))
    return tuple(json.loads(path.read_text())["request"] for path in found)


@cache
def templates() -> tuple[str, ...]:
    """The names of all templates."""
    return tuple(sorted(path.parent.name for path in TEMPLATES.glob("*/template.json")))


@cache
def _services() -> tuple[Any, ...]:
    bodies = [one["body"] for name in templates() for one in fixtures(name) if "body" in one]
    return (*bodies, *(json.loads(path.read_text()) for path in sorted(EXAMPLES.glob("*.json"))))


def payload(random: Random, names: tuple[str, ...]) -> Any:
    """Something to post. ``names`` are destinations and ids that a sender might name."""
    kind = random.random()
    if kind < 0.25:
        return {"text": text(random) if random.random() < 0.5 else "hello"}
    if kind < 0.5:
        made = _message(random, names)
    elif kind < 0.65:
        made = {
            "blocks": [block(random) for _ in range(random.randrange(1, 4))],
            "text": random.choice(("", "fallback")),
        }
    elif kind < 0.8:
        made = {"attachments": [attachment(random) for _ in range(random.randrange(1, 4))]}
    elif kind < 0.95:
        made = random.choice(_services())
    else:
        return tree(random)
    return bent(made, random, random.randrange(1, 4)) if random.random() < 0.6 else made


def _message(random: Random, names: tuple[str, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {"text": "hello " + text(random)[:50]}
    for key in random.sample(KEYS, random.randrange(6)):
        made[key] = tree(random, 2)
    if random.random() < 0.3:
        key = random.choice(("channel", "roomId", "tmid", "text", "rid", "thread_ts"))
        made[key] = random.choice(names)
        if key == "channel" and random.random() < 0.3:
            made[key] = random.choices(names, k=random.randrange(5))
    if random.random() < 0.1:
        made["separateResponse"] = random.choice((True, "true", 1, "often"))
    return made
