"""What a script's error says, whichever mode's words it is in.

Babel's helpers and the engine word the same mistake differently, and a stack has other places in each mode.
"""

from __future__ import annotations

import re
from typing import Final

MAX_MESSAGE_LENGTH: Final = 500
"""Most characters of an error's message that are compared and shown."""

_STACK_LINE: Final = re.compile(r"^[ \t]*at .*(?::\d+:\d+|\(native)\)?$\n?", re.MULTILINE)
_MADE_NAME: Final = re.compile(r"\b_+([A-Za-z]\w*?)\d*\b", re.ASCII)

# What the helpers of Babel say, and what the engine says of the same mistake.
_SAME: Final = tuple(
    (re.compile(pattern, re.DOTALL), meaning)
    for pattern, meaning in (
        (r"(?:invalid attempt to \w+ non-iterable instance|(?:\S+) is not iterable).*", "not iterable"),
        (r"cannot read property 'symbol\.iterator' of \w+", "not iterable"),
        (r"cannot (?:read|set) property '.*' of (?:undefined|null)", "nothing there"),
        (r"cannot convert undefined or null to object|cannot destructure \w+", "nothing there"),
        (
            r"cannot call a class as a function|class constructors must be invoked with 'new'",
            "a class called without new",
        ),
        (r"super expression must .*|parent class must be constructor", "not a class to extend"),
        (r"this hasn't been initialised.*|this is not initialized", "super was not called"),
        (
            r"private element is not present.*|private class field '.*' does not exist",
            "no such private field",
        ),
        (r"right-hand side of 'in' should be an object.*|invalid 'in' operand", "not an object"),
    )
)


def normalised(message: str) -> str:
    """The message in words that both modes share.

    Quotes, capitals and Babel's renamings (``_name2``) mean nothing; messages of Babel's helpers are the same as
    those of the engine for the same mistake.
    """
    text = " ".join(message[:MAX_MESSAGE_LENGTH].replace('"', "'").split()).lower()
    for pattern, meaning in _SAME:
        if pattern.fullmatch(text):
            return meaning
    return _MADE_NAME.sub(r"\1", text)


def without_stack(text: str) -> str:
    """``text`` (a line that a script logged, say) without the stacks in it."""
    return _STACK_LINE.sub("", text).rstrip()
