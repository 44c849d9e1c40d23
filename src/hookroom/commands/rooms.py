"""Commands about rooms: making, joining, leaving, archiving and naming them."""

from __future__ import annotations

from typing import Final

from hookroom.commands.command import Command, Given
from hookroom.commands.naming import first_word, room_named, room_or_this, user_named
from hookroom.commands.telling import tell
from hookroom.errors import Refused
from hookroom.rooms import membership, room_creation, room_life, room_marks, room_settings
from hookroom.rooms.room_creation import RoomDraft
from hookroom.rules.model import Room


async def _archive(given: Given) -> None:
    room = await room_or_this(given)
    if room is None:
        return
    if room.archived:
        tell(given, f"An archived channel with name `#{room.name}` already exists")
        return
    await room_life.archive(given.ws, given.user, room)
    tell(given, f"Channel with name `#{room.name}` has been archived successfully")


async def _unarchive(given: Given) -> None:
    room = await room_or_this(given)
    if room is None:
        return
    if not room.archived:
        tell(given, f"Channel with name `#{room.name}` is already in Unarchived state")
        return
    await room_life.unarchive(given.ws, given.user, room)
    tell(given, f"Channel with name `#{room.name}` has been Unarchived successfully")


async def _create(given: Given) -> None:
    words = given.params.split()
    names = [one.removeprefix("#") for one in words if not one.startswith("--")]
    if not names or not names[0]:
        return
    if await given.ws.directory.room_named(names[0]) is not None:
        tell(given, f"The channel `#{names[0]}` already exists.")
        return
    draft = RoomDraft(type="p" if "--private" in words else "c", name=names[0])
    await room_creation.create(given.ws, given.user, draft)


async def _hide(given: Given) -> None:
    room: Room | None
    if first_word(given).startswith("@"):
        other = await user_named(given)
        if other is None:
            return
        room = await given.ws.directory.direct_room([*{given.user.id, other.id}])
        if room is None:
            tell(given, f"You have no direct messages with `@{other.username}`.")
            return
    else:
        room = await room_or_this(given)
    if room is not None:
        await room_marks.hide(given.ws, given.user, room.id)


async def _join(given: Given) -> None:
    room = await room_named(given)
    if room is None:
        return
    if await given.ws.directory.subscription(room.id, given.user.id) is not None:
        raise Refused("error-user-already-in-room", "You are already in the channel", method="slashcommands")
    await membership.join(given.ws, given.user, room)


async def _leave(given: Given) -> None:
    await membership.leave(given.ws, given.user, given.room)


async def _topic(given: Given) -> None:
    await room_settings.save(given.ws, given.user, given.room, {"roomTopic": given.params.strip()})


_LEAVE: Final = ("leave-c", "leave-p")

COMMANDS: Final = (
    Command(
        name="archive",
        run=_archive,
        params="#channel",
        description="Archive",
        permissions=("archive-room",),
    ),
    Command(
        name="unarchive",
        run=_unarchive,
        params="#channel",
        description="Unarchive",
        permissions=("unarchive-room",),
    ),
    Command(
        name="create",
        run=_create,
        params="#channel",
        description="Create_A_New_Channel",
        permissions=("create-c", "create-p"),
    ),
    Command(name="hide", run=_hide, params="#room", description="Hide_room"),
    Command(
        name="join",
        run=_join,
        params="#channel",
        description="Join_the_given_channel",
        permissions=("view-c-room",),
    ),
    Command(name="leave", run=_leave, description="Leave_the_current_channel", permissions=_LEAVE),
    Command(name="part", run=_leave, description="Leave_the_current_channel", permissions=_LEAVE),
    Command(
        name="topic",
        run=_topic,
        params="Slash_Topic_Params",
        description="Slash_Topic_Description",
        permissions=("edit-room",),
    ),
)
