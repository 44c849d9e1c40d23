"""How long after it was sent a message may still be edited or deleted."""

from __future__ import annotations

from typing import Final

_MINUTE: Final = 60_000


def may_still_edit(age_ms: int, minutes: int) -> bool:
    """Whether a message of that age is not yet ``minutes`` old, in whole minutes; 0 is no limit."""
    return not minutes or age_ms // _MINUTE < minutes


def may_still_delete(age_ms: int, minutes: int) -> bool:
    """Whether a message of that age, rounded to minutes, is at most ``minutes`` old; 0 is no limit."""
    return not minutes or (age_ms + _MINUTE // 2) // _MINUTE <= minutes
