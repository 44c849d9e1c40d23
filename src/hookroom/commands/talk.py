"""Commands about oneself and others: a direct message, one's status."""

from __future__ import annotations

from typing import Final

from hookroom.commands.command import Command, Given
from hookroom.commands.naming import user_named
from hookroom.commands.telling import tell
from hookroom.messages.sending import send
from hookroom.people import presence
from hookroom.rooms.direct_rooms import open_direct


async def _msg(given: Given) -> None:
    words = given.params.split(None, 1)
    if len(words) < 2:
        tell(given, "Username and message must not be empty.")
        return
    other = await user_named(given)
    if other is not None:
        room = await open_direct(given.ws, given.user, [other])
        await send(given.ws, given.user, {"rid": room.id, "msg": words[1]})


async def _status(given: Given) -> None:
    await presence.set_status(given.ws, given.user.id, None, given.params.strip())
    tell(given, "Status message changed successfully.")


COMMANDS: Final = (
    Command(
        name="msg",
        run=_msg,
        params="@username <message>",
        description="Direct_message_someone",
        permissions=("create-d",),
    ),
    Command(
        name="status",
        run=_status,
        params="Slash_Status_Params",
        description="Slash_Status_Description",
    ),
)
