"""Making teams, with a new main room or of a room that there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from hookroom.errors import Failure, Forbidden
from hookroom.rooms import membership, room_creation, room_settings, system_messages
from hookroom.rooms.room_creation import RoomDraft
from hookroom.rules.ids import random_id
from hookroom.rules.model import Room, Team, TeamType, User, UserRef, team_type
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions, teams
from hookroom.workspace.workspace import Workspace, retrying


class TeamDraft(Struct, frozen=True, kw_only=True):
    """A team to be made. ``members`` and ``owner`` are user ids or names; unknown members are passed over."""

    name: str
    type: TeamType
    members: Sequence[str] = ()
    owner: str | None = None
    """Who is to own it; who makes it, where there is none."""
    read_only: bool = False
    topic: str | None = None
    description: str | None = None
    announcement: str | None = None
    broadcast: bool = False


@retrying
async def create(ws: Workspace, caller: User, draft: TeamDraft) -> Team:
    """Make a team and its main room: a channel, or a group where the team is private.

    Needs ``create-team`` and ``create-c`` or ``create-p``: ``Forbidden``. Raises ``Failure``:
    ``team-name-already-exists``, ``room-name-already-exists``, ``invalid-user``; ``Refused`` for a name that no
    room may have.
    """
    kind = "p" if draft.type == 1 else "c"
    if not ws.authority.allows("create-team", caller) or not ws.authority.allows(f"create-{kind}", caller):
        raise Forbidden
    await _check_name(ws, draft.name)
    owner = await _owner(ws, draft.owner) or caller
    room_draft = RoomDraft(
        type="p" if draft.type == 1 else "c",
        name=draft.name,
        members=[user.username for user in await _users(ws, draft.members)],
        read_only=draft.read_only,
        topic=draft.topic,
        description=draft.description,
        announcement=draft.announcement,
        broadcast=draft.broadcast,
        team_id=random_id(),
        team_main=True,
    )
    changes = Changes()
    room = await room_creation.add(ws, changes, owner, room_draft)
    team = _team(ws, caller, room)
    teams.insert(changes, team)
    await membership.commit(ws, changes)
    return team


async def convert(ws: Workspace, caller: User, room: Room, draft: TeamDraft | None = None) -> Team:
    """Make ``room`` the main room of a new team, which its members are in; ``draft`` has a name of its own.

    Who owned the room owns the team; where nobody did, ``draft.owner`` or else ``caller`` does. Needs
    ``create-team`` and, in the room, ``edit-room``: ``Forbidden``. Raises ``Failure`` as ``create``, and
    ``invalid-room``, ``room-already-on-team``; ``Refused`` as ``room_settings.save`` where the draft changes the
    room's name or kind.
    """
    member = await ws.directory.subscription(room.id, caller.id)
    if not all(ws.authority.allows(one, caller, member) for one in ("create-team", "edit-room")):
        raise Forbidden
    if room.type == "d":
        raise Failure("invalid-room")
    await _check_name(ws, _display(room) if draft is None else draft.name, own=room.id)
    if draft is not None and room.team_id is None:
        wanted: dict[str, Any] = {}
        if draft.name != room.name:
            wanted["roomName"] = draft.name
        if draft.type != team_type(room):
            wanted["roomType"] = "p" if draft.type == 1 else "c"
        if wanted:
            await room_settings.save(ws, caller, room, wanted)
    return await _convert(ws, caller, room, draft)


@retrying
async def _convert(ws: Workspace, caller: User, room: Room, draft: TeamDraft | None) -> Team:
    old = await membership.current(ws, room, "convertToTeam")
    if old.team_id is not None:
        raise Failure("room-already-on-team")
    await _check_name(ws, _display(old), own=old.id)
    stamp = ws.stamp(old.updated_at)
    new = structs.replace(
        old, team_id=random_id(), team_main=True, display_name=_display(old), updated_at=stamp
    )
    changes = Changes()
    rooms.update(changes, old, new)
    team = _team(ws, caller, new)
    teams.insert(changes, team)
    for member in await subscriptions.of_room(ws.db, old.id):
        user = await ws.directory.user(member.user_id)
        if user is not None:
            membership.enter_team(changes, new, user, caller, stamp)
    added = {} if draft is None else {user.id: user for user in await _users(ws, draft.members)}
    owner = await _owner(ws, draft.owner if draft is not None else None)
    if any(OWNER in one.roles for one in await subscriptions.with_roles(ws.db, old.id)):
        heir = owner
    else:
        heir = owner or caller
    if heir is not None:
        await _own(ws, changes, new, heir, caller)
        added.pop(heir.id, None)
    for user in added.values():
        if await ws.directory.subscription(new.id, user.id) is None:
            membership.enter(ws, changes, new, user, inviter=caller)
    system_messages.add(ws, changes, new, caller, "user-converted-to-team", team.name)
    await membership.commit(ws, changes)
    return team


async def _own(ws: Workspace, changes: Changes, room: Room, owner: User, caller: User) -> None:
    """Make ``owner`` an owner of the room, and a member before."""
    member = await ws.directory.subscription(room.id, owner.id)
    if member is None:
        inviter = None if owner.id == caller.id else caller
        membership.enter(ws, changes, room, owner, inviter=inviter, roles=(OWNER,))
    elif OWNER not in member.roles:
        stamp = ws.stamp(member.updated_at)
        owning = structs.replace(member, roles=(*member.roles, OWNER), updated_at=stamp)
        subscriptions.update(changes, member, owning)


async def _check_name(ws: Workspace, name: str, *, own: str | None = None) -> None:
    if await ws.directory.team_named(name) is not None or await ws.directory.user_named(name) is not None:
        raise Failure("team-name-already-exists")
    room = await ws.directory.room_named(name)
    if room is not None and room.id != own:
        raise Failure("room-name-already-exists")


async def _owner(ws: Workspace, named: str | None) -> User | None:
    if named is None:
        return None
    found = await _users(ws, [named])
    if not found:
        raise Failure("invalid-user")
    return found[0]


async def _users(ws: Workspace, names: Sequence[str]) -> list[User]:
    """The active users with these ids or names."""
    directory = ws.directory
    found = [await directory.user(one) or await directory.user_named(one) for one in names]
    return [user for user in found if user is not None and user.active]


def _team(ws: Workspace, caller: User, main: Room) -> Team:
    at = ws.stamp()
    return Team(
        id=main.team_id or "",
        name=_display(main).strip(),
        type=team_type(main),
        created_at=at,
        created_by=UserRef(id=caller.id, username=caller.username),
        updated_at=at,
        room_id=main.id,
    )


def _display(room: Room) -> str:
    return room.display_name or room.name or ""
