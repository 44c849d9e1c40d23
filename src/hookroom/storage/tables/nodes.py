"""Server processes and their leases.

Where several share a database the time is the database's: their own clocks need not agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Changes, Statement

DATABASE_TIME: Final[Mapping[Kind, str]] = {
    "sqlite": ":now",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
}
"""The time by which leases are told, in SQL: epoch milliseconds."""


def _by_kind(sql: str) -> Mapping[Kind, Statement]:
    return {kind: Statement(sql.format(now=now)) for kind, now in DATABASE_TIME.items()}


_RENEW: Final = _by_kind(
    "INSERT INTO nodes (id, lease_until) VALUES (:id, {now} + :lease_ms)"
    " ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"
)
_END_OTHERS: Final = _by_kind(
    "UPDATE nodes SET lease_until = {now} - 1 WHERE id <> :id AND lease_until >= {now}"
)
_DEAD: Final = _by_kind("SELECT id FROM nodes WHERE lease_until < {now} AND id <> :id ORDER BY id")
_ALIVE: Final = _by_kind("SELECT id, lease_until - {now} FROM nodes WHERE lease_until >= {now} ORDER BY id")
_FORGET: Final = _by_kind("DELETE FROM nodes WHERE lease_until < {now} - :age_ms AND id <> :id")


def renew(changes: Changes, kind: Kind, node: str, now: int, lease_ms: int) -> None:
    """The node lives for ``lease_ms`` more; it is dead at once when that is negative.

    ``now`` is this process's time (epoch milliseconds), used where no other has the database.
    """
    changes.run(_RENEW[kind], id=node, now=now, lease_ms=lease_ms)


def end_others(changes: Changes, kind: Kind, node: str, now: int) -> None:
    """No other node lives any longer."""
    changes.run(_END_OTHERS[kind], id=node, now=now)


def forget(changes: Changes, kind: Kind, node: str, now: int, age_ms: int) -> None:
    """Forget the nodes whose lease ended that long ago."""
    changes.run(_FORGET[kind], id=node, now=now, age_ms=age_ms)


async def dead(db: Database, node: str, now: int) -> Sequence[str]:
    """Other nodes whose lease has run out."""
    return [row[0] for row in await db.fetch(_DEAD[db.kind], id=node, now=now)]


async def alive(db: Database, now: int) -> Sequence[tuple[str, int]]:
    """Nodes that live, each with how many milliseconds its lease goes on."""
    return [(row[0], int(row[1])) for row in await db.fetch(_ALIVE[db.kind], now=now)]
