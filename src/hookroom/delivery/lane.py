"""Lanes: the deliveries of one receiver, kept apart from those of all others.

A receiver that is slow or down fills its own lane; how much of the shared concurrency a lane may take is
``Dispatcher``'s to say.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from hookroom.storage.tables.deliveries import Delivery

UNREADABLE: Final = "unreadable"
_PORTS: Final = {"http": 80, "https": 443}


@lru_cache(maxsize=4096)
def lane_of(url: str) -> str:
    """The lane of deliveries to ``url``: its host and port, whatever the path or credentials."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return UNREADABLE
    return f"{host}:{port}" if host and port else UNREADABLE


@dataclass(slots=True, eq=False)
class Lane:
    """What is known in memory of one lane. More of its deliveries may be on disk."""

    name: str
    ready: deque[Delivery] = field(default_factory=deque)
    """Due, in the order in which they are sent."""
    held: set[str] = field(default_factory=set)
    """Ids of those that are ready or under way."""
    running: int = 0
    on_disk: bool = False
    """Whether some that are not held may be due on disk."""
    loading: bool = False
    listed: bool = False
    """Whether it has a place among the lanes whose turn will come."""
    due: int | None = None
    """When the disk must be looked at next, in epoch milliseconds."""

    @property
    def idle(self) -> bool:
        """Whether nothing is left to remember."""
        return not (self.held or self.on_disk or self.loading or self.due is not None)

    def take(self, delivery: Delivery) -> None:
        """One more is ready."""
        self.ready.append(delivery)
        self.held.add(delivery.id)
