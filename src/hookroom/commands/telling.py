"""Telling somebody something in a room that nobody else sees, and that is not kept."""

from __future__ import annotations

from typing import Final

from hookroom.commands.command import Given
from hookroom.live.hub import Hub
from hookroom.rules.ddp import to_ddp
from hookroom.rules.ids import timed_id
from hookroom.rules.times import iso

_STREAM: Final = "stream-notify-user"
_CAT: Final = {"_id": "rocket.cat", "username": "rocket.cat"}


def tell(given: Given, text: str) -> None:
    """Tell the user of a command ``text``, where they said it."""
    tell_user(given.hub, given.user.id, given.room.id, text, now=given.ws.now(), thread_id=given.thread_id)


def tell_user(
    hub: Hub, user_id: str, room_id: str, text: str, *, now: int, thread_id: str | None = None
) -> None:
    """Show ``text`` to all clients of a user, as a message in that room (``now``: epoch milliseconds)."""
    message = {
        "_id": timed_id(now),
        "rid": room_id,
        "ts": iso(now),
        "msg": text,
        "u": _CAT,
        "private": True,
        "groupable": False,
        **({"tmid": thread_id} if thread_id else {}),
    }
    hub.signal(_STREAM, f"{user_id}/message", [to_ddp(message)])
