"""Deliveries as history: the entries themselves, once it is known which are wanted (``history_keys``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from hookroom.rules.history_filter import HistoryFilter
from hookroom.storage.database import Database, Kind, fetch_one
from hookroom.storage.statement import Changes, Row, Statement
from hookroom.storage.tables import history_keys
from hookroom.storage.tables.deliveries import Progress, State
from hookroom.storage.tables.events import StoredEvent
from hookroom.storage.tables.id_list import AMONG, id_list

BRIEF: Final = 4096
"""Characters of the longest event data that a brief reading reads."""

_COLUMNS: Final = (
    "d.id, d.url, d.trigger_word, d.state, d.next_at, d.created_at, d.updated_at, d.doc,"
    " e.id, e.name, e.depth, e.created_at, {data}, d.attempts"
)
_FROM: Final = "FROM deliveries d JOIN events e ON e.id = d.event_id WHERE {which}"
_SELECT: Final = f"SELECT {_COLUMNS} {_FROM}"
_DATA: Final = "e.data"
_BRIEF_DATA: Final = f"CASE WHEN length(e.data) <= {BRIEF} THEN e.data END"

_ONE: Final = Statement(_SELECT.format(data=_DATA, which="d.integration_id = :integration_id AND d.id = :id"))


def _by_ids(data: str) -> Mapping[Kind, Statement]:
    return {
        kind: Statement(_SELECT.format(data=data, which=f"d.id {among}")) for kind, among in AMONG.items()
    }


_OF_IDS: Final = _by_ids(_DATA)
_BRIEFLY: Final = _by_ids(_BRIEF_DATA)

# In the document, so that it costs nothing to the many that are never replayed; at its beginning, where no text
# that a receiver or a script had a hand in can be taken for it.
_MARK: Final = '{"replayedAs":"'
"""How the document of an entry begins that was replayed; the id of the new delivery follows."""
_UNMARKED: Final = f"doc NOT LIKE '{_MARK}%'"
_NOT_REPLAYED: Final[Mapping[Kind, Statement]] = {
    kind: Statement(f"SELECT id FROM deliveries WHERE id {among} AND {_UNMARKED}")
    for kind, among in AMONG.items()
}
_HOLD: Final = Statement("UPDATE deliveries SET doc = doc WHERE id = :id")
_PAIRS: Final[Mapping[Kind, str]] = {
    "sqlite": "json_each(:pairs)",
    "postgresql": "json_each_text(:pairs::json)",
}
_MARK_AS_REPLAYED: Final = {
    kind: Statement(
        f"UPDATE deliveries SET doc = '{_MARK}' || pairs.made || '\",' || substr(deliveries.doc, 2)"
        f" FROM (SELECT key AS id, value AS made FROM {pairs}) AS pairs"
        f" WHERE deliveries.id = pairs.id AND deliveries.{_UNMARKED}"
    )
    for kind, pairs in _PAIRS.items()
}


class Entry(Struct, frozen=True, kw_only=True):
    """A delivery as its history tells it. Times are epoch milliseconds.

    ``replayed_as`` is the delivery that ``integrations.replayFailed`` made of it.
    """

    id: str
    url: str
    trigger_word: str | None
    state: State
    next_at: int
    created_at: int
    updated_at: int
    progress: Progress
    event: StoredEvent
    replayed_as: str | None = None


class StoredEntry(Struct, frozen=True):
    """An entry as it is stored: ``progress`` and ``data`` (of its event) are texts, JSON.

    ``data`` is ``None`` where it was read briefly and is longer than ``BRIEF``.
    """

    row: Row

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row[0])

    @property
    def url(self) -> str:
        """Whom it is for."""
        return str(self.row[1])

    @property
    def trigger_word(self) -> str:
        """The trigger word, or nothing."""
        return str(self.row[2] or "")

    @property
    def progress(self) -> str:
        """How far it has come."""
        return str(self.row[7])

    @property
    def event_name(self) -> str:
        """Its event's name."""
        return str(self.row[9])

    @property
    def attempts(self) -> int:
        """How many attempts had been made when it was read."""
        return int(self.row[13])

    @property
    def data(self) -> str | None:
        """Its event's data."""
        return None if self.row[12] is None else str(self.row[12])

    @property
    def replayed(self) -> bool:
        """Whether it was replayed with others."""
        return self.progress.startswith(_MARK)

    def entry(self) -> Entry:
        """What it says. Data that was not read is empty."""
        row = self.row
        mark = _mark_of(row[7]) if self.replayed else None
        return Entry(
            id=row[0],
            url=row[1],
            trigger_word=row[2],
            state=row[3],
            next_at=row[4],
            created_at=row[5],
            updated_at=row[6],
            progress=_progress(row[7]),
            event=StoredEvent(
                id=row[8],
                name=row[9],
                depth=row[10],
                at=row[11],
                data={"bot": False} if row[12] is None else msgspec.json.decode(row[12]),
            ),
            replayed_as=mark.replayed_as if mark is not None else None,
        )


class _Mark(Struct, rename="camel"):
    replayed_as: str


async def of_ids(db: Database, ids: Sequence[str], *, briefly: bool = False) -> Sequence[StoredEntry]:
    """The entries of those ids that are there, in the order of ``ids``; ``briefly``: without long data."""
    statement = (_BRIEFLY if briefly else _OF_IDS)[db.kind]
    found = {row[0]: row for row in await db.fetch(statement, ids=id_list(ids))}
    return [StoredEntry(found[id_]) for id_ in ids if id_ in found]


async def newest(db: Database, integration_id: str, count: int) -> Sequence[Entry]:
    """The entries of an integration that changed last, the newest first."""
    found = await history_keys.find(db, integration_id, HistoryFilter(), count=count)
    return [stored.entry() for stored in await of_ids(db, [key.id for key in found.keys])]


async def one(db: Database, integration_id: str, delivery_id: str) -> StoredEntry | None:
    """One entry of an integration."""
    row = await fetch_one(db, _ONE, integration_id=integration_id, id=delivery_id)
    return StoredEntry(row) if row else None


async def not_replayed(db: Database, ids: Sequence[str]) -> frozenset[str]:
    """Those of ``ids`` whose entries are there and were not replayed with others yet."""
    return frozenset(row[0] for row in await db.fetch(_NOT_REPLAYED[db.kind], ids=id_list(ids)))


def hold(changes: Changes, delivery_id: str) -> None:
    """Have an entry, and its event, outlive ``changes``. ``Stale`` when it is gone."""
    changes.run(_HOLD, expect=1, id=delivery_id)


def mark_as_replayed(changes: Changes, kind: Kind, made: Mapping[str, str]) -> None:
    """Note on entries, by their ids, the deliveries that were made of them.

    ``Stale`` when one of them is gone, or was replayed by somebody else.
    """
    pairs = msgspec.json.encode(made).decode()
    changes.run(_MARK_AS_REPLAYED[kind], expect=len(made), pairs=pairs)


_progress: Final = msgspec.json.Decoder(Progress).decode
_mark_of: Final = msgspec.json.Decoder(_Mark).decode
