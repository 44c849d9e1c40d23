"""Integrations by key, so that finding some costs the same however many there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Generic, TypeVar

from hookroom.rules.model import Integration

K = TypeVar("K", bound=Hashable)

_NONE: dict[str, Integration] = {}


class Index(Generic[K]):
    """Integrations under every key that ``keys`` gives for them."""

    __slots__ = ("_found", "_keys")

    def __init__(self, keys: Callable[[Integration], Iterable[K]]) -> None:
        self._keys = keys
        self._found: dict[K, dict[str, Integration]] = {}

    def add(self, integration: Integration) -> None:
        """Add one that is not in here."""
        for key in self._keys(integration):
            self._found.setdefault(key, {})[integration.id] = integration

    def remove(self, integration: Integration) -> None:
        """Remove one, given as it was added."""
        for key in self._keys(integration):
            bucket = self._found.get(key, _NONE)
            bucket.pop(integration.id, None)
            if not bucket:
                self._found.pop(key, None)

    def under(self, key: K) -> Collection[Integration]:
        """Those under ``key``, in the order in which they were added. A live view: copy it to keep it."""
        return self._found.get(key, _NONE).values()
