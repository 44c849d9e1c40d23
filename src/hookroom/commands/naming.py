"""The rooms and users that the words of a command name."""

from __future__ import annotations

from hookroom.commands.command import Given
from hookroom.commands.telling import tell
from hookroom.rooms.access import may_see
from hookroom.rules.model import Room, User


async def room_or_this(given: Given) -> Room | None:
    """The room that the command names, else the one it was said in; ``None``, and told so: there is none."""
    return await room_named(given) if given.params.strip() else given.room


async def room_named(given: Given) -> Room | None:
    """The room of that name. One that its user does not see is none; who said so is told."""
    name = first_word(given).removeprefix("#")
    room = await given.ws.directory.room_named(name)
    if room is None or not await may_see(given.ws, given.user, room):
        tell(given, f"The channel `#{name[:100]}` does not exist.")
        return None
    return room


async def user_named(given: Given) -> User | None:
    """The user that the first word names; who said so is told where there is none."""
    name = first_word(given).removeprefix("@")
    user = await given.ws.directory.user_named(name) if name else None
    if user is None:
        tell(given, f"The username `{name[:100]}` doesn't exist.")
    return user


def first_word(given: Given) -> str:
    """What is said up to the first white space."""
    words = given.params.split(None, 1)
    return words[0] if words else ""
