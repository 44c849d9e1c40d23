"""What of rooms is unread for whom: derived from messages and marks, never written per member and message.

Counting is bounded: a room's latest ``MAX_COUNTED`` unread messages are looked at, and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Row, Statement
from hookroom.storage.tables.id_list import AMONG, id_list

MAX_COUNTED: Final = 1000
"""The number that ends each counting."""


class Look(Struct, frozen=True, kw_only=True):
    """A user who last looked at a room ``after`` (epoch milliseconds)."""

    user_id: str
    room_id: str
    after: int
    ignored: tuple[str, ...] = ()
    """Users whose messages are as if they were not there."""
    teams: tuple[str, ...] = ()
    """Teams that they are in: a mention of one is one of them."""
    counted: bool = False
    """All messages are counted, and not only whether there are any."""


class Unread(Struct, frozen=True):
    """Of one look. ``messages`` is 0 or 1 unless they are counted."""

    messages: int = 0
    mentions: int = 0
    """Messages that mention the user, or a team of theirs."""
    group_mentions: int = 0
    """Others that mention everybody (``@all``, ``@here``)."""


class Threads(Struct, frozen=True):
    """The threads of one room that a user follows. ``unread``: those with answers that they have not seen."""

    last_reply_at: int | None = None
    """Epoch milliseconds."""
    unread: tuple[str, ...] = ()
    mentioning: tuple[str, ...] = ()
    """Those of ``unread`` in which unseen answers mention the user."""
    mentioning_all: tuple[str, ...] = ()
    """Those in which they mention everybody."""


_LOOKS: Final[Mapping[Kind, str]] = {
    "sqlite": "(SELECT key AS place, value ->> 'user_id' AS user_id, value ->> 'room_id' AS room_id,"
    " coalesce(value ->> 'after', 0) AS after, coalesce(value ->> 'counted', 0) AS counted,"
    " coalesce(value -> 'ignored', '[]') AS ignored, coalesce(value -> 'teams', '[]') AS teams"
    " FROM json_each(:looks)) AS q",
    "postgresql": "(SELECT ordinality - 1 AS place, user_id, room_id, coalesce(after, 0) AS after,"
    " CASE WHEN counted THEN 1 ELSE 0 END AS counted, coalesce(ignored, '[]'::jsonb) AS ignored,"
    " coalesce(teams, '[]'::json) AS teams"
    " FROM ROWS FROM (json_to_recordset(:looks::json)"
    " AS (user_id text, room_id text, after bigint, counted boolean, ignored jsonb, teams json))"
    " WITH ORDINALITY) AS q",
}
_HEARD: Final[Mapping[Kind, str]] = {
    "sqlite": "NOT EXISTS (SELECT 1 FROM json_each(q.ignored) WHERE value = {author})",
    "postgresql": "NOT jsonb_exists(q.ignored, {author})",
}
_MINE: Final[Mapping[Kind, str]] = {
    "sqlite": "IN (SELECT q.user_id UNION ALL SELECT value FROM json_each(q.teams))",
    "postgresql": "IN (SELECT q.user_id UNION ALL SELECT json_array_elements_text(q.teams))",
}
_LIST: Final[Mapping[Kind, str]] = {
    "sqlite": "json_group_array(f.message_id)",
    "postgresql": "coalesce(json_agg(f.message_id), '[]'::json)::text",
}


def _unread(kind: Kind) -> Statement:
    heard = _HEARD[kind].format(author="x.user_id")
    new = "x.room_id = q.room_id AND x.created_at > q.after AND x.type IS NULL AND x.shown = 1"
    latest = f"SELECT x.user_id FROM messages x WHERE {new} ORDER BY x.created_at DESC LIMIT {MAX_COUNTED}"
    of_others = f"FROM ({latest}) x WHERE x.user_id <> q.user_id AND {heard}"
    mine = f"k.user_id {_MINE[kind]}"

    def mentions(whose: str) -> str:
        marks = (
            "SELECT DISTINCT k.message_id FROM message_marks k WHERE k.room_id = q.room_id"
            f" AND k.kind = 'mention' AND {whose} AND k.created_at > q.after LIMIT {MAX_COUNTED}"
        )
        return (
            f"SELECT count(*) FROM ({marks}) k JOIN messages x ON x.id = k.message_id"
            f" WHERE {new} AND x.user_id <> q.user_id AND {heard}"
        )

    everybody = (
        "k.user_id IN ('all', 'here') AND NOT EXISTS (SELECT 1 FROM message_marks o"
        f" WHERE o.message_id = k.message_id AND o.kind = 'mention' AND o.user_id {_MINE[kind]})"
    )
    return Statement(
        f"SELECT q.place, CASE WHEN q.counted = 1 THEN (SELECT count(*) {of_others})"
        f" WHEN EXISTS (SELECT 1 {of_others}) THEN 1 ELSE 0 END,"
        f" ({mentions(mine)}), ({mentions(everybody)}) FROM {_LOOKS[kind]}"
    )


def _threads(kind: Kind) -> Statement:
    follows = (
        "message_marks f JOIN message_marks k ON k.message_id = f.message_id AND k.kind = 'thread'"
        " AND k.user_id = '' WHERE f.room_id = q.room_id AND f.kind = 'follow' AND f.user_id = q.user_id"
    )

    def answers(more: str) -> str:
        return (
            f"(SELECT {_LIST[kind]} FROM {follows} AND k.created_at > f.created_at AND EXISTS"
            " (SELECT 1 FROM messages x WHERE x.thread_id = f.message_id AND x.created_at > f.created_at"
            f" AND x.user_id <> q.user_id AND {_HEARD[kind].format(author='x.user_id')}{more}))"
        )

    def mention(whose: str) -> str:
        return (
            " AND EXISTS (SELECT 1 FROM message_marks o WHERE o.message_id = x.id AND o.kind = 'mention'"
            f" AND o.user_id {whose})"
        )

    everybody = "IN ('all', 'here')"
    return Statement(
        f"SELECT q.place, (SELECT max(k.created_at) FROM {follows}), {answers('')},"
        f" {answers(mention(_MINE[kind]))}, {answers(mention(everybody))}"
        f" FROM {_LOOKS[kind]}"
    )


_KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")
_UNREAD: Final = {kind: _unread(kind) for kind in _KINDS}
_THREADS: Final = {kind: _threads(kind) for kind in _KINDS}


_TEAMS: Final = {
    kind: Statement(
        "SELECT s.user_id, t.id FROM teams t JOIN subscriptions s ON s.room_id = t.room_id"
        f" WHERE s.user_id {AMONG[kind]}"
    )
    for kind in _KINDS
}


async def teams(db: Database, user_ids: Collection[str]) -> dict[str, list[str]]:
    """The teams of those of these users who are in any: whoever is in a team's main room is in the team."""
    found: dict[str, list[str]] = {}
    for user_id, team_id in await db.fetch(_TEAMS[db.kind], ids=id_list(user_ids)):
        found.setdefault(user_id, []).append(team_id)
    return found


async def unread(db: Database, looks: Sequence[Look]) -> Sequence[Unread]:
    """What is unread in each of these rooms for each of these users, in their order."""
    found = await _asked(db, _UNREAD[db.kind], looks)
    return [Unread(*found[place][1:]) for place in range(len(looks))]


async def threads(db: Database, looks: Sequence[Look]) -> Sequence[Threads]:
    """The followed threads of each of these rooms and users, in their order; ``after`` does not matter."""
    found = await _asked(db, _THREADS[db.kind], looks)
    return [_followed(found[place]) for place in range(len(looks))]


async def _asked(db: Database, statement: Statement, looks: Sequence[Look]) -> dict[int, Row]:
    if not looks:
        return {}
    rows = await db.fetch(statement, looks=msgspec.json.encode(looks).decode())
    return {row[0]: row for row in rows}


def _followed(row: Row) -> Threads:
    lists: list[Any] = [tuple(msgspec.json.decode(one)) for one in row[2:5]]
    return Threads(row[1], *lists)
