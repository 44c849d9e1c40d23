"""Whom and what a message's text names: ``@user``, ``@all``, ``@here`` and ``#channel``.

Names are read as the original reads them: after the start of the text, white space or ``>``, made of the
characters that the server allows in names. Whether there is such a user or room is for others to find out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from hookroom.rules.accounts import USERNAME_PATTERN

GROUPS: Final = ("all", "here")
"""Names that mean everybody in the room, and everybody in it who is online."""

MAX_NAMES: Final = 200
"""Most different names of one kind that a message can mention; further ones are plain text."""


class Named(Struct, frozen=True):
    """The names in a text, each once, in order. ``groups`` are those of ``GROUPS``."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


NOTHING: Final = Named()


def named_in(text: str, pattern: str = USERNAME_PATTERN) -> Named:
    """What ``text`` names; ``pattern`` is the value of the setting ``UTF8_User_Names_Validation``."""
    at, hash_ = "@" in text, "#" in text
    if not at and not hash_:
        return NOTHING
    users, channels = _expressions(pattern)
    names = _found(users, text) if at else ()
    return Named(
        users=tuple(name for name in names if name not in GROUPS),
        groups=tuple(name for name in names if name in GROUPS),
        channels=_found(channels, text) if hash_ else (),
    )


def spellings(name: str) -> tuple[str, ...]:
    """What ``name`` may mean, the likeliest first: a full stop at its end may be the sentence's."""
    bare = name.rstrip(".")
    return (name, bare) if bare and bare != name else (name,)


def _found(expression: re.Pattern[str], text: str) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for found in expression.finditer(text):
        names[found[1]] = None
        if len(names) == MAX_NAMES:
            break
    return tuple(names)


@lru_cache(8)
def _expressions(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    try:
        name = re.compile(pattern or USERNAME_PATTERN).pattern
    except re.error:
        name = USERNAME_PATTERN
    start = r"(?:^|(?<=[\s>]))"
    return (
        re.compile(rf"{start}@((?:{name})(?:@(?:{name}))?(?::[0-9a-zA-Z-_.]+)?)", re.MULTILINE),
        re.compile(rf"{start}#((?:{name})(?:@(?:{name}))?)", re.MULTILINE),
    )
