"""Changing what a room is, archiving and removing it."""

from __future__ import annotations

from typing import Any, Final

from hookroom.messages.cleaning import Cleaning, clean
from hookroom.methods import finding
from hookroom.methods.params import flag, maybe_text, moment, number, record, text, texts
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms import room_life, room_settings

methods = Methods("Changes of rooms")

_TEXTS: Final = frozenset({"roomName", "roomTopic", "roomDescription", "roomType", "joinCode"})
_FLAGS: Final = frozenset({"readOnly", "reactWhenReadOnly", "default"})


@methods.add("saveRoomSettings")
async def save_room_settings(
    call: MethodCall, room_id: Any, settings: Any, value: Any = None
) -> dict[str, Any]:
    """Change settings of a room: an object of them, or one by its name and value."""
    wanted = {settings: value} if isinstance(settings, str) else record(settings, "settings")
    for name, one in wanted.items():
        if name in _TEXTS:
            maybe_text(one, name)
        elif name in _FLAGS:
            flag(one, name)
        elif name == "roomAnnouncement":
            maybe_text(one.get("message") if isinstance(one, dict) else one, name)
    room = await finding.room(call, room_id)
    saved = await room_settings.save(call.ws, call.user, room, wanted)
    return {"result": True, "rid": saved.id}


@methods.add("archiveRoom")
async def archive_room(call: MethodCall, room_id: Any) -> None:
    """Close a room to new messages."""
    await room_life.archive(call.ws, call.user, await finding.room(call, room_id))


@methods.add("unarchiveRoom")
async def unarchive_room(call: MethodCall, room_id: Any) -> None:
    """Open an archived room again."""
    await room_life.unarchive(call.ws, call.user, await finding.room(call, room_id))


@methods.add("eraseRoom")
async def erase_room(call: MethodCall, room_id: Any) -> bool:
    """Remove a room with all its messages."""
    await room_life.erase(call.ws, call.user, await finding.room(call, room_id))
    return True


@methods.add("cleanRoomHistory")
async def clean_room_history(call: MethodCall, asked: Any) -> int:
    """Remove a stretch of a room's messages, as ``rooms.cleanHistory`` does; answers how many that were."""
    given = record(asked)
    users = given.get("fromUsers")
    what = Cleaning(
        oldest=moment(given.get("oldest"), "oldest"),
        latest=moment(given.get("latest"), "latest"),
        inclusive=flag(given.get("inclusive"), "inclusive", default=True),
        files_only=flag(given.get("filesOnly"), "filesOnly", default=False),
        keep_pinned=flag(given.get("excludePinned"), "excludePinned", default=False),
        keep_threads=flag(given.get("ignoreThreads"), "ignoreThreads", default=False),
        keep_discussions=flag(given.get("ignoreDiscussion"), "ignoreDiscussion", default=False),
        authors=frozenset() if users is None else frozenset(texts(users, "fromUsers")),
        limit=number(given.get("limit"), "limit", default=0),
    )
    return await clean(call.ws, call.user, await finding.room(call, given.get("roomId"), "roomId"), what)


@methods.add("saveRoomName")
async def save_room_name(call: MethodCall, room_id: Any, name: Any) -> str:
    """Give a room another name; answers the name."""
    room = await finding.room(call, room_id)
    await room_settings.save(call.ws, call.user, room, {"roomName": text(name, "name")})
    return text(name)
