"""Lanes: what one integration tells one URL, and what lanes have in common.

Each lane is a queue of its own, so that a receiver that is slow or down holds up nobody else. How many calls may
be under way is bounded for each host and for each integration; a URL that fails has a breaker.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2s
from typing import Final, Literal
from urllib.parse import urlsplit

from hookroom.rules.breaker import CLOSED, Breaker
from hookroom.storage.tables.deliveries import Delivery

UNREADABLE: Final = "unreadable"
_PORTS: Final = {"http": 80, "https": 443}
_IN_ORDER: Final = "in-order"


@lru_cache(maxsize=8192)
def lane_of(url: str, integration_id: str, *, ordered: bool = False) -> str:
    """The name of the lane for what an integration tells ``url``: host and port, URL, integration, order."""
    digest = blake2s(url.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    name = f"{host_of(url)} {digest} {integration_id}"
    return f"{name} {_IN_ORDER}" if ordered else name


def host_of(url: str) -> str:
    """The host and port that ``url`` is at, whatever the path or credentials."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return UNREADABLE
    return f"{host}:{port}" if host and port else UNREADABLE


@dataclass(slots=True, eq=False)
class Host:
    """A host and port. Its lanes take turns."""

    name: str
    lanes: set[Lane] = field(default_factory=set)
    turns: deque[Lane] = field(default_factory=deque)
    """Those that have something to send, as far as is known."""
    running: int = 0
    listed: bool = False
    """Whether it has a place among the hosts whose turn will come."""


@dataclass(slots=True, eq=False)
class Share:
    """The calls of one integration."""

    integration_id: str
    lanes: set[Lane] = field(default_factory=set)
    parked: list[Lane] = field(default_factory=list)
    """Lanes that wait until one of its calls has ended."""
    running: int = 0


@dataclass(slots=True, eq=False)
class Receiver:
    """One URL."""

    name: str
    lanes: set[Lane] = field(default_factory=set)
    parked: list[Lane] = field(default_factory=list)
    """Lanes that wait until it may be called again."""
    breaker: Breaker = CLOSED
    probing: bool = False


@dataclass(slots=True, eq=False)
class Lane:
    """What is known in memory of one lane. More of its deliveries may be on disk."""

    name: str
    host: Host
    share: Share
    receiver: Receiver
    ordered: bool
    """Whether a delivery waits until the one before it has ended, retries included."""
    ready: deque[Delivery] = field(default_factory=deque)
    """Due, in the order in which they are sent."""
    held: set[str] = field(default_factory=set)
    """Ids of those that are ready or under way."""
    running: int = 0
    place: Literal["turns", "share", "receiver"] | None = None
    """Where it waits for its turn, if anywhere."""
    on_disk: bool = False
    """Whether some that are not held may be due on disk."""
    loading: bool = False
    hungry: bool = False
    """Whether it waits for its turn to read."""
    due: int | None = None
    """When the disk must be looked at next, in epoch milliseconds. A lane in order sends nothing before."""

    @property
    def idle(self) -> bool:
        """Whether nothing is left to remember."""
        return not (self.held or self.on_disk or self.loading or self.due is not None)

    @property
    def pausing(self) -> bool:
        """Whether the first of a lane in order is to be retried later, and the others behind it wait."""
        return self.ordered and self.due is not None

    def take(self, delivery: Delivery) -> None:
        """One more is ready."""
        self.ready.append(delivery)
        self.held.add(delivery.id)

    def release(self) -> int:
        """Leave on disk what is ready; answers how many that were."""
        count = len(self.ready)
        self.held.difference_update(delivery.id for delivery in self.ready)
        self.ready.clear()
        self.on_disk = True
        return count


def parts_of(name: str) -> tuple[str, str, str, bool]:
    """Host, receiver, integration and order in the name of a lane; before 0.2 it was the host alone."""
    parts = name.split(" ")
    host = parts[0]
    receiver = " ".join(parts[:2])
    return host, receiver, parts[2] if len(parts) > 2 else name, parts[-1] == _IN_ORDER
