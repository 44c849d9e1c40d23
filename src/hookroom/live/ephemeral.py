"""Messages that are written nowhere, to one user: answers to commands, and why something was not done."""

from __future__ import annotations

import time
from typing import Any, Final

from hookroom.live.hub import Hub
from hookroom.live.places import USER
from hookroom.rules.ids import timed_id

AUTHOR: Final = {"_id": "rocket.cat", "username": "rocket.cat"}
"""Whom clients show as the author, as in the original."""


def tell_user(hub: Hub, user_id: str, room_id: str, text: str, **fields: Any) -> None:
    """Show ``text`` to a user in a room, on all nodes; ``fields`` are further ones of the message.

    Who does not listen at that moment never sees it.
    """
    now = time.time_ns() // 1_000_000
    at = {"$date": now}
    message: dict[str, Any] = {
        "_id": timed_id(now),
        "rid": room_id,
        "msg": text,
        "ts": at,
        "_updatedAt": at,
        "u": AUTHOR,
        "private": True,
        "groupable": False,
        **fields,
    }
    hub.signal(USER, f"{user_id}/message", [message])
