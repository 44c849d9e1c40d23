"""A small part of regular expressions that cannot be made slow, for the ``$regex`` of queries.

Text, ``.`` (any character), ``.*`` (anything), ``^`` and ``$`` at the ends, and ``\\`` before a character that
is no letter or digit. Nothing backtracks: the time is at most the pattern's length times the text's.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_LENGTH: Final = 256
"""Most characters of a pattern."""

_TOKEN: Final = re.compile(r"\\[^0-9A-Za-z]|\.\*|[^\\*+?()\[\]{}|^$]", re.DOTALL)


class _Part(NamedTuple):
    expression: re.Pattern[str]
    length: int
    """Characters of every match."""


class TextPattern(NamedTuple):
    """``parts`` in this order with anything between them, bound to the ends of a text where so said."""

    parts: tuple[_Part, ...]
    from_start: bool
    to_end: bool

    def found_in(self, text: str) -> bool:
        """Whether the pattern is somewhere in ``text``."""
        at, end, parts = 0, len(text), list(self.parts)
        if self.from_start:
            first = parts.pop(0)
            if first.expression.match(text) is None:
                return False
            at = first.length
            if not parts and self.to_end:
                return at == end
        if self.to_end:
            last = parts.pop()
            end -= last.length
            if end < at or last.expression.match(text, end) is None:
                return False
        # The earliest place of each part leaves most room for those after it.
        for part in parts:
            match = part.expression.search(text, at, end)
            if match is None:
                return False
            at = match.end()
        return True


def text_pattern(source: str, *, ignore_case: bool = False) -> TextPattern:
    """The pattern written as ``source``. Raises ``ValueError`` for what is not of this small part."""
    if len(source) > MAX_LENGTH:
        raise ValueError(f"a pattern has at most {MAX_LENGTH} characters")
    from_start = source.startswith("^")
    to_end = source.endswith("$") and not source.endswith("\\$")
    inner = source[from_start : len(source) - to_end]
    parts: list[list[str]] = [[]]
    position = 0
    while position < len(inner):
        token = _TOKEN.match(inner, position)
        if token is None:
            raise ValueError("a pattern may hold text, '.', '.*', '^' at its start and '$' at its end")
        position = token.end()
        text = token[0]
        if text == ".*":
            parts.append([])
        else:
            parts[-1].append("." if text == "." else re.escape(text[-1]))
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return TextPattern(
        tuple(_Part(re.compile("".join(part), flags), len(part)) for part in parts), from_start, to_end
    )
