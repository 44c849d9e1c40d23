"""What an export holds: the messages of a room, or all that the server has of a user."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import field

from hookroom.rules.model import RoomType, Value

Format = Literal["html", "json"]

DAY_MS: Final = 24 * 3_600_000

ROOM_GROUP: Final = "export"
OWN_DATA_GROUP: Final = "own-data"
"""What such files have in the place of a group of types (``Upload.type_group``)."""


class ExportedRoom(Value, frozen=True, kw_only=True):
    """A room in an export, as the published API (``users.requestDataDownload``) shows it."""

    room_id: str = field(name="roomId")
    name: str = field(name="roomName")
    exported: int = field(name="exportedCount")
    """Messages."""
    status: Literal["completed"]
    file: str = field(name="targetFile")
    type: RoomType


class Export(Value, frozen=True, kw_only=True):
    """What is asked for: ``room_id``, or, without one, all of the user who asks.

    ``after`` and ``before`` are epoch milliseconds, both inclusive. ``tries`` counts those who began to make it.
    ``rooms`` are those that it holds, once it is made.
    """

    format: Format
    room_id: str | None = None
    after: int
    before: int
    tries: int = 1
    rooms: tuple[ExportedRoom, ...] = ()
