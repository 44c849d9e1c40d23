"""Making channels and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.rooms.membership import enter_team, new_subscription
from hookroom.rules.ids import room_id
from hookroom.rules.model import Room, User
from hookroom.rules.room_names import taken, valid_name
from hookroom.rules.room_roles import OWNER
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace


class RoomDraft(Struct, frozen=True, kw_only=True):
    """A room to be made. ``members`` are user names; those that nobody has are passed over."""

    type: Literal["c", "p"]
    name: str
    members: Sequence[str] = ()
    read_only: bool = False
    exclude_self: bool = False
    custom_fields: Mapping[str, Any] | None = None
    topic: str | None = None
    description: str | None = None
    announcement: str | None = None
    broadcast: bool = False
    """Only those with ``post-readonly`` write there."""
    team_id: str | None = None
    team_main: bool = False


async def create(ws: Workspace, owner: User, draft: RoomDraft) -> Room:
    """Make a room with ``owner`` as its owner, and a member unless the draft says otherwise.

    Raises ``Refused``: ``error-not-allowed`` without ``create-c`` or ``create-p``, ``error-invalid-name``,
    ``error-invalid-room-name``, ``error-duplicate-channel-name``, ``error-archived-duplicate-name``.
    """
    if not ws.authority.allows(f"create-{draft.type}", owner):
        method = "createChannel" if draft.type == "c" else "createPrivateGroup"
        raise Refused("error-not-allowed", "Not allowed", method=method)
    changes = Changes()
    room = await add(ws, changes, owner, draft)
    await write(ws, changes, room)
    return room


async def add(ws: Workspace, changes: Changes, owner: User, draft: RoomDraft) -> Room:
    """Add a new room to ``changes``, for ``write`` to write; answers it. Who may make one is not asked.

    Raises ``Refused`` as ``free_name``.
    """
    name = await free_name(ws, draft.name)
    at = ws.stamp()
    room = Room(
        id=room_id(),
        type=draft.type,
        name=name,
        display_name=draft.name,
        creator=owner.ref(),
        topic=draft.topic or None,
        description=draft.description or None,
        announcement=draft.announcement or None,
        read_only=draft.read_only or draft.broadcast,
        broadcast=draft.broadcast or None,
        default=False,
        system_messages=True,
        custom_fields=dict(draft.custom_fields or {}),
        team_id=draft.team_id,
        team_main=draft.team_main or None,
        created_at=at,
        updated_at=at,
    )
    rooms.insert(changes, room)
    for member in await _members(ws, owner, draft):
        subscription = new_subscription(room.id, member, at)
        if member.id == owner.id:
            subscription = structs.replace(subscription, roles=(OWNER,), last_seen=at)
        subscriptions.insert(changes, subscription)
        enter_team(changes, room, member, owner, at)
    ws.observer.observe(Event(name="roomCreated", room=room, user=owner, owner=owner, at=ws.now()), changes)
    return room


async def write(ws: Workspace, changes: Changes, room: Room) -> None:
    """Write what ``add`` added. Raises ``Refused`` as ``taken`` when somebody was faster with the name."""
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        raise_if_taken(error, room.name or "")
        raise


async def free_name(ws: Workspace, display: str, *, own: str | None = None) -> str:
    """The valid name of a room to be shown as ``display``; ``own`` is the id of the room it is for.

    Raises as ``valid_name``, and what ``taken`` gives when another room has it. Who writes it must be ready
    for a ``Conflict`` all the same (``raise_if_taken``): somebody may be faster.
    """
    special: bool = ws.settings["UI_Allow_room_names_with_special_chars"]
    name = wanted = valid_name(
        display,
        ws.settings["UTF8_Channel_Names_Validation"],
        ws.settings["Accounts_SystemBlockedUsernameList"],
        special=special,
    )
    number = 0
    while (holder := await ws.directory.room_named(name)) is not None and holder.id != own:
        # Two display names may come to one name: the second gets a number.
        if not special or holder.display_name == display:
            raise taken(name, archived=bool(holder.archived))
        number += 1
        name = f"{wanted}-{number}"
    return name


def raise_if_taken(error: Conflict, name: str) -> None:
    """Raises what ``taken`` gives if ``error`` is about a room's name."""
    if "rooms" in error.constraint and "name_key" in error.constraint:
        raise taken(name, archived=False) from error


async def _members(ws: Workspace, owner: User, draft: RoomDraft) -> Sequence[User]:
    found = {}
    for username in draft.members:
        user = await ws.directory.user_named(username)
        if user is not None:
            found[user.id] = user
    if not draft.exclude_self:
        found[owner.id] = owner
    return list(found.values())
