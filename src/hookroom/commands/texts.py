"""Commands that say something: a gesture, an action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from hookroom.commands.command import Command, Given
from hookroom.messages.sending import send

_OPTIONAL: Final = "your_message_optional"


async def say(given: Given, text: str) -> None:
    """Send ``text`` where the command was said."""
    thread = {"tmid": given.thread_id} if given.thread_id else {}
    await send(given.ws, given.user, {"rid": given.room.id, "msg": text, **thread})


async def _me(given: Given) -> None:
    if given.params.strip():
        await say(given, f"_{given.params.strip()}_")


def _gesture(before: str = "", after: str = "") -> Callable[[Given], Awaitable[None]]:
    async def gesture(given: Given) -> None:
        await say(given, " ".join(one for one in (before, given.params.strip(), after) if one))

    return gesture


COMMANDS: Final = (
    Command(name="me", run=_me, params="your_message", description="Displays_action_text"),
    Command(
        name="gimme",
        run=_gesture(before="༼ つ ◕_◕ ༽つ"),
        params=_OPTIONAL,
        description="Slash_Gimme_Description",
    ),
    Command(
        name="lennyface",
        run=_gesture(after="( ͡° ͜ʖ ͡°)"),
        params=_OPTIONAL,
        description="Slash_LennyFace_Description",
    ),
    Command(
        name="shrug",
        # Its arm would be the mark of italics.
        run=_gesture(after="¯\\\\_(ツ)_/¯"),
        params=_OPTIONAL,
        description="Slash_Shrug_Description",
    ),
    Command(
        name="tableflip",
        run=_gesture(after="(╯°□°）╯︵ ┻━┻"),
        params=_OPTIONAL,
        description="Slash_Tableflip_Description",
    ),
    Command(
        name="unflip",
        run=_gesture(after="┬─┬ ノ( ゜-゜ノ)"),
        params=_OPTIONAL,
        description="Slash_TableUnflip_Description",
    ),
)
