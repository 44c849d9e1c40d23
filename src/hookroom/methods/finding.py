"""The rooms, users and messages that parameters name."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Refused
from hookroom.methods.params import text
from hookroom.methods.registry import MethodCall
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, Room, User
from hookroom.storage.tables import messages


async def room(call: MethodCall, room_id: Any, field: str = "rid") -> Room:
    """The room of that id, whoever may see it. Raises ``Refused``: ``error-invalid-room``."""
    found = await call.ws.directory.room(text(room_id, field))
    if found is None:
        raise Refused("error-invalid-room", "Invalid room", method=call.method)
    return found


async def seen_room(call: MethodCall, room_id: Any, field: str = "rid", *, named: bool = False) -> Room:
    """The room of that id that the caller sees; ``named``: its name will do.

    Raises ``Refused``: ``error-not-allowed``, also when there is none.
    """
    key = text(room_id, field)
    directory = call.ws.directory
    found = await directory.room(key) or (await directory.room_named(key) if named else None)
    if found is None or not await may_see(call.ws, call.user, found):
        raise Refused("error-not-allowed", "Not allowed", method=call.method)
    return found


async def user(call: MethodCall, user_id: Any, field: str = "userId") -> User:
    """The user of that id. Raises ``Refused``: ``error-invalid-user``."""
    found = await call.ws.directory.user(text(user_id, field))
    if found is None:
        raise Refused("error-invalid-user", "Invalid user", method=call.method)
    return found


async def user_named(call: MethodCall, username: Any, field: str = "username") -> User:
    """The user of that name. Raises ``Refused``: ``error-invalid-user``."""
    found = await call.ws.directory.user_named(text(username, field))
    if found is None:
        raise Refused("error-invalid-user", "Invalid user", method=call.method)
    return found


async def message(call: MethodCall, message_id: Any, field: str = "_id") -> Message:
    """The message of that id. Raises ``Refused``: ``error-invalid-message``."""
    found = await messages.by_id(call.ws.db, text(message_id, field))
    if found is None:
        raise Refused("error-invalid-message", "Invalid message", method=call.method)
    return found
