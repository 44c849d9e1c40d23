"""Telling of what may happen a thousand times a second, without writing it a thousand times."""

from __future__ import annotations

from typing import Final

EVERY_MS: Final = 60_000
MOST: Final = 100


class Once:
    """Each key once in ``EVERY_MS``, and no more than ``MOST`` keys."""

    __slots__ = ("_since", "_told")

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._since = 0

    def is_full(self, now_ms: int) -> bool:
        """Whether nothing more is told at ``now_ms``."""
        if not 0 <= now_ms - self._since < EVERY_MS:
            self._told.clear()
            self._since = now_ms
        return len(self._told) >= MOST

    def first(self, key: str, now_ms: int) -> bool:
        """Whether ``key`` is to be told of at ``now_ms``; it counts as told then."""
        if self.is_full(now_ms) or key in self._told:
            return False
        self._told.add(key)
        return True
