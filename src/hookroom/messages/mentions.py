"""Whom a message mentions, from the directory: no mention is stored of who does not exist."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from hookroom.errors import Refused
from hookroom.rules.mentions import named_in, spellings
from hookroom.rules.model import Room, Subscription, User
from hookroom.storage.tables import rooms
from hookroom.teams import mentions as teams
from hookroom.workspace.workspace import Workspace


class Mentions(Struct, frozen=True):
    """``mentions`` and ``channels`` of a message, in the wire's shapes."""

    people: tuple[dict[str, Any], ...] = ()
    channels: tuple[dict[str, Any], ...] = ()


NOBODY: Final = Mentions()


async def mentioned(ws: Workspace, author: User, member: Subscription | None, text: str) -> Mentions:
    """Whom and which rooms ``text`` mentions; ``member`` is the author's membership of the room.

    Users, teams and public channels by their exact names, private groups only of their members. A team is one
    mention, of all its members. Raises ``Refused`` (``error-action-not-allowed``) for ``@all`` and ``@here``
    without ``mention-all`` and ``mention-here``; in a room of too many members they are plain text.
    """
    named = named_in(text, ws.settings["UTF8_User_Names_Validation"])
    people: dict[str, dict[str, Any]] = {}
    for group in named.groups:
        if not ws.authority.allows(f"mention-{group}", author, member):
            raise Refused(
                "error-action-not-allowed",
                f"Notify {group} in this room not allowed",
                details={"action": "Notify all in this room"},
            )
        if not await _too_many(ws, member):
            people[group] = {"_id": group, "username": group}
    for name in named.users:
        if user := await _user(ws, name):
            people[user.id] = {"_id": user.id, "username": user.username, "name": user.name, "type": "user"}
        elif team := await teams.named(ws, name):
            people[team.id] = {"_id": team.id, "name": team.name, "type": "team"}
    channels: dict[str, dict[str, Any]] = {}
    for name in named.channels:
        if room := await _room(ws, author, name):
            channels[room.id] = {"_id": room.id, "name": room.name}
            if room.display_name is not None:
                channels[room.id]["fname"] = room.display_name
    return Mentions(tuple(people.values()), tuple(channels.values()))


async def _too_many(ws: Workspace, member: Subscription | None) -> bool:
    """Whether the room has so many members that nobody mentions all of them (``Message_MaxAll``; 0: never)."""
    most: int = ws.settings["Message_MaxAll"]
    return most > 0 and member is not None and (await rooms.activity(ws.db, member.room_id)).members > most


async def _user(ws: Workspace, name: str) -> User | None:
    for spelling in spellings(name):
        user = await ws.directory.user_named(spelling)
        if user is not None and user.username == spelling:
            return user
    return None


async def _room(ws: Workspace, author: User, name: str) -> Room | None:
    for spelling in spellings(name):
        room = await ws.directory.room_named(spelling)
        if room is None or room.type == "d":
            continue
        if room.type == "c" or await ws.directory.subscription(room.id, author.id) is not None:
            return room
    return None
