"""Patterns and formats: what a schema can ask of a string.

Patterns are written as for JavaScript, since that is what the schemas of the original speak, and run by
Python's ``re``. Keep them free of nested repetition: they meet what strangers send.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from hookroom.rules.times import millis

_SPACE: Final = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TOKEN: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[.$]", re.DOTALL)
_MEANINGS: Final = {
    "$": r"\Z",
    ".": r"[^\n\r\u2028\u2029]",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
}

_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@cache
def pattern(source: str) -> Callable[[str], bool]:
    """The test of a JavaScript pattern: whether it is found anywhere in a string.

    Raises ``re.error`` for what Python cannot compile and ``ValueError`` for ``\\s`` and ``\\S`` inside
    a character class, which Python reads differently.
    """
    compiled = re.compile(_TOKEN.sub(_meaning, source), re.ASCII)
    return lambda text: compiled.search(text) is not None


def _meaning(token: re.Match[str]) -> str:
    text = token[0]
    if text.startswith("[") and re.search(r"(?<!\\)(?:\\\\)*\\[sS]", text):
        raise ValueError(f"whitespace inside a character class: {text}")
    return _MEANINGS.get(text, text)


def _date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        millis(text.upper())
    except (ValueError, OverflowError):
        return False
    return True


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {"date-time": _date_time}
"""The formats that a schema may name, each with its test. ``date-time`` is that of RFC 3339."""
