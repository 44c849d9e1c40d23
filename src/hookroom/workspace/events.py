"""What happens in rooms, as values, and the port to whoever must be told in the same transaction."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from hookroom.rules.model import Message, Room, User
from hookroom.storage.statement import Changes


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. ``name`` is the contract's event name (section 4).

    ``user`` is who did it, or whom the contract's payload names; ``at`` is in epoch milliseconds.
    ``depth`` counts the integrations that led to it; ``by_integration`` is the last of them.
    """

    name: str
    room: Room | None
    user: User
    at: int
    message: Message | None = None
    owner: User | None = None
    depth: int = 0
    by_integration: str | None = None
    reaction: str | None = None
    """The emoji of ``messageReacted``."""


class Observer(Protocol):
    """Learns of what happens while it is being written, and adds what follows to the same changes.

    No method blocks or waits.
    """

    def observe(self, event: Event, changes: Changes) -> None:
        """An event happened: add the deliveries it causes."""
        ...

    def room_renamed(self, changes: Changes, old_name: str, new_name: str) -> None:
        """A channel or group has a new name: integrations name it in ``channel``."""
        ...

    def user_gone(self, changes: Changes, user: User) -> None:
        """A user was deleted or deactivated: integrations that post as them stop."""
        ...
