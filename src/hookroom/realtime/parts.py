"""What all sessions of this node share."""

from __future__ import annotations

from dataclasses import dataclass

from hookroom.live.room_messages import RoomMessages
from hookroom.realtime.call_limits import Limit
from hookroom.realtime.flushing import Flusher
from hookroom.realtime.people import People
from hookroom.realtime.rechecking import Rechecking
from hookroom.services import Services
from hookroom.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the realtime edge."""

    services: Services
    room_messages: RoomMessages
    people: People
    rechecking: Rechecking
    limit: Limit
    flusher: Flusher

    @property
    def ws(self) -> Workspace:
        """The workspace."""
        return self.services.ws
