"""Commands about members of a room: inviting, removing and muting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.commands.command import Command, Given
from hookroom.commands.naming import first_word, room_named, user_named
from hookroom.commands.telling import tell
from hookroom.rooms import membership, room_creation, room_muting
from hookroom.rooms.room_creation import RoomDraft
from hookroom.rules.model import Room, User
from hookroom.storage.tables import room_members
from hookroom.storage.tables.room_members import MemberFilter


async def _invite(given: Given) -> None:
    ws = given.ws
    names = dict.fromkeys(one.removeprefix("@") for one in given.params.replace(",", " ").split())
    if len(names) > (limit := ws.settings["API_User_Limit"]):
        _too_many(given, limit)
        return
    added: list[User] = []
    for name in names:
        user = await ws.directory.user_named(name)
        if user is None:
            tell(given, f"The username `{name[:100]}` doesn't exist.")
        elif await ws.directory.subscription(given.room.id, user.id) is not None:
            tell(given, f"`@{user.username}` is already in here.")
        else:
            added.append(user)
    if added:
        await membership.add(ws, given.user, added, given.room)


async def _invite_all_to(given: Given) -> None:
    if not (name := first_word(given).removeprefix("#")):
        return
    people = await _members(given, given.room)
    if people is None:
        return
    if await given.ws.directory.room_named(name) is None and given.room.type != "d":
        draft = RoomDraft(type=given.room.type, name=name, members=[one.username for one in people])
        await room_creation.create(given.ws, given.user, draft)
        tell(given, f"Channel `#{name}` created successfully.")
        return
    target = await room_named(given)
    if target is not None:
        await membership.add(given.ws, given.user, people, target)
        tell(given, "The users have been added.")


async def _invite_all_from(given: Given) -> None:
    source = await room_named(given) if given.params.strip() else None
    people = await _members(given, source) if source is not None else None
    if people is not None:
        await membership.add(given.ws, given.user, people, given.room)
        tell(given, "The users have been added.")


async def _kick(given: Given) -> None:
    user = await _member(given)
    if user is not None:
        await membership.kick(given.ws, given.user, user, given.room)


async def _mute(given: Given) -> None:
    user = await _member(given)
    if user is not None:
        await room_muting.mute(given.ws, given.user, user, given.room)


async def _unmute(given: Given) -> None:
    user = await _member(given)
    if user is not None:
        await room_muting.unmute(given.ws, given.user, user, given.room)


async def _member(given: Given) -> User | None:
    """The member of the room that the command names; who said it is told where there is none."""
    user = await user_named(given)
    if user is not None and await given.ws.directory.subscription(given.room.id, user.id) is None:
        tell(given, f"`@{user.username}` is not in this room.")
        return None
    return user


async def _members(given: Given, room: Room) -> Sequence[User] | None:
    """The active members of ``room``; ``None``, and told so, where there are more than ``API_User_Limit``."""
    which, limit = MemberFilter(room_id=room.id), given.ws.settings["API_User_Limit"]
    if await room_members.total(given.ws.db, which) > limit:
        _too_many(given, limit)
        return None
    return [user for user, _ in await room_members.members(given.ws.db, which)]


def _too_many(given: Given, limit: int) -> None:
    tell(given, f"More than {limit} users cannot be invited at once.")


_TO_ANY: Final = ("add-user-to-joined-room", "add-user-to-any-c-room", "add-user-to-any-p-room")

COMMANDS: Final = (
    Command(
        name="invite",
        run=_invite,
        params="@username",
        description="Invite_user_to_join_channel",
        permissions=("add-user-to-joined-room",),
    ),
    Command(
        name="invite-all-to",
        run=_invite_all_to,
        params="#room",
        description="Invite_user_to_join_channel_all_to",
        permissions=_TO_ANY,
    ),
    Command(
        name="invite-all-from",
        run=_invite_all_from,
        params="#room",
        description="Invite_user_to_join_channel_all_from",
        permissions=_TO_ANY,
    ),
    Command(
        name="kick",
        run=_kick,
        params="@username",
        description="Remove_someone_from_room",
        permissions=("remove-user",),
    ),
    Command(
        name="mute",
        run=_mute,
        params="@username",
        description="Mute_someone_in_room",
        permissions=("mute-user",),
    ),
    Command(
        name="unmute",
        run=_unmute,
        params="@username",
        description="Unmute_someone_in_room",
        permissions=("mute-user",),
    ),
)
