"""The way in to slash commands: which there are, and running one.

REST (``commands.run``) and the realtime API (the method ``slashCommand``, whose one parameter is
``{cmd, params, msg: {rid, tmid}, triggerId}``) call ``run``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hookroom.commands import members, rooms, talk, texts
from hookroom.commands.command import Command, Given
from hookroom.commands.telling import tell
from hookroom.errors import Failure, Refused
from hookroom.live.hub import Hub
from hookroom.rooms.access import may_see
from hookroom.rules.model import Room, User
from hookroom.storage.tables import messages
from hookroom.workspace.workspace import Workspace

UNKNOWN: Final = "The command provided does not exist (or is disabled)."


async def run(
    ws: Workspace,
    hub: Hub,
    user: User,
    *,
    command: str,
    params: str,
    room_id: str,
    thread_id: str | None = None,
) -> None:
    """Run ``/command params`` of ``user``, said in a room (and in a thread there).

    Raises ``Failure`` for no such command, no such thread, and (403) a room that ``user`` does not see; and what
    the use case raises. What ``user`` mistyped they are told in the room, as nobody else is.
    """
    known = named(command)
    room = await check_room(ws, user, room_id)
    if thread_id is not None:
        first = await messages.by_id(ws.db, thread_id)
        if first is None or first.room_id != room.id:
            raise Failure("Invalid thread.")
    await known.run(Given(ws=ws, hub=hub, user=user, room=room, params=params, thread_id=thread_id))


def named(command: str) -> Command:
    """The command of that name; case does not count. Raises ``Failure``."""
    known = COMMANDS.get(command.lower())
    if known is None:
        raise Failure(UNKNOWN)
    return known


async def check_room(ws: Workspace, user: User, room_id: str) -> Room:
    """The room. Raises ``Failure`` (403) for one that ``user`` does not see, and for none."""
    room = await ws.directory.room(room_id)
    if room is None or not await may_see(ws, user, room):
        raise Failure("User does not have access to this room", status=403)
    return room


def no_preview(command: str) -> Refused:
    """What previews are refused with: no command has one."""
    named(command)
    return Refused(
        "error-invalid-command", "Command Does Not Provide Previews", method="executeSlashCommandPreview"
    )


async def _help(given: Given) -> None:
    lines = [f"`/{one.name}{f' {one.params}' if one.params else ''}`" for one in COMMANDS.values()]
    tell(given, "Commands that this server knows:\n" + "\n".join(lines))


_HELP: Final = Command(name="help", run=_help, description="Show_the_keyboard_shortcut_list")

COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        command.name: command
        for command in sorted(
            (_HELP, *texts.COMMANDS, *rooms.COMMANDS, *members.COMMANDS, *talk.COMMANDS),
            key=lambda one: one.name,
        )
    }
)
"""Every command, by name."""
