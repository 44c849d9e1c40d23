"""Values as the realtime API writes them: those of REST, but for dates (EJSON, ``{"$date": milliseconds}``).

Which texts are dates is told by the name of their field: a message whose text looks like a date stays one.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.rules.times import LAST_MS, IsoTime, iso, millis

DATES: Final = frozenset(
    {
        *("ts", "_updatedAt", "createdAt", "_createdAt", "lm", "ls", "tlm", "dlm", "editedAt", "pinnedAt"),
        *("lastLogin", "uploadedAt", "jitsiTimeout", "lr", "_deletedAt", "expires", "when", "timestamp"),
        "tokenExpires",
    }
)
"""The fields that hold dates. ``ts`` of an attachment is one too, where it is a date at all."""


def to_ddp(value: Any, field: str = "") -> Any:
    """``value`` (JSON, a ``Struct``, or as it is stored) with its dates as the realtime API writes them."""
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    elif isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, dict):
        return {name: to_ddp(one, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_ddp(one) for one in value]
    if field in DATES and isinstance(value, str):
        try:
            return {"$date": millis(IsoTime(value))}
        except ValueError:
            return value
    return value


def from_ddp(value: Any) -> Any:
    """``value`` as REST has it: dates as ISO 8601 texts; ``{"$date": …}`` that is none stays as it is."""
    if isinstance(value, dict):
        if value.keys() == {"$date"}:
            at = _instant(value["$date"])
            return value if at is None else iso(at)
        return {name: from_ddp(one) for name, one in value.items()}
    if isinstance(value, list):
        return [from_ddp(one) for one in value]
    return value


def _instant(at: object) -> int | None:
    # As JavaScript's ``new Date``, which reads it in the original: ``null`` is the epoch, and texts are dates too.
    if at is None:
        return 0
    if isinstance(at, str):
        try:
            at = millis(at)
        except (ValueError, OverflowError):
            return None
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= LAST_MS:
        return None
    return int(at)
