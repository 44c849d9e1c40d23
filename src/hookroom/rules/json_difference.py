"""Where two JSON values differ, by path: ``content.text: "a" → "b"``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import encode

MAX_DIFFERENCES: Final = 20
MAX_VALUE_LENGTH: Final = 120
"""Most characters of a value that are shown."""

_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)

Json = Any
"""What JSON can hold; ``UNSET`` where there is nothing (``undefined``)."""


class Difference(Struct, frozen=True):
    """At ``path`` one value has ``before``, the other ``after``; ``UNSET`` where it has nothing there.

    The path of the value itself is empty. Objects and arrays are told from other values as a whole, and gone into
    when both sides have one.
    """

    path: str
    before: Json | UnsetType
    after: Json | UnsetType

    def __str__(self) -> str:
        return f"{self.path or 'value'}: {shown(self.before)} → {shown(self.after)}"

    def reversed(self) -> Difference:
        """The same, seen from the other side."""
        return Difference(self.path, self.after, self.before)


def differences(before: Json | UnsetType, after: Json | UnsetType, *, path: str = "") -> Iterator[Difference]:
    """All places in which the two differ, in the order of their keys.

    As in JSON, ``1`` and ``1.0`` are one number, ``true`` is none, and the order of keys means nothing.
    """
    # Values of scripts may be nested deeper than Python's stack is.
    waiting = [(path, before, after)]
    while waiting:
        where, left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            waiting.extend(
                (_member(where, key), left.get(key, UNSET), right.get(key, UNSET))
                for key in sorted(left.keys() | right.keys(), reverse=True)
            )
        elif isinstance(left, list) and isinstance(right, list):
            waiting.extend(
                (f"{where}[{index}]", _item(left, index), _item(right, index))
                for index in reversed(range(max(len(left), len(right))))
            )
        elif not _equal(left, right):
            yield Difference(where, left, right)


def differ(before: Json | UnsetType, after: Json | UnsetType) -> bool:
    """Whether there is any difference."""
    return next(differences(before, after), None) is not None


def told(found: Iterator[Difference]) -> tuple[str, ...]:
    """The differences as lines to read: ``MAX_DIFFERENCES`` of them, and a last line when there are more."""
    lines = [str(one) for one in islice(found, MAX_DIFFERENCES + 1)]
    if len(lines) > MAX_DIFFERENCES:
        lines[-1] = "… and more"
    return tuple(lines)


def shown(value: Json | UnsetType) -> str:
    """A value as JSON, cut at ``MAX_VALUE_LENGTH`` characters; ``undefined`` for ``UNSET``."""
    if value is UNSET:
        return "undefined"
    if isinstance(value, str) and len(value) > MAX_VALUE_LENGTH:
        value = value[:MAX_VALUE_LENGTH]
        return f"{encode(value).decode()[:MAX_VALUE_LENGTH]}…"
    try:
        text = encode(value).decode()
    except RecursionError:
        return "[…]" if isinstance(value, list) else "{…}"
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[:MAX_VALUE_LENGTH]}…"


def _member(path: str, key: str) -> str:
    if not _NAME.fullmatch(key):
        return f"{path}[{shown(key)}]"
    return f"{path}.{key}" if path else key


def _item(values: list[Json], index: int) -> Json | UnsetType:
    return values[index] if index < len(values) else UNSET


def _equal(left: Json | UnsetType, right: Json | UnsetType) -> bool:
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)
