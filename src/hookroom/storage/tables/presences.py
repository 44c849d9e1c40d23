"""Who is connected to which process, and as what. Rows of a process that died no longer count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables.id_list import AMONG, id_list
from hookroom.storage.tables.nodes import DATABASE_TIME

_EACH: Final[Mapping[Kind, str]] = {
    "sqlite": "json_each(:ids)",
    "postgresql": "json_array_elements_text(:ids::json) AS each(value)",
}


def _by_kind(sql: str) -> Mapping[Kind, Statement]:
    return {
        kind: Statement(sql.format(now=now, each=_EACH[kind], among=AMONG[kind]))
        for kind, now in DATABASE_TIME.items()
    }


_ALIVE: Final = (
    "(p.node_id = :node OR EXISTS (SELECT 1 FROM nodes n WHERE n.id = p.node_id AND n.lease_until >= {now}))"
)
_PUT: Final = _by_kind(
    "INSERT INTO presences (node_id, user_id, status, updated_at)"
    " SELECT :node, value, :status, :at FROM {each} WHERE TRUE"
    " ON CONFLICT (node_id, user_id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at"
)
_REMOVE: Final = _by_kind("DELETE FROM presences WHERE node_id = :node AND user_id {among}")
_OF_USERS: Final = _by_kind(
    f"SELECT p.user_id, p.status FROM presences p WHERE p.user_id {{among}} AND {_ALIVE}"
)
_LEFT_BEHIND: Final = _by_kind(
    f"SELECT p.node_id, p.user_id FROM presences p WHERE NOT {_ALIVE}"
    " ORDER BY p.node_id, p.user_id LIMIT :count"
)


def put(changes: Changes, kind: Kind, node: str, user_ids: Collection[str], status: str, at: int) -> None:
    """These users are connected to ``node``, as ``status``, since ``at`` (epoch milliseconds)."""
    # In one order for everybody, so that no two nodes wait for each other.
    ids = id_list(sorted(user_ids))
    changes.run(_PUT[kind], node=node, ids=ids, status=status, at=at)


def remove(changes: Changes, kind: Kind, node: str, user_ids: Collection[str]) -> None:
    """These users are no longer connected to ``node``."""
    changes.run(_REMOVE[kind], node=node, ids=id_list(user_ids))


async def of_users(db: Database, node: str, now: int, user_ids: Collection[str]) -> dict[str, list[str]]:
    """What each of these users is on the nodes that live; ``node`` is the one that asks.

    ``now`` is this process's time (epoch milliseconds), used where no other has the database.
    """
    found: dict[str, list[str]] = {}
    statement = _OF_USERS[db.kind]
    for user_id, status in await db.fetch(statement, ids=id_list(user_ids), **_now(statement, node, now)):
        found.setdefault(user_id, []).append(status)
    return found


async def left_behind(db: Database, node: str, now: int, count: int) -> Sequence[tuple[str, str]]:
    """Nodes and users of rows whose nodes died; at most ``count``."""
    statement = _LEFT_BEHIND[db.kind]
    rows = await db.fetch(statement, count=count, **_now(statement, node, now))
    return [(row[0], row[1]) for row in rows]


def _now(statement: Statement, node: str, now: int) -> dict[str, str | int]:
    return {"node": node, "now": now} if "now" in statement.parameters else {"node": node}
