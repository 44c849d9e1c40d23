"""Who may listen to what (the original's ``notifications.module.ts``, read as a description of it)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hookroom.errors import Refused
from hookroom.live.said import MINE, STREAM
from hookroom.rooms.access import may_read_anonymously, may_see
from hookroom.rules.model import Room, User
from hookroom.workspace.workspace import Workspace

MAX_NAME: Final = 512
"""Characters of the name of an event."""


@dataclass(frozen=True, slots=True)
class Admission:
    """That somebody may listen. ``rooms`` are those that it depends on: one, and those that it is a discussion of.

    ``participant``: whether they are a member of the room.
    """

    rooms: tuple[str, ...] = ()
    participant: bool = False


FREE: Final = Admission()

Rule = Callable[[Workspace, User | None, str], Awaitable[Admission | None]]
"""``(workspace, who, event)``; ``None``: they may not."""

_SEES_PRIVATE_SETTINGS: Final = (
    "view-privileged-setting",
    "edit-privileged-setting",
    "manage-selected-settings",
)


def event_name(stream: str, params: Sequence[object]) -> str:
    """The event that a client names by the parameters of its ``sub``.

    Raises ``Refused``: ``404`` for a stream that there is not, ``invalid-event-name``.
    """
    if stream not in STREAMS:
        raise Refused("404", f"Subscription '{stream}' not found")
    event = params[0] if params else None
    if not isinstance(event, str) or not 0 < len(event) <= MAX_NAME:
        raise Refused("invalid-event-name")
    return event


async def admit(ws: Workspace, user: User | None, stream: str, event: str) -> Admission:
    """Let ``user`` (``None``: nobody who logged in) listen to an event of a stream that there is.

    Raises ``Refused`` (``not-allowed``).
    """
    admission = await STREAMS[stream](ws, user, event)
    if admission is None:
        raise Refused("not-allowed")
    return admission


async def _room_messages(ws: Workspace, user: User | None, event: str) -> Admission | None:
    return FREE if event == MINE else await _of_room(ws, user, event)


async def _notify_room(ws: Workspace, user: User | None, event: str) -> Admission | None:
    return await _of_room(ws, user, event.partition("/")[0])


async def _notify_user(_ws: Workspace, user: User | None, event: str) -> Admission | None:
    return FREE if user is not None and event.partition("/")[0] == user.id else None


async def _notify_all(ws: Workspace, user: User | None, event: str) -> Admission | None:
    if event != "private-settings-changed":
        return FREE
    return FREE if user is not None and ws.authority.allows_any(_SEES_PRIVATE_SETTINGS, user) else None


async def _notify_logged(ws: Workspace, user: User | None, event: str) -> Admission | None:
    return None if user is None else await _notify_all(ws, user, event)


async def _logged_in(_ws: Workspace, user: User | None, _event: str) -> Admission | None:
    return FREE if user is not None else None


STREAMS: Final[Mapping[str, Rule]] = {
    STREAM: _room_messages,
    "stream-notify-room": _notify_room,
    "stream-notify-user": _notify_user,
    "stream-notify-all": _notify_all,
    "stream-notify-logged": _notify_logged,
    "stream-roles": _logged_in,
}
"""The streams that there are, and who may listen to an event of each."""

SILENT: Final = frozenset(
    {
        *("meteor.loginServiceConfiguration", "meteor_autoupdate_clientVersions", "userData", "activeUsers"),
    }
)
"""Publications that clients subscribe to as they start, and that have nothing to tell here."""


async def _of_room(ws: Workspace, user: User | None, room_id: str) -> Admission | None:
    room = await ws.directory.room(room_id)
    if room is None:
        return None
    if user is None:
        return Admission((room.id,)) if may_read_anonymously(ws, room) else None
    member = await ws.directory.subscription(room.id, user.id)
    if not await may_see(ws, user, room):
        previews = room.type == "c" and room.team_id is None and ws.authority.allows("preview-c-room", user)
        if not previews:
            return None
    return Admission(await _lineage(ws, room), member is not None)


async def _lineage(ws: Workspace, room: Room) -> tuple[str, ...]:
    """The room and all others by which it is seen: what it discusses, and the main rooms of their teams."""
    rooms: dict[str, None] = {room.id: None}
    at: Room | None = room
    while at is not None:
        team = await ws.directory.team(at.team_id) if at.team_id is not None else None
        if team is not None:
            rooms[team.room_id] = None
        if not at.parent_id or at.parent_id in rooms:
            break
        at = await ws.directory.room(at.parent_id)
        if at is not None:
            rooms[at.id] = None
    return tuple(rooms)
