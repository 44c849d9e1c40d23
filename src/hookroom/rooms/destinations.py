"""From what a payload calls a destination to the room it means (contract, section 3, "destinations")."""

from __future__ import annotations

from collections.abc import Sequence

from hookroom.errors import Refused
from hookroom.rooms.access import check_may_post
from hookroom.rooms.direct_rooms import open_direct
from hookroom.rooms.membership import join
from hookroom.rules.hook_message import Destination
from hookroom.rules.model import Room, User
from hookroom.workspace.workspace import Workspace


async def room_of(ws: Workspace, author: User, destination: Destination) -> Room:
    """The room in which ``author`` posts to ``destination``; joined, opened or made where that is needed.

    Raises ``Refused`` (``invalid-channel``) when there is none, and ``Failure`` or ``Refused`` when the
    author may not post, join or open it.
    """
    return (await rooms_of(ws, author, [destination]))[0]


async def rooms_of(ws: Workspace, author: User, destinations: Sequence[Destination]) -> list[Room]:
    """``room_of`` for several, each room once. Nobody joins anything before all of them are found and checked.

    Public channels are joined, direct rooms are made when a first message is to be posted.
    """
    found: dict[str, Room | User] = {}
    for destination in destinations:
        target = await _find(ws, author, destination)
        found[target.id] = target
        if isinstance(target, Room):
            await check_may_post(ws, author, target, await ws.directory.subscription(target.id, author.id))
    rooms = [await _enter(ws, author, target) for target in found.values()]
    return list({room.id: room for room in rooms}.values())


async def _find(ws: Workspace, author: User, destination: Destination) -> Room | User:
    """The room, or the user with whom there is no direct room yet."""
    kind, value = destination.kind, destination.value
    if kind != "@":
        room = await ws.directory.room(value) or await ws.directory.room_named(value)
        if room is not None:
            return room
        if kind == "#":
            raise Refused("invalid-channel")
    user = await ws.directory.user(value)
    if user is None and kind == "@":
        user = await ws.directory.user_named(value)
    if user is not None:
        return await ws.directory.direct_room([*{author.id, user.id}]) or user
    room = await ws.directory.room(value)
    if room is not None and room.type == "d":
        return room
    raise Refused("invalid-channel")


async def _enter(ws: Workspace, author: User, target: Room | User) -> Room:
    if isinstance(target, User):
        return await open_direct(ws, author, [target])
    if target.type == "c" and await ws.directory.subscription(target.id, author.id) is None:
        await join(ws, author, target)
    return target
