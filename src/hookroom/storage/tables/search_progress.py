"""How far the index of messages is: what all nodes know of it, in one of the server's notes."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_NAME: Final = "message-search"
_BEGIN: Final = Statement("INSERT INTO notes (id, value) VALUES (:id, :value) ON CONFLICT (id) DO NOTHING")
_MOVE: Final = Statement("UPDATE notes SET value = :value WHERE id = :id AND value = :seen")
_KEPT: Final = Statement("SELECT value FROM notes WHERE id = :id")

_encode: Final = msgspec.json.Encoder().encode


class Progress(Struct, frozen=True, kw_only=True):
    """What is indexed for certain."""

    since: int
    """Everything that was written or changed by then (epoch milliseconds) and after the index came to be."""
    before: str | None = None
    """Of what was there when the index came to be: the messages whose ids are not below this one."""
    whole: bool = False
    """All of that."""


async def load(db: Database, now: int) -> Progress:
    """What was noted last; an index that is new begins ``now`` (epoch milliseconds)."""
    row = await fetch_one(db, _KEPT, id=_NAME)
    if row is None:
        changes = Changes()
        changes.run(_BEGIN, id=_NAME, value=_encode(Progress(since=now)).decode())
        await db.commit(changes)
        row = await fetch_one(db, _KEPT, id=_NAME)
        if row is None:
            raise AssertionError("a note that was written is there")
    return msgspec.json.decode(row[0], type=Progress)


def move(changes: Changes, old: Progress, new: Progress) -> None:
    """Note ``new``; ``Stale`` when another node noted something since ``old``."""
    changes.run(_MOVE, expect=1, id=_NAME, seen=_encode(old).decode(), value=_encode(new).decode())
