"""Values that break programs: texts, numbers and trees, and payloads with one of them in some place."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any, Final

MARKS: Final = (
    rb"\x00 \ud800 \udfff \u200b \ufeff \u202e \u2800 \u3164 \x1b[31m \x7f \u2028 \xad \u0301 \u2060 \xa0"
    rb" \u180e \U0001f469\u200d\U0001f469 \U000e0041 \uffff \u115f"
).decode("unicode_escape")
TEXTS: Final = (
    *(
        "",
        " ",
        "\n\t",
        *MARKS.split(" "),
        MARKS,
        "text",
        "95 % größer ✓",
        "0",
        "-1",
        "true",
        "null",
        "[]",
        "{}",
    ),
    *("@all", "@here @admin", "#general", "<!here> <!channel> <!everyone>", "<@U024BE7LH>", "<#C024BE7LR|x>"),
    *(
        "<https://x.example/a|a>",
        "<https://x.example",
        "<|>",
        "<>",
        "&lt;&amp;&#0;&#x110000;",
        "`" * 50,
        "*" * 99,
    ),
    *(
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "data:text/html,<script>",
        "//x.example",
        "http://[::1",
    ),
    *(
        "http://[",
        "https://x.example:99999/",
        "http://\x00/",
        "file:///etc/passwd",
        "ftp://x",
        "https://é.example/",
    ),
    *(
        ":rocket:",
        "::",
        "__proto__",
        "constructor",
        "x" * 4999,
        "y" * 5001,
        "z" * 20_000,
        "é" * 3000,
        "'; DROP",
    ),
    *(
        "[a](javascript:x)",
        "[" * 300,
        "(" * 300,
        "> " * 200,
        "%00%ff",
        "\\u0000",
        '{"text": "inner"}',
        "<?xml?>",
    ),
    *("2026-01-01T00:00:00Z", "1e999", "NaN", "²", "١٢٣", "1_000", "0x10", "١", "12345678901234567"),
)
DEEP: Final = "DEEPER THAN JSON IS WRITTEN"
"""Stands for lists inside lists, more than Python writes."""
NUMBERS: Final = (
    *(0, -0.0, 1, -1, 1.5, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, 5e-324, 1e-7),
    *(float("nan"), float("inf"), float("-inf"), 253402300800, -62135596801, 1767323045, 1767323045123),
)
PLAIN: Final = (True, False, None)


def text(random: Random) -> str:
    """Any text, most of them odd."""
    if random.random() < 0.1:
        return "".join(chr(random.randrange(0x10FFFF)) for _ in range(random.randrange(1, 12)))
    return random.choice(TEXTS) + (random.choice(TEXTS) if random.random() < 0.2 else "")


def scalar(random: Random) -> Any:
    """Anything that holds nothing."""
    kind = random.random()
    if kind < 0.6:
        return text(random)
    return random.choice(NUMBERS) if kind < 0.85 else random.choice(PLAIN)


def tree(random: Random, depth: int = 4) -> Any:
    """Any JSON value."""
    kind = random.random()
    if depth == 0 or kind < 0.55:
        return scalar(random)
    if kind < 0.57:
        return random.choice((nested(20, random), nested(70, random), DEEP))
    many = random.randrange(4)
    if kind < 0.78:
        return [tree(random, depth - 1) for _ in range(many)]
    return {text(random): tree(random, depth - 1) for _ in range(many)}


def nested(depth: int, random: Random) -> Any:
    """Lists or objects inside each other."""
    key = random.choice(("attachments", "blocks", "elements", "text", "a"))
    value: Any = "x"
    listed = random.random() < 0.5
    for _ in range(depth):
        value = [value] if listed else {key: value}
    return value


def bent(value: Any, random: Random, times: int = 1) -> Any:
    """A copy of ``value`` in which something is missing, doubled, or of another kind."""
    value = copy.deepcopy(value)
    for _ in range(times):
        places = list(_places(value))
        if not places:
            return tree(random)
        holder, key = random.choice(places)
        kind = random.random()
        if kind < 0.2:
            del holder[key]
        elif kind < 0.3:
            other, at = random.choice(places)
            holder[key] = copy.deepcopy(other[at])
        elif kind < 0.4:
            holder[key] = [holder[key]]
        elif kind < 0.7:
            holder[key] = scalar(random)
        else:
            holder[key] = tree(random, 3)
    return value


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    if depth > 40:
        return
    for key in (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from _places(value[key], depth + 1)


def damaged_token(token: str, random: Random) -> str:
    """A token that is nearly ``token``."""
    at = random.randrange(len(token))
    other = random.choice("23456789ABCDEFGHJ")
    if other == token[at]:
        other = "k"
    return random.choice(
        (token[:at], token + other, token[:at] + other + token[at + 1 :], token.lower(), "-" * len(token))
    )
