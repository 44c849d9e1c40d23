"""Changing what a room is: its name, texts, kind, and what may be done in it.

The settings have the names of ``rooms.saveRoomSettings``; all of one call are checked first and then written
together, each with the message that the room says it with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from msgspec import structs

from hookroom.errors import Failure, LeftOut, Refused
from hookroom.rooms import system_messages
from hookroom.rooms.membership import current
from hookroom.rooms.room_creation import free_name, raise_if_taken
from hookroom.rules.model import Room, User, team_type
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, teams
from hookroom.workspace.workspace import Workspace, retrying

_METHOD: Final = "saveRoomSettings"

LEFT_OUT: Final = frozenset(
    {
        "roomAvatar",
        "featured",
        "favorite",
        "streamingOptions",
        "sidepanel",
        "encrypted",
        "retentionEnabled",
        "retentionMaxAge",
        "retentionExcludePinned",
        "retentionFilesOnly",
        "retentionIgnoreThreads",
        "retentionOverrideGlobal",
    }
)
"""Settings of the original that this server does not have."""


class _Edit(NamedTuple):
    """One setting being saved: ``room`` is what it is so far."""

    ws: Workspace
    actor: User
    room: Room
    value: Any


class _Said(NamedTuple):
    kind: str
    text: str = ""


_Outcome = tuple[Room, _Said | None]
_Saver = Callable[[_Edit], Awaitable[_Outcome]]


@retrying
async def save(
    ws: Workspace, actor: User, room: Room, settings: Mapping[str, Any], *, permission: str = "edit-room"
) -> Room:
    """Save room settings; answers the room as it is now. Values that are no change are passed over.

    Needs ``permission`` there. A team whose main room it is has its name and kind from then on. Raises
    ``Refused``: ``error-invalid-room``, ``error-invalid-settings``, ``error-action-not-allowed``, what a room's
    name may be refused with (``room_creation.free_name``), ``error-duplicate-handle``,
    ``error-invalid-room-type``, ``error-direct-room``; ``LeftOut``; ``Failure`` (``team-name-already-exists``).
    """
    old = await current(ws, room, _METHOD)
    if not settings.keys() <= _SAVERS.keys() | LEFT_OUT:
        raise Refused("error-invalid-settings", "Invalid settings provided", method=_METHOD)
    member = await ws.directory.subscription(old.id, actor.id)
    if not ws.authority.allows(permission, actor, member):
        raise _not_allowed("Editing room is not allowed", "Editing_room")
    if left_out := sorted(LEFT_OUT & settings.keys()):
        raise LeftOut(f"This server does not have the room setting {', '.join(left_out)}.")
    if old.broadcast and (settings.get("readOnly") or settings.get("reactWhenReadOnly")):
        raise _not_allowed(
            "Editing readOnly/reactWhenReadOnly are not allowed for broadcast rooms", "Editing_room"
        )
    new, said = old, []
    for name, value in settings.items():
        new, one = await _SAVERS[name](_Edit(ws, actor, new, value))
        if one is not None:
            said.append(one)
    if new == old:
        return old
    return await _write(ws, actor, old, structs.replace(new, updated_at=ws.stamp(old.updated_at)), said)


async def _write(ws: Workspace, actor: User, old: Room, new: Room, said: list[_Said]) -> Room:
    changes = Changes()
    rooms.update(changes, old, new)
    for one in said:
        system_messages.add(ws, changes, new, actor, one.kind, one.text)
    if old.name and new.name and old.name != new.name:
        ws.observer.room_renamed(changes, old.name, new.name)
    await _change_discussions(ws, changes, old, new)
    if new.team_main and (new.type, new.display_name) != (old.type, old.display_name):
        await _rename_team(ws, changes, new)
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        if "teams" in error.constraint:
            raise Failure("team-name-already-exists") from error
        raise_if_taken(error, new.name or "")
        raise
    return new


async def hide_discussions(ws: Workspace, changes: Changes, room: Room) -> None:
    """Add to ``changes`` that discussions of ``room``, which not everybody sees any more, are not public."""
    for discussion in await rooms.of_parent(ws.db, room.id):
        if discussion.type == "c":
            stamp = ws.stamp(discussion.updated_at)
            rooms.update(changes, discussion, structs.replace(discussion, type="p", updated_at=stamp))


async def _change_discussions(ws: Workspace, changes: Changes, old: Room, new: Room) -> None:
    """They go with the room: one that has its name as a topic, and public ones of one that is private now."""
    renamed, hidden = old.name != new.name, (old.type, new.type) == ("c", "p")
    for discussion in await rooms.of_parent(ws.db, new.id) if renamed or hidden else ():
        topic = new.name if renamed and discussion.topic == old.name else discussion.topic
        kind = "p" if hidden else discussion.type
        changed = structs.replace(discussion, topic=topic, type=kind)
        if changed != discussion:
            stamp = ws.stamp(discussion.updated_at)
            rooms.update(changes, discussion, structs.replace(changed, updated_at=stamp))


async def _rename_team(ws: Workspace, changes: Changes, main: Room) -> None:
    team = await ws.directory.team(main.team_id) if main.team_id is not None else None
    if team is not None:
        stamp = ws.stamp(team.updated_at)
        name = (main.display_name or team.name).strip()
        kind = team_type(main)
        teams.update(changes, team, structs.replace(team, name=name, type=kind, updated_at=stamp))


def _not_allowed(reason: str, action: str) -> Refused:
    return Refused("error-action-not-allowed", reason, details={"method": _METHOD, "action": action})


async def _name(edit: _Edit) -> _Outcome:
    ws, room = edit.ws, edit.room
    display = str(edit.value or "")
    if room.type == "d":
        raise Refused("error-not-allowed", "Not allowed", details={"function": "RocketChat.saveRoomName"})
    if not display.strip() or display == room.name:
        return room, None
    name = await free_name(ws, display, own=room.id)
    if name != room.name and await ws.directory.user_named(name) is not None:
        raise Refused(
            "error-duplicate-handle",
            f"A room, team or user with name '{name}' already exists",
            details={"function": "RocketChat.updateRoomName", "handle": name},
        )
    return structs.replace(room, name=name, display_name=display), _Said("r", display)


def _text(field: str, kind: str) -> _Saver:
    async def save_text(edit: _Edit) -> _Outcome:
        value = edit.value
        if isinstance(value, Mapping):
            # An announcement may come with a style of its own.
            value = value.get("message")
        text = str(value or "")
        if text == (getattr(edit.room, field) or ""):
            return edit.room, None
        return structs.replace(edit.room, **{field: text}), _Said(kind, text)

    return save_text


async def _custom_fields(edit: _Edit) -> _Outcome:
    if not isinstance(edit.value, Mapping):
        raise Refused(
            "invalid-roomCustomFields-type",
            "Invalid roomCustomFields type",
            details={"function": "RocketChat.saveRoomCustomFields"},
        )
    return structs.replace(edit.room, custom_fields=dict(edit.value)), None


async def _type(edit: _Edit) -> _Outcome:
    room, kind = edit.room, edit.value
    if kind == room.type:
        return room, None
    function = "RocketChat.saveRoomType"
    if kind not in ("c", "p"):
        raise Refused(
            "error-invalid-room-type",
            "error-invalid-room-type",
            details={"function": function, "type": str(kind)},
        )
    if room.type == "d":
        raise Refused(
            "error-direct-room", "Can't change type of direct rooms", details={"function": function}
        )
    if not edit.ws.authority.allows(f"create-{kind}", edit.actor):
        raise _not_allowed(
            "Changing a private group to a public channel is not allowed"
            if kind == "c"
            else "Changing a public channel to a private room is not allowed",
            "Change_Room_Type",
        )
    said = _Said("room_changed_privacy", "Channel" if kind == "c" else "Private Group")
    return structs.replace(room, type=kind), said


async def _read_only(edit: _Edit) -> _Outcome:
    value = bool(edit.value)
    if value == edit.room.read_only:
        return edit.room, None
    said = _Said("room-set-read-only" if value else "room-removed-read-only")
    return structs.replace(edit.room, read_only=value), said


async def _react_when_read_only(edit: _Edit) -> _Outcome:
    value = bool(edit.value)
    if value == bool(edit.room.react_when_read_only):
        return edit.room, None
    said = _Said("room-allowed-reacting" if value else "room-disallowed-reacting")
    return structs.replace(edit.room, react_when_read_only=value), said


async def _system_messages(edit: _Edit) -> _Outcome:
    value = edit.value
    if not isinstance(value, bool) and not (
        isinstance(value, list) and all(isinstance(kind, str) for kind in value)
    ):
        raise Refused("error-invalid-settings", "Invalid settings provided", method=_METHOD)
    return structs.replace(edit.room, system_messages=value), None


async def _default(edit: _Edit) -> _Outcome:
    if not edit.ws.authority.allows("view-room-administration", edit.actor):
        raise _not_allowed("Viewing room administration is not allowed", "Viewing_room_administration")
    return structs.replace(edit.room, default=bool(edit.value)), None


async def _join_code(edit: _Edit) -> _Outcome:
    return structs.replace(edit.room, join_code=str(edit.value or "") or None), None


_SAVERS: Final[Mapping[str, _Saver]] = MappingProxyType(
    {
        "roomName": _name,
        "roomTopic": _text("topic", "room_changed_topic"),
        "roomAnnouncement": _text("announcement", "room_changed_announcement"),
        "roomDescription": _text("description", "room_changed_description"),
        "roomCustomFields": _custom_fields,
        "roomType": _type,
        "readOnly": _read_only,
        "reactWhenReadOnly": _react_when_read_only,
        "systemMessages": _system_messages,
        "default": _default,
        "joinCode": _join_code,
    }
)
