"""Reading the parameters of methods, which are whatever a client sent.

Nothing is made of a value of another type, as in the original: what does not fit is a ``Mismatch``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hookroom.errors import Refused
from hookroom.rules.times import LAST_MS, millis

MOST: Final = 2**53 - 1
"""The greatest number that every client reads exactly."""


class Mismatch(Refused):
    """A parameter is not what its method takes: Meteor's ``Match.Error``, code 400."""

    def __init__(self, expected: str, value: object, field: str = "") -> None:
        where = f" in field {field}" if field else ""
        super().__init__("400", f"Match error: Expected {expected}, got {_kind(value)}{where}")


def text(value: object, field: str = "") -> str:
    """A text."""
    if not isinstance(value, str):
        raise Mismatch("string", value, field)
    return value


def maybe_text(value: object, field: str = "") -> str | None:
    """A text, or nothing."""
    return None if value is None else text(value, field)


def flag(value: object, field: str = "", *, default: bool | None = None) -> bool:
    """True or false, or nothing where there is a ``default``."""
    if value is None and default is not None:
        return default
    if not isinstance(value, bool):
        raise Mismatch("boolean", value, field)
    return value


def number(value: object, field: str = "", *, default: int | None = None, most: int = MOST) -> int:
    """A whole number that is not negative, or nothing where there is a ``default``; at most ``most`` of it."""
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise Mismatch("a number that is not negative", value, field)
    if value != int(value):
        raise Mismatch("a whole number", value, field)
    return min(int(value), most)


def record(value: object, field: str = "") -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise Mismatch("object", value, field)
    return value


def maybe_record(value: object, field: str = "") -> dict[str, Any]:
    """An object; nothing is an empty one."""
    return {} if value is None else record(value, field)


def texts(value: object, field: str = "") -> Sequence[str]:
    """A list of texts."""
    if not isinstance(value, list):
        raise Mismatch("array", value, field)
    return [text(one, f"{field}[{i}]") for i, one in enumerate(value)]


def maybe_moment(value: object, field: str = "") -> int | None:
    """A date (``{"$date": milliseconds}``, ISO 8601 by the time it comes here) in epoch milliseconds."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            at = millis(value)
        except (ValueError, OverflowError):
            at = -1
        if 0 <= at <= LAST_MS:
            return at
    raise Mismatch("Date", value, field)


def moment(value: object, field: str = "") -> int:
    """``maybe_moment`` that must be there."""
    at = maybe_moment(value, field)
    if at is None:
        raise Mismatch("Date", value, field)
    return at


def only(value: object, shape: Mapping[str, str], required: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of an object that ``shape`` names, each of its type; all others are left behind.

    Types are ``string``, ``boolean``, ``number``, ``whole`` (a number that is not negative), ``object``, ``array``
    (of texts), ``texts`` (a list of them or one), ``any``. Those that are not ``required`` may be null.
    """
    given = record(value)
    found: dict[str, Any] = {}
    for name, kind in shape.items():
        if given.get(name) is None:
            if name in required:
                raise Mismatch(kind, given.get(name), name)
            if name in given:
                found[name] = None
            continue
        found[name] = _OF_TYPE[kind](given[name], name)
    return found


def _anything(value: object, _field: str) -> object:
    return value


def _any_number(value: object, field: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        raise Mismatch("number", value, field)
    return value


def _texts_or_text(value: object, field: str) -> object:
    return value if isinstance(value, str) else texts(value, field)


_OF_TYPE: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "string": text,
    "boolean": flag,
    "number": _any_number,
    "object": record,
    "array": texts,
    "texts": _texts_or_text,
    "whole": number,
    "any": _anything,
}


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
