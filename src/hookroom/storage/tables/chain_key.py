"""The key that a workspace signs its chains with (``rules.chain``): the same on every node, made once."""

from __future__ import annotations

from typing import Final

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement

_NAME: Final = "chain_key"
_KEEP: Final = Statement("INSERT INTO notes (id, value) VALUES (:id, :value) ON CONFLICT (id) DO NOTHING")
_KEPT: Final = Statement("SELECT value FROM notes WHERE id = :id")


async def kept(db: Database, made: bytes) -> bytes:
    """The key, which is ``made`` if there was none; of two nodes that start at once, one's."""
    if not (rows := await db.fetch(_KEPT, id=_NAME)):
        changes = Changes()
        changes.run(_KEEP, id=_NAME, value=made.hex())
        await db.commit(changes)
        rows = await db.fetch(_KEPT, id=_NAME)
    return bytes.fromhex(rows[0][0])
