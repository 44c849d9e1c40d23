"""Who is in a room, and what they are there."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Refused
from hookroom.methods import finding
from hookroom.methods.params import maybe_text, record, text, texts
from hookroom.methods.registry import Handler, MethodCall, Methods
from hookroom.rooms import blocking, membership, room_muting, room_roles
from hookroom.rooms.room_roles import RoomRole
from hookroom.rules.model import Room, User

methods = Methods("Members of rooms")


@methods.add("joinRoom")
async def join_room(call: MethodCall, room_id: Any, code: Any = None) -> bool:
    """Join a channel; ``code`` is its join code."""
    join_code = maybe_text(code, "code")
    await membership.join(call.ws, call.user, await finding.room(call, room_id), join_code=join_code)
    return True


@methods.add("leaveRoom")
async def leave_room(call: MethodCall, room_id: Any) -> None:
    """Leave a room."""
    await membership.leave(call.ws, call.user, await finding.room(call, room_id))


@methods.add("addUsersToRoom")
async def add_users_to_room(call: MethodCall, data: Any) -> bool:
    """Add users to a room (``{rid, users: [user names]}``)."""
    given = record(data)
    await _add(call, given.get("rid"), texts(given.get("users"), "users"))
    return True


@methods.add("addUserToRoom")
async def add_user_to_room(call: MethodCall, data: Any) -> bool:
    """Add a user to a room (``{rid, username}``)."""
    given = record(data)
    await _add(call, given.get("rid"), [text(given.get("username"), "username")])
    return True


@methods.add("removeUserFromRoom")
async def remove_user_from_room(call: MethodCall, data: Any) -> bool:
    """Remove a user from a room (``{rid, username}``)."""
    room, user = await _named(call, data)
    await membership.kick(call.ws, call.user, user, room)
    return True


@methods.add("muteUserInRoom")
async def mute_user_in_room(call: MethodCall, data: Any) -> bool:
    """Keep a member from writing (``{rid, username}``)."""
    room, user = await _named(call, data)
    await room_muting.mute(call.ws, call.user, user, room)
    return True


@methods.add("unmuteUserInRoom")
async def unmute_user_in_room(call: MethodCall, data: Any) -> bool:
    """Let a member write again (``{rid, username}``)."""
    room, user = await _named(call, data)
    await room_muting.unmute(call.ws, call.user, user, room)
    return True


@methods.add("blockUser")
async def block_user(call: MethodCall, data: Any) -> bool:
    """Keep the other member of a direct room (``{rid}``) from writing to one."""
    room = await finding.room(call, record(data).get("rid"))
    await blocking.block(call.ws, call.user, room, True)
    return True


@methods.add("unblockUser")
async def unblock_user(call: MethodCall, data: Any) -> bool:
    """Let the other member of a direct room (``{rid}``) write to one again."""
    room = await finding.room(call, record(data).get("rid"))
    await blocking.block(call.ws, call.user, room, False)
    return True


def _add_role(role: RoomRole) -> None:
    async def grant(call: MethodCall, room_id: Any, user_id: Any) -> bool:
        room, user = await finding.room(call, room_id), await finding.user(call, user_id)
        await room_roles.grant(call.ws, call.user, user, room, role)
        return True

    async def revoke(call: MethodCall, room_id: Any, user_id: Any) -> bool:
        room, user = await finding.room(call, room_id), await finding.user(call, user_id)
        await room_roles.revoke(call.ws, call.user, user, room, role)
        return True

    article = "an" if role == "owner" else "a"
    _register(f"addRoom{role.capitalize()}", grant, f"Make a member {article} {role} of a room.")
    _register(f"removeRoom{role.capitalize()}", revoke, f"Take the role {role} from a member.")


def _register(name: str, handler: Handler, summary: str) -> None:
    handler.__doc__ = summary
    methods.add(name)(handler)


for _role in ("owner", "moderator", "leader"):
    _add_role(_role)


async def _named(call: MethodCall, data: Any) -> tuple[Room, User]:
    """The room and the user of ``{rid, username}``."""
    given = record(data)
    room = await finding.room(call, given.get("rid"))
    return room, await finding.user_named(call, given.get("username"))


async def _add(call: MethodCall, room_id: Any, usernames: Any) -> None:
    room = await finding.room(call, room_id)
    added = [await call.ws.directory.user_named(name) for name in usernames]
    users = [one for one in added if one is not None]
    if len(users) < len(added):
        raise Refused("error-invalid-username", "Invalid username", method=call.method)
    await membership.add(call.ws, call.user, users, room)
