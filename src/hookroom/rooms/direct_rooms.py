"""Direct rooms: of two users, of one with themselves, or of a few. One room for each set of members, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms.membership import new_subscription
from hookroom.rules.ids import direct_room_id, room_id
from hookroom.rules.model import Room, User
from hookroom.storage.database import Conflict, Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def open_direct(
    ws: Workspace,
    user: User,
    others: Sequence[User],
    *,
    exclude_self: bool = False,
    method: str = "createDirectMessage",
) -> Room:
    """The direct room of ``user`` and ``others``, made when there is none, and shown in ``user``'s list.

    ``others`` may name ``user``, alone too: a room with oneself. With ``exclude_self`` the room is of the
    others only. A new room is shown to the others with its first message (a room of more than two at once).
    Without ``create-d`` an existing room is found, with ``view-d-room``.

    Raises ``Refused``: ``error-not-allowed``, ``error-invalid-user`` (a room with oneself is switched off),
    ``error-direct-message-max-user-exceeded``.
    """
    people = {one.id: one for one in ((*others,) if exclude_self else (user, *others))}
    members = sorted(people.values(), key=lambda one: one.name or one.username)
    if set(people) == {user.id} and not ws.settings["Message_AllowDirectMessagesToYourself"]:
        raise Refused("error-invalid-user", "Invalid user", method=method)
    room = await ws.directory.direct_room(list(people))
    if not ws.authority.allows("create-d", user) and not (
        room is not None and ws.authority.allows("view-d-room", user)
    ):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    most = ws.settings["DirectMesssage_maxUsers"] or 1
    if len(people) > most:
        raise Refused(
            "error-direct-message-max-user-exceeded",
            f"You cannot add more than {most} users, including yourself to a direct message",
            method="createDirectRoom",
        )
    if room is None:
        return await _create(ws, user, members)
    if user.id in people:
        await _show(ws, user, room)
    return room


def rename_member(ws: Workspace, changes: Changes, found: Sequence[Room], old: str, new: str) -> None:
    """A member's user name changed: the direct rooms (``tables.rooms.direct_of``) name them anew."""
    for room in found:
        names = tuple(new if name == old else name for name in room.usernames or ())
        if names != room.usernames:
            stamp = ws.stamp(room.updated_at)
            rooms.update(changes, room, structs.replace(room, usernames=names, updated_at=stamp))


async def _create(ws: Workspace, user: User, members: Sequence[User]) -> Room:
    at = ws.stamp()
    ids = tuple(sorted(one.id for one in members))
    room = Room(
        id=direct_room_id(*ids) if len(ids) == 2 else room_id(),
        type="d",
        user_ids=ids,
        usernames=tuple(one.username for one in members),
        read_only=False,
        created_at=at,
        updated_at=at,
    )
    changes = Changes()
    rooms.insert(changes, room)
    for one in members:
        shown = one.id == user.id or len(members) > 2
        subscriptions.insert(changes, new_subscription(room.id, one, at, open_=shown))
    await _commit(ws, changes)
    return room


async def _show(ws: Workspace, user: User, room: Room) -> None:
    member = await ws.directory.subscription(room.id, user.id)
    changes = Changes()
    if member is None:
        subscriptions.insert(changes, new_subscription(room.id, user, ws.stamp()))
    elif not member.open:
        shown: dict[str, Any] = {"open": True, "updated_at": ws.stamp(member.updated_at)}
        subscriptions.update(changes, member, structs.replace(member, **shown))
    if changes.steps:
        await _commit(ws, changes)


async def _commit(ws: Workspace, changes: Changes) -> None:
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        # The other side opened it at the same time.
        raise Stale from error
