"""The end of history: entries that are over are removed with their attempts, and with events nobody needs.

A step is a few statements whatever its size. What has not ended is never removed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from hookroom.rules.history_filter import Key
from hookroom.storage.database import Database, Kind, fetch_one
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables.deliveries import ENDED
from hookroom.storage.tables.id_list import AMONG, id_list

_INTEGRATION_AFTER: Final = Statement(
    "SELECT min(integration_id) FROM deliveries WHERE integration_id > :after"
)
_NTH: Final = Statement(
    "SELECT updated_at, id FROM deliveries WHERE integration_id = :integration_id"
    " AND (updated_at, id) < (:time, :id) ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :skipped"
)
_ENDED: Final = Statement(
    "SELECT updated_at, id, event_id FROM deliveries WHERE integration_id = :integration_id"
    f" AND (updated_at, id) > (:time, :id) AND updated_at <= :before AND {ENDED}"
    " ORDER BY updated_at, id LIMIT :count"
)


def _of_ids(text: str) -> Mapping[Kind, Statement]:
    return {kind: Statement(text.format(among=among)) for kind, among in AMONG.items()}


_ATTEMPTS_GO: Final = _of_ids("DELETE FROM attempts WHERE delivery_id {among}")
_ENTRIES_GO: Final = _of_ids(f"DELETE FROM deliveries WHERE id {{among}} AND {ENDED}")
_NO_DELIVERY: Final = "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = events.id)"
_EVENTS_GO: Final = _of_ids(f"DELETE FROM events WHERE id {{among}} AND {_NO_DELIVERY}")
_UNNAMED: Final = Statement(
    f"SELECT id FROM events WHERE id > :after AND id <= :last AND {_NO_DELIVERY} ORDER BY id"
)
_EVENT_AFTER: Final = Statement("SELECT id FROM events WHERE id > :after ORDER BY id LIMIT 1 OFFSET :skipped")
_LAST_EVENT: Final = Statement("SELECT max(id) FROM events WHERE id > :after")


class Over(NamedTuple):
    """An entry that is to go, and its event."""

    key: Key
    event_id: str


async def integration_after(db: Database, after: str) -> str | None:
    """The next integration, in the order of ids, that has a history."""
    row = await fetch_one(db, _INTEGRATION_AFTER, after=after)
    return row[0] if row else None


async def nth_before(db: Database, integration_id: str, start: Key, count: int) -> Key | None:
    """The entry that stands ``count`` before ``start``, from the newest to the oldest."""
    row = await fetch_one(
        db, _NTH, integration_id=integration_id, time=start.time, id=start.id, skipped=count - 1
    )
    return Key(row[0], row[1]) if row else None


async def ended_by(
    db: Database, integration_id: str, before: int, count: int, *, after: Key
) -> Sequence[Over]:
    """Entries after a key that ended at or before a time (epoch milliseconds), the oldest first."""
    rows = await db.fetch(
        _ENDED, integration_id=integration_id, before=before, count=count, time=after.time, id=after.id
    )
    return [Over(Key(row[0], row[1]), row[2]) for row in rows]


def remove(changes: Changes, kind: Kind, over: Collection[Over]) -> None:
    """Remove entries that have ended, with their attempts, and their events if no other delivery is of them."""
    ids = id_list([one.key.id for one in over])
    changes.run(_ATTEMPTS_GO[kind], ids=ids)
    changes.run(_ENTRIES_GO[kind], ids=ids)
    remove_events(changes, kind, {one.event_id for one in over})


async def events_without_delivery(db: Database, after: str, count: int) -> tuple[Sequence[str], str | None]:
    """Ids of events that no delivery names, among the ``count`` that come after an id; and where those end.

    The end is ``None`` when there are no further events. An event is written together with its deliveries: one
    without has lost them, to two nodes that each removed one at the same time.
    """
    row = await fetch_one(db, _EVENT_AFTER, after=after, skipped=count - 1)
    end: str | None = row[0] if row else None
    last = end
    if last is None:
        row = await fetch_one(db, _LAST_EVENT, after=after)
        last = row[0] if row else None
    if last is None:
        return [], None
    return [row[0] for row in await db.fetch(_UNNAMED, after=after, last=last)], end


def remove_events(changes: Changes, kind: Kind, ids: Collection[str]) -> None:
    """Remove those of the events that no delivery names."""
    changes.run(_EVENTS_GO[kind], ids=id_list(ids))
