"""The index that messages are searched by: a row for each message that people wrote, and a full-text index of it.

The rows' ``words`` are those of ``rules.search_words``: SQLite indexes them in the FTS5 table ``message_words``,
which triggers keep, PostgreSQL in a GIN index of the ``tsvector`` that they are stored as. ``number`` is the
message's time with some bits of its id behind it: rows are in the order of their messages on both. How they are
searched is in ``message_finding``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from hookroom.rules.model import Message
from hookroom.rules.search_words import indexed
from hookroom.rules.times import millis
from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables.id_list import AMONG, id_list

NUMBER_BITS: Final = 20
"""Bits of ``number`` that tell messages of one millisecond apart."""

_VALUES: Final[Mapping[Kind, str]] = {
    "sqlite": "SELECT json_extract(value, '$[0]') AS number, json_extract(value, '$[1]') AS message_id,"
    " json_extract(value, '$[2]') AS room_id, json_extract(value, '$[3]') AS updated_at,"
    " json_extract(value, '$[4]') AS words FROM json_each(:rows)",
    "postgresql": "SELECT CAST(value ->> 0 AS bigint) AS number, value ->> 1 AS message_id,"
    " value ->> 2 AS room_id, CAST(value ->> 3 AS bigint) AS updated_at,"
    " CAST(value ->> 4 AS tsvector) AS words FROM json_array_elements(CAST(:rows AS json))",
}
_PUT: Final[Mapping[Kind, Statement]] = {
    kind: Statement(
        "INSERT INTO message_search (number, message_id, room_id, updated_at, words)"
        f" SELECT r.number, r.message_id, r.room_id, r.updated_at, r.words FROM ({values}) r"
        " WHERE EXISTS (SELECT 1 FROM messages m WHERE m.id = r.message_id AND m.updated_at = r.updated_at)"
        " ON CONFLICT (message_id) DO UPDATE SET number = excluded.number, room_id = excluded.room_id,"
        " updated_at = excluded.updated_at, words = excluded.words"
        " WHERE message_search.updated_at <> excluded.updated_at"
    )
    for kind, values in _VALUES.items()
}
_REMOVE: Final[Mapping[Kind, Statement]] = {
    kind: Statement(
        f"DELETE FROM message_search WHERE message_id {among}"
        " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = message_search.message_id AND m.type IS NULL)"
    )
    for kind, among in AMONG.items()
}
_STATE: Final[Mapping[Kind, Statement]] = {
    kind: Statement(
        "SELECT m.id, m.doc FROM messages m LEFT JOIN message_search s ON s.message_id = m.id"
        f" WHERE m.id {among} AND m.type IS NULL AND (s.updated_at IS NULL OR s.updated_at <> m.updated_at)"
    )
    for kind, among in AMONG.items()
}


def _walked(only: str) -> Statement:
    return Statement(
        "SELECT p.id, p.doc, s.message_id FROM"
        f" (SELECT m.id, m.doc, m.updated_at FROM messages m {only} ORDER BY m.id DESC LIMIT :count) p"
        " LEFT JOIN message_search s ON s.message_id = p.id AND s.updated_at = p.updated_at"
        " ORDER BY p.id DESC"
    )


_LAST: Final = _walked("")
_BEFORE: Final = _walked("WHERE m.id < :before")
_ORPHANS: Final = Statement(
    "SELECT s.message_id, m.id FROM (SELECT message_id FROM message_search WHERE message_id > :after"
    " ORDER BY message_id LIMIT :count) s LEFT JOIN messages m ON m.id = s.message_id"
    " ORDER BY s.message_id"
)


def _missed(column: str, only: str) -> Statement:
    # The room's index has the time: a look into each room, and not one at every message.
    return Statement(
        "SELECT m.id FROM rooms r CROSS JOIN messages m LEFT JOIN message_search s ON s.message_id = m.id"
        f" WHERE m.room_id = r.id AND m.{column} > :since AND m.{column} <= :until AND {only}"
        " AND (s.updated_at IS NULL OR s.updated_at <> m.updated_at) AND (m.type IS NULL OR s.number IS NOT NULL)"
        " LIMIT :count"
    )


_MISSED: Final = (
    _missed("created_at", "m.updated_at = m.created_at"),
    _missed("updated_at", "m.updated_at != m.created_at"),
)

_decode: Final = msgspec.json.Decoder(Message).decode


class Entry(Struct, frozen=True):
    """What the index says of a message."""

    message_id: str
    room_id: str
    created_at: int
    updated_at: int
    words: str


def entry(message: Message) -> Entry:
    """What the index is to say of ``message``."""
    return Entry(
        message.id,
        message.room_id,
        millis(message.created_at),
        millis(message.updated_at),
        indexed(message),
    )


def put(changes: Changes, kind: Kind, entries: Sequence[Entry], *, tries: int = 0) -> None:
    """Index messages, as they are if they are still the same; nothing happens to those that have changed.

    Conflict: two messages got one number, with a probability of one in a million for two of one millisecond;
    with another number of ``tries`` they get others.
    """
    rows = [
        (
            number(one.created_at, one.message_id, tries),
            one.message_id,
            one.room_id,
            one.updated_at,
            one.words if kind == "sqlite" else _vector(one.words),
        )
        for one in entries
    ]
    changes.run(_PUT[kind], rows=msgspec.json.encode(rows).decode())


def remove(changes: Changes, kind: Kind, message_ids: Collection[str]) -> None:
    """Take messages out of the index that are gone or are no longer what somebody wrote."""
    changes.run(_REMOVE[kind], ids=id_list(message_ids))


async def unindexed(db: Database, message_ids: Collection[str]) -> Sequence[Message]:
    """Those of the messages that the index does not have as they are."""
    rows = await db.fetch(_STATE[db.kind], ids=id_list(message_ids))
    return [_decode(row[1]) for row in rows]


async def missed(db: Database, since: int, until: int, count: int) -> Sequence[str]:
    """Ids of messages that came or changed between two moments (epoch milliseconds) and are not indexed so.

    The moment that the stretch begins at is not in it, the one that it ends at is.
    """
    found = [
        row[0]
        for statement in _MISSED
        for row in await db.fetch(statement, since=since, until=until, count=count)
    ]
    return found[:count]


async def before(db: Database, message_id: str | None, count: int) -> tuple[Sequence[Message], str | None]:
    """Messages that are not indexed yet, of the ``count`` whose ids come before that one, the last first.

    With them the id to go on at; ``None`` at the end. Without a ``message_id`` it begins at the last of all.
    """
    if message_id is None:
        rows = await db.fetch(_LAST, count=count)
    else:
        rows = await db.fetch(_BEFORE, before=message_id, count=count)
    found = [_decode(row[1]) for row in rows if row[2] is None]
    return [one for one in found if one.type is None], rows[-1][0] if rows else None


async def orphans(db: Database, after: str, count: int) -> tuple[Sequence[str], str | None]:
    """Ids that the index has and nothing else, of the ``count`` that come after that one, and where to go on."""
    rows = await db.fetch(_ORPHANS, after=after, count=count)
    return [row[0] for row in rows if row[1] is None], rows[-1][0] if rows else None


def number(created_at: int, message_id: str, tries: int = 0) -> int:
    """Where a message stands in the index."""
    told = f"{message_id}#{tries}" if tries else message_id
    digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return (created_at << NUMBER_BITS) | (int.from_bytes(digest) >> (32 - NUMBER_BITS))


def _vector(words: str) -> str:
    """The words as PostgreSQL reads a ``tsvector``: each with its places."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words.split(" "), 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items() if word)
