"""A read-through cache that never answers what was overwritten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar, cast

V = TypeVar("V")

_ABSENT: Final = object()


class ReadThrough(Generic[V]):
    """Values by key, loaded when first asked for; a key without a value is remembered too.

    ``drop`` after a write makes every later ``get`` load anew, also one whose load was under way. At most
    ``size`` keys are kept; the oldest go first.
    """

    __slots__ = ("_generation", "_load", "_size", "_values")

    def __init__(self, load: Callable[[str], Awaitable[V | None]], size: int) -> None:
        self._load = load
        self._size = size
        self._values: dict[str, V | None] = {}
        self._generation = 0

    async def get(self, key: str) -> V | None:
        """The value of ``key``, or ``None``."""
        known = self._values.get(key, cast("V", _ABSENT))
        if known is not _ABSENT:
            return known
        generation = self._generation
        value = await self._load(key)
        if generation == self._generation:
            if len(self._values) >= self._size:
                del self._values[next(iter(self._values))]
            self._values[key] = value
        return value

    def drop(self, key: str) -> None:
        """Forget ``key``."""
        self._generation += 1
        self._values.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._generation += 1
        self._values.clear()
