"""Who is in a room: joining, being added, leaving, being removed.

An owner who goes touches the room too, so that two who go at once are one after the other, and the second is
the last owner. Who is in the main room of a team is in the team, and joins the rooms that are joined with it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages
from hookroom.rooms.access import may_see
from hookroom.rules.ids import timed_id
from hookroom.rules.model import Room, Subscription, TeamMember, User, UserRef
from hookroom.rules.room_roles import OWNER
from hookroom.rules.times import IsoTime, millis
from hookroom.storage.database import Conflict, Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions, team_members, users
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def join(ws: Workspace, user: User, room: Room, *, join_code: str | None = None) -> None:
    """``user`` joins a channel by themselves; nothing happens to who is a member already.

    Raises ``Refused``: ``error-not-allowed``, ``error-code-required``, ``error-code-invalid``,
    ``error-invalid-room`` when it was deleted meanwhile.
    """
    method = "joinRoom"
    room = await current(ws, room, method)
    if room.type == "d" or not await may_see(ws, user, room):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    if await ws.directory.subscription(room.id, user.id) is not None:
        return
    if room.join_code and not ws.authority.allows("join-without-join-code", user):
        if not join_code:
            raise Refused("error-code-required", "Code required", method=method)
        if not hmac.compare_digest(_bytes(join_code), _bytes(room.join_code)):
            raise Refused("error-code-invalid", "Invalid code", method=method)
    await enter_all(ws, room, [user], None)


@retrying
async def add(
    ws: Workspace, actor: User, added: Iterable[User], room: Room, *, method: str = "addUsersToRoom"
) -> None:
    """``actor`` adds others to a channel or group, all or none; members stay what they are.

    Members of the room need ``add-user-to-joined-room``, others ``add-user-to-any-c-room`` or ``-p-room``.
    Raises ``Refused``: ``error-cant-invite-for-direct-room``, ``error-not-allowed``.
    """
    room = await current(ws, room, method)
    if room.type == "d":
        raise Refused("error-cant-invite-for-direct-room", "Can't invite user to direct rooms", method=method)
    member = await ws.directory.subscription(room.id, actor.id)
    if not (member and ws.authority.allows("add-user-to-joined-room", actor, member)) and not (
        ws.authority.allows(f"add-user-to-any-{room.type}-room", actor)
    ):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    await enter_all(ws, room, added, actor)


@retrying
async def add_everybody(ws: Workspace, actor: User, room: Room, *, active_only: bool) -> None:
    """Add every user of the server, as far as ``API_User_Limit`` allows; needs ``add-all-to-room``.

    Raises ``Refused``: ``error-not-allowed``, ``error-user-limit-exceeded``, ``error-invalid-room``.
    """
    method = "addAllToRoom"
    if not ws.authority.allows("add-all-to-room", actor):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    room = await current(ws, room, method)
    everyone = [user for user in await users.everyone(ws.db) if user.active or not active_only]
    if len(everyone) > ws.settings["API_User_Limit"]:
        raise Refused("error-user-limit-exceeded", "User Limit Exceeded", method=method)
    # Each says of themselves that they joined: nobody invited them.
    await enter_all(ws, room, everyone, None)


async def join_defaults(ws: Workspace, user: User, *, silent: bool = False) -> None:
    """A new user joins the default channels; ``silent`` leaves their messages out."""
    for room in await rooms.defaults(ws.db):
        if await ws.directory.subscription(room.id, user.id) is not None:
            continue
        changes = Changes()
        for one in await joined_with(ws, room):
            if one is room or await ws.directory.subscription(one.id, user.id) is None:
                enter(ws, changes, one, user, silent=silent)
        try:
            await ws.db.commit(changes)
        except (Conflict, Stale):
            continue  # They are in it, or it is gone: both are what was wanted.


@retrying
async def leave(ws: Workspace, user: User, room: Room) -> None:
    """``user`` leaves by themselves; needs ``leave-c`` or ``leave-p``.

    Raises ``Refused``: ``error-not-allowed``, ``error-user-not-in-room``, ``error-you-are-last-owner``.
    """
    method = "leaveRoom"
    room = await current(ws, room, method)
    if room.type == "d" or not ws.authority.allows(f"leave-{room.type}", user):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    member = await ws.directory.subscription(room.id, user.id)
    if member is None:
        raise Refused("error-user-not-in-room", "You are not in this room", method=method)
    changes = Changes()
    await go(ws, changes, room, user, member, method)
    await ws.db.commit(changes)


@retrying
async def kick(ws: Workspace, actor: User, user: User, room: Room) -> None:
    """``actor`` removes ``user``; needs ``remove-user`` there.

    Raises ``Refused``: ``error-not-allowed``, ``error-room-not-found`` where ``actor`` sees no such room,
    ``error-user-not-in-room``, ``error-you-are-last-owner``.
    """
    method = "removeUserFromRoom"
    room = await current(ws, room, method)
    own = await ws.directory.subscription(room.id, actor.id)
    if room.type == "d" or not ws.authority.allows("remove-user", actor, own):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    anywhere = ws.authority.allows(f"kick-user-from-any-{room.type}-room", actor)
    if not anywhere and not await may_see(ws, actor, room):
        raise Refused(
            "error-room-not-found",
            'The required "roomId" or "roomName" param provided does not match any group',
        )
    member = await ws.directory.subscription(room.id, user.id)
    if member is None:
        raise Refused("error-user-not-in-room", "User is not in this room", method=method)
    changes = Changes()
    await go(ws, changes, room, user, member, method, remover=actor)
    await ws.db.commit(changes)


def enter(
    ws: Workspace,
    changes: Changes,
    room: Room,
    user: User,
    *,
    inviter: User | None = None,
    silent: bool = False,
    roles: Sequence[str] = (),
) -> None:
    """Make ``user`` a member of a channel or group, with its message and event; nothing is checked.

    Who enters the main room of a team is in the team; the rooms that are joined with it are ``joined_with``'s.
    """
    at = ws.stamp()
    subscriptions.insert(changes, structs.replace(new_subscription(room.id, user, at), roles=tuple(roles)))
    enter_team(changes, room, user, inviter or user, at)
    if not silent and inviter is not None:
        kind = "added-user-to-team" if room.team_main else "au"
        system_messages.add(ws, changes, room, inviter, kind, user.username)
    elif not silent:
        kind = "ujt" if room.team_main else "ut" if room.parent_id else "uj"
        system_messages.add(ws, changes, room, user, kind, user.username)
    ws.observer.observe(Event(name="roomJoined", room=room, user=user, at=ws.now()), changes)


def enter_team(changes: Changes, room: Room, user: User, inviter: User, at: IsoTime) -> None:
    """Who becomes a member of ``room`` is in the team that it is the main room of, if it is one."""
    if room.team_main and room.team_id is not None:
        member = TeamMember(
            id=timed_id(millis(at)),
            team_id=room.team_id,
            user_id=user.id,
            created_at=at,
            created_by=UserRef(id=inviter.id, username=inviter.username),
        )
        team_members.insert(changes, member)


async def joined_with(ws: Workspace, room: Room) -> list[Room]:
    """The room, and where it is the main one of a team those that are joined with it."""
    if not room.team_main or room.team_id is None:
        return [room]
    others = await rooms.of_team(ws.db, room.team_id)
    return [room, *(one for one in others if one.team_default and one.id != room.id)]


def new_subscription(room_id: str, user: User, at: IsoTime, *, open_: bool = True) -> Subscription:
    """A membership that begins ``at``."""
    return Subscription(
        id=timed_id(millis(at)), room_id=room_id, user_id=user.id, open=open_, created_at=at, updated_at=at
    )


async def current(ws: Workspace, room: Room, method: str) -> Room:
    """The room as it is now. Raises ``Refused`` (``error-invalid-room``) when it was deleted."""
    now = await ws.directory.room(room.id)
    if now is None:
        raise Refused("error-invalid-room", "Invalid room", method=method)
    return now


async def check_not_last_owner(ws: Workspace, room: Room, member: Subscription, error: Exception) -> None:
    """Raises ``error`` when ``member`` is the room's only owner."""
    if OWNER in member.roles:
        holders = await subscriptions.with_roles(ws.db, room.id)
        if not any(OWNER in one.roles for one in holders if one.user_id != member.user_id):
            raise error


async def enter_all(
    ws: Workspace, room: Room, added: Iterable[User], inviter: User | None, changes: Changes | None = None
) -> None:
    """Make members of all who are none, with what that room is joined with; nothing is checked.

    ``changes`` are written with it. Raises ``Stale`` where somebody does the same at the same time.
    """
    changes = changes or Changes()
    entered = await joined_with(ws, room)
    for user in {user.id: user for user in added}.values():
        if await ws.directory.subscription(room.id, user.id) is not None:
            continue
        for one in entered:
            if await ws.directory.subscription(one.id, user.id) is None:
                enter(ws, changes, one, user, inviter=inviter)
    if changes.steps:
        await commit(ws, changes)


async def go(
    ws: Workspace,
    changes: Changes,
    room: Room,
    user: User,
    member: Subscription,
    method: str,
    *,
    remover: User | None = None,
) -> None:
    """End a membership, with its message and event; nothing but who owns the room then is checked.

    Raises ``Refused`` (``error-you-are-last-owner``).
    """
    await check_not_last_owner(
        ws,
        room,
        member,
        Refused(
            "error-you-are-last-owner",
            "You are the last owner. Please set new owner before leaving the room.",
            method=method,
        ),
    )
    if OWNER in member.roles:
        rooms.update(changes, room, structs.replace(room, updated_at=ws.stamp(room.updated_at)))
    subscriptions.delete(changes, member, ws.now())
    if room.team_main and room.team_id is not None:
        team_members.delete(changes, room.team_id, user.id)
    if remover is not None:
        kind = "removed-user-from-team" if room.team_main else "ru"
        system_messages.add(ws, changes, room, remover, kind, user.username)
    else:
        kind = "ult" if room.team_main else "ul"
        system_messages.add(ws, changes, room, user, kind, user.username)
    ws.observer.observe(Event(name="roomLeft", room=room, user=user, at=ws.now()), changes)


async def commit(ws: Workspace, changes: Changes) -> None:
    """Write new memberships. Raises ``Stale`` where somebody does the same at the same time."""
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        # Somebody added one of them meanwhile: look again who is missing.
        raise Stale from error


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
