"""Server processes and their leases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement

_RENEW: Final = Statement(
    "INSERT INTO nodes (id, lease_until) VALUES (:id, :lease_until)"
    " ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"
)
_END_OTHERS: Final = Statement("UPDATE nodes SET lease_until = :at WHERE id <> :id AND lease_until > :at")
_DEAD: Final = Statement("SELECT id FROM nodes WHERE lease_until < :now AND id <> :id ORDER BY id")
_FORGET: Final = Statement("DELETE FROM nodes WHERE lease_until < :before AND id <> :id")


def renew(changes: Changes, node: str, lease_until: int) -> None:
    """The node lives at least until then (epoch milliseconds)."""
    changes.run(_RENEW, id=node, lease_until=lease_until)


def end_others(changes: Changes, node: str, at: int) -> None:
    """No other node lives any longer than until ``at``."""
    changes.run(_END_OTHERS, id=node, at=at)


def forget(changes: Changes, node: str, before: int) -> None:
    """Forget the nodes whose lease ended before then."""
    changes.run(_FORGET, id=node, before=before)


async def dead(db: Database, node: str, now: int) -> Sequence[str]:
    """Other nodes whose lease has run out."""
    return [row[0] for row in await db.fetch(_DEAD, id=node, now=now)]
