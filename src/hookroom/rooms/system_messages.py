"""System messages: what a room says of itself when somebody joins, leaves or changes it.

Their ``t`` says what happened; ``msg`` holds the name or text that it happened to, and clients make a sentence
of the two. They are always stored: the setting ``Hide_System_Messages`` and a room's own ``sysMes`` say which
of them a history leaves out (``hidden``), as in the original, so that showing them again brings them back.
"""

from __future__ import annotations

from typing import Any, Final

from hookroom.rules.ids import timed_id
from hookroom.rules.model import Message, Room, User
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages
from hookroom.workspace.workspace import Workspace

_BOTH_OF: Final = {"mute_unmute": ("user-muted", "user-unmuted")}
"""Names that stand for several types where hidden types are chosen."""


def add(
    ws: Workspace, changes: Changes, room: Room, actor: User, kind: str, text: str, **fields: Any
) -> Message:
    """Add a message of type ``kind`` by ``actor``; ``fields`` are further fields of ``Message``.

    It fires no ``sendMessage`` (contract, section 4) and is not the room's last message.
    """
    now = ws.now()
    message = Message(
        id=timed_id(now),
        room_id=room.id,
        type=kind,
        text=text,
        created_at=iso(now),
        updated_at=iso(now),
        user=actor.ref(),
        groupable=False,
        **fields,
    )
    messages.insert(changes, message)
    return message


def hidden(ws: Workspace, room: Room) -> frozenset[str]:
    """Types of system messages that the room's history leaves out."""
    chosen = (
        room.system_messages
        if isinstance(room.system_messages, list)
        else ws.settings["Hide_System_Messages"]
    )
    return frozenset(kind for one in chosen for kind in _BOTH_OF.get(one, (one,)))
