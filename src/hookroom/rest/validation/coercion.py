"""Types and their coercion, as AJV's ``coerceTypes`` has them: JavaScript reads one scalar as another.

Two differences, on purpose: whole numbers keep all their digits where a JavaScript number would lose
some, and what would become infinite is not coerced (the original lets ``"Infinity"`` through as a number
that JSON cannot carry).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})
"""The types that a value can be coerced to."""

TYPES: Final = SCALARS | {"array", "object"}
"""All types of JSON Schema."""

UNFIT: Final = object()
"""What ``coerce`` answers for a value that none of the types can be made of."""

_SPACES: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX: Final = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")

_SAFE_INTEGER: Final = 2**53
"""Up to here every whole number is exactly a JavaScript number."""

_EXPONENT_FROM: Final = 10**21
"""From here JavaScript writes a number with an exponent."""


def is_type(value: Any, name: str) -> bool:
    """Whether ``value`` is of the JSON Schema type ``name`` as it stands. ``1.0`` is an integer."""
    kind = type(value)
    if name == "string":
        return kind is str
    if name == "object":
        return kind is dict
    if name == "array":
        return kind is list
    if name == "boolean":
        return kind is bool
    if name == "null":
        return value is None
    if name == "integer" and kind is float:
        return bool(value.is_integer())
    return kind is int or (kind is float and math.isfinite(value))


def coerce(value: Any, types: Iterable[str]) -> Any:
    """``value`` as the first of ``types`` that it can be made, or ``UNFIT``. Nothing becomes a list or object."""
    for name in types:
        if name == "string":
            made = _string(value)
        elif name in ("number", "integer"):
            made = _number(value, whole=name == "integer")
        elif name == "boolean":
            made = _boolean(value)
        elif name == "null":
            made = None if value == "" or _is_number(value, 0) or value is False else UNFIT
        else:
            made = UNFIT
        if made is not UNFIT:
            return made
    return UNFIT


def number_text(value: float) -> str | None:
    """A number as JavaScript writes it (``1.0`` is ``1``, ``1e21`` is ``1e+21``); None for an infinite one."""
    if isinstance(value, int) and abs(value) < _EXPONENT_FROM:
        return str(value)
    number = _finite(value)
    if number is None:
        return None
    if number == 0:
        return "0"
    sign, figures, shift = Decimal(repr(number)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    # ``point`` digits stand before the decimal point; the cases are those of ECMAScript's Number::toString.
    point = len(digits) + int(shift)
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{fraction}e{point - 1:+d}"
    return f"-{text}" if sign else text


def _string(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        text = number_text(value)
        return UNFIT if text is None else text
    return UNFIT


def _number(value: Any, *, whole: bool) -> Any:
    if value is None or isinstance(value, bool):
        return int(value or 0)
    # Not the empty string: AJV leaves that one alone, though JavaScript reads it as 0.
    if not isinstance(value, str) or value == "":
        return UNFIT
    text = value.strip(_SPACES)
    if text == "":
        return 0
    if _DECIMAL.fullmatch(text):
        number = _finite(float(text))
    elif _RADIX.fullmatch(text):
        number = _finite(int(text, 0))
    else:
        return UNFIT
    if number is None or (whole and not number.is_integer()):
        return UNFIT
    return int(number) if number.is_integer() and abs(number) <= _SAFE_INTEGER else number


def _boolean(value: Any) -> Any:
    if value is None or value == "false" or _is_number(value, 0):
        return False
    if value == "true" or _is_number(value, 1):
        return True
    return UNFIT


def _is_number(value: Any, number: int) -> bool:
    return type(value) in (int, float) and bool(value == number)


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
