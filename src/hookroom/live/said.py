"""A message as the stream ``stream-room-messages`` tells of it, encoded once for all who see the same of it."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Final

from hookroom.live.event import Event
from hookroom.live.hub import changed
from hookroom.rules.ddp import to_ddp
from hookroom.rules.model import Message, Room

STREAM: Final = "stream-room-messages"
MINE: Final = "__my_messages__"
"""The name under which a user hears all that they may see."""


class Said:
    """A message that is new or changed, of a room as it is now; ``starred_by`` are ids of users.

    ``written_at`` is set on what may have been missed: when it was written (epoch ms), which is no news for who
    did not listen then.
    """

    __slots__ = ("_events", "_fields", "message", "room", "starred_by", "written_at")

    def __init__(
        self,
        message: Message,
        room: Room,
        starred_by: Set[str] = frozenset(),
        written_at: int | None = None,
    ) -> None:
        self.message = message
        self.room = room
        self.starred_by = starred_by
        self.written_at = written_at
        self._events: dict[tuple[str, bool, str], Event] = {}
        self._fields: dict[str, Any] | None = None

    def event(self, name: str, user_id: str, *, participant: bool) -> Event:
        """What a listener to ``name`` gets: a user (``""``: nobody) who is a member of the room or not.

        Its arguments are ``[message, {roomParticipant, roomType, roomName}]`` (issue 6); of the stars a message
        carries its reader's own, as in histories.
        """
        stars = user_id if user_id in self.starred_by else ""
        key = (name, participant, stars)
        event = self._events.get(key)
        if event is None:
            event = self._events[key] = self._make(name, participant, stars)
        return event

    def _make(self, name: str, participant: bool, stars: str) -> Event:
        if self._fields is None:
            self._fields = to_ddp(self.message)
        message = {**self._fields, "starred": [{"_id": stars}]} if stars else self._fields
        room: dict[str, Any] = {"roomParticipant": participant, "roomType": self.room.type}
        if self.room.name is not None:
            room["roomName"] = self.room.name
        return Event(changed(STREAM, name, [message, room]))
