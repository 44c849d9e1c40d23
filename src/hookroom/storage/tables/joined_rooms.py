"""The rooms that many users are in, as ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Statement
from hookroom.storage.tables.id_list import AMONG, id_list

_KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")
_OF_USERS: Final[Mapping[Kind, Statement]] = {
    kind: Statement(f"SELECT room_id, user_id FROM subscriptions WHERE user_id {AMONG[kind]}")
    for kind in _KINDS
}


async def of_users(db: Database, user_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Each membership of these users: the room's id and the user's."""
    rows = await db.fetch(_OF_USERS[db.kind], ids=id_list(user_ids))
    return [(row[0], row[1]) for row in rows]
