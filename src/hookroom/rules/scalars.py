"""Reading single JSON values leniently: senders write numbers for texts and texts for booleans."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Failure


def text_of(value: Any, name: str) -> str:
    """``value`` as a text: numbers and booleans as JSON writes them, ``1.0`` as ``1``, null as empty.

    Raises ``Failure`` (400), which names the field, for an object or an array.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, int):
        return str(value)
    kind = "an object" if isinstance(value, dict) else "an array"
    raise Failure(f"{name} must be a string, not {kind}")


def flag_of(value: Any, name: str, default: bool) -> bool:
    """``value`` as a boolean: ``true``, ``"true"``, ``1``, their opposites; null and ``""`` are ``default``.

    Raises ``Failure`` (400), which names the field, for anything else.
    """
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return default
    if value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false", "0", "1"):
        return value.lower() in ("true", "1")
    raise Failure(f"{name} must be true or false")
