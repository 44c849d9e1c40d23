"""Listings of rooms with their counters and last messages, a page at a time, one query for each page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from string import ascii_lowercase
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from hookroom.rules.model import Room, RoomType
from hookroom.rules.room_roles import OWNER, rank
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Row, Statement
from hookroom.storage.tables.rooms import searchable

Order = Sequence[tuple[str, Literal[1, -1]]]

_CHANGED: Final = "CASE WHEN a.updated_at > r.updated_at THEN a.updated_at ELSE r.updated_at END"

SORTABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "_id": "r.id",
        "name": "r.name_key",
        "fname": "r.search",
        "t": "r.type",
        "default": "r.is_default",
        "ts": "r.created_at",
        "msgs": "a.messages",
        "usersCount": "a.members",
        "lm": "coalesce(a.last_message_at, 0)",
        "_updatedAt": _CHANGED,
    }
)
"""Fields that a listing can be sorted by."""

TYPES: Final[tuple[RoomType, ...]] = ("c", "p", "d")

EVERYTHING: Final = 2**53

_decode: Final = msgspec.json.Decoder(Room).decode


class RoomFilter(Struct, frozen=True, kw_only=True):
    """Which rooms: all conditions hold."""

    types: tuple[RoomType, ...] = TYPES
    id: str | None = None
    parent: str | None = None
    """Id of the room whose discussions they are."""
    team: str | None = None
    """Id of the team that they are of."""
    children: tuple[str, str] | None = None
    """Ids of a team and its main room: rooms of the team, and discussions of its main room."""
    except_id: str | None = None
    placed: Literal["main", "free", "beside", ""] = ""
    """``main``: main rooms of teams; ``free``: rooms of no team that are no discussions; ``beside``: neither main
    rooms of teams nor discussions."""
    member: str | None = None
    """Id of a user who is in them."""
    outsider: str | None = None
    """Id of a user who is not in them."""
    owner: str | None = None
    """Id of a user who owns them."""
    seen_by: str | None = None
    """Id of a user who is in them, where they are not public."""
    open_to: str | None = None
    """Id of a user who is in them or in their team, where they are public channels of a private team."""
    term: str = ""
    """Part of a name, or of the name of a direct room's member."""
    start: str = ""
    """What one of the names begins with."""
    changed_after: int | None = None
    """Epoch milliseconds: the room itself, its members or its messages changed later."""


class ListedRoom(NamedTuple):
    """A room of a listing. Times are epoch milliseconds."""

    room: Room
    messages: int
    members: int
    last_message_at: int | None
    changed_at: int
    last_message: msgspec.Raw | None
    """In its stored form; ``None`` also when the last message was deleted."""


async def page(
    db: Database, which: RoomFilter, order: Order = (), *, count: int = EVERYTHING, offset: int = 0
) -> Sequence[ListedRoom]:
    """Rooms in an ``order`` of fields of ``SORTABLE``. Keep it short: each one is a statement."""
    columns = tuple((_column(which, field), direction) for field, direction in order)
    chosen, params = _chosen(which)
    statement = _listing(chosen, columns)
    return [_listed(row) for row in await db.fetch(statement, **params, count=count, offset=offset)]


async def total(db: Database, which: RoomFilter) -> int:
    """How many rooms ``page`` ranges over."""
    chosen, params = _chosen(which)
    row = await fetch_one(db, _counting(chosen), **params)
    return int(row[0]) if row else 0


class _Chosen(NamedTuple):
    """The conditions of a filter, in SQL. ``joined``: rooms that the user ``:user_id`` is in."""

    joined: bool
    conditions: tuple[str, ...]


_EQUAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id": "r.id = :id",
        "parent": "r.parent_id = :parent",
        "team": "r.team_id = :team",
        "except_id": "r.id != :except_id",
        "changed_after": "(r.updated_at > :changed_after OR a.updated_at > :changed_after)",
    }
)
"""Fields of a filter that are parameters as they are."""

_PLACED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "main": "EXISTS (SELECT 1 FROM teams t WHERE t.room_id = r.id)",
        "free": "r.team_id IS NULL AND r.parent_id IS NULL",
        "beside": "r.parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM teams t WHERE t.room_id = r.id)",
    }
)


def _is_in(room: str, user: str, more: str = "") -> str:
    return f"EXISTS (SELECT 1 FROM subscriptions x WHERE x.room_id = {room} AND x.user_id = :{user}{more})"


_BY_USER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "outsider": f"NOT {_is_in('r.id', 'outsider')}",
        "owner": _is_in("r.id", "owner", f" AND x.role_rank = {rank([OWNER])}"),
        "seen_by": f"(r.type = 'c' OR {_is_in('r.id', 'seen_by')})",
        "open_to": f"(r.team_id IS NULL OR {_is_in('r.id', 'open_to')} OR EXISTS (SELECT 1 FROM teams t"
        " JOIN rooms q ON q.id = t.room_id WHERE t.id = r.team_id"
        f" AND (q.type = 'c' OR {_is_in('q.id', 'open_to')})))",
    }
)
"""Fields of a filter that are ids of users."""


def _chosen(which: RoomFilter) -> tuple[_Chosen, dict[str, Any]]:
    """A filter in SQL, and its parameters."""
    conditions = ["1 = 1"]
    params: dict[str, Any] = {}
    types = [kind for kind in TYPES if kind in which.types]
    if len(types) < len(TYPES):
        conditions.append(f"r.type IN ({', '.join(map(repr, types)) or 'NULL'})")
    for field, condition in (*_EQUAL.items(), *_BY_USER.items()):
        value = getattr(which, field)
        if value is not None:
            conditions.append(condition)
            params[field] = value
    if which.placed:
        conditions.append(_PLACED[which.placed])
    if which.children is not None:
        conditions.append("(r.team_id = :of_team OR r.parent_id = :main_id)")
        params["of_team"], params["main_id"] = which.children
    if which.member is not None:
        params["user_id"] = which.member
    if which.term:
        conditions.append("r.search LIKE :part ESCAPE '\\'")
        params["part"] = f"%{_escaped(which.term)}%"
    if which.start:
        conditions.append("(r.search LIKE :first ESCAPE '\\' OR r.search LIKE :later ESCAPE '\\')")
        params["first"] = f"{_escaped(which.start)}%"
        params["later"] = f"%\n{_escaped(which.start)}%"
    return _Chosen(which.member is not None, tuple(conditions)), params


def _escaped(text: str) -> str:
    return searchable(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _column(which: RoomFilter, field: str) -> str:
    # Direct rooms have no name: where they are among the others, both databases must have them first.
    if field == "name" and "d" in which.types and len(which.types) > 1:
        return "coalesce(r.name_key, '')"
    return SORTABLE[field]


def _from(chosen: _Chosen) -> str:
    joined = "JOIN subscriptions s ON s.room_id = r.id AND s.user_id = :user_id" if chosen.joined else ""
    where = " AND ".join(chosen.conditions)
    return f"FROM rooms r JOIN room_activity a ON a.room_id = r.id {joined} WHERE {where}"


@lru_cache(maxsize=256)
def _listing(chosen: _Chosen, columns: tuple[tuple[str, int], ...]) -> Statement:
    by = [
        (f"by_{letter}", column, way) for letter, (column, way) in zip(ascii_lowercase, columns, strict=False)
    ]
    read = ", ".join(
        (
            "r.id AS id",
            "r.doc AS doc",
            "a.messages AS messages",
            "a.members AS members",
            "a.last_message_at AS last_message_at",
            "a.last_message_id AS last_message_id",
            f"{_CHANGED} AS changed",
            *(f"{column} AS {name}" for name, column, _ in by),
        )
    )
    order = [*(f"{name} {'ASC' if way == 1 else 'DESC'}" for name, _, way in by), "id"]
    # Joined to the page alone, not to every room that the page is chosen from.
    return Statement(
        "SELECT p.doc, p.messages, p.members, p.last_message_at, p.changed, m.doc"
        f" FROM (SELECT {read} {_from(chosen)} ORDER BY {', '.join(order)} LIMIT :count OFFSET :offset) p"
        f" LEFT JOIN messages m ON m.id = p.last_message_id"
        f" ORDER BY {', '.join(f'p.{column}' for column in order)}"
    )


@lru_cache(maxsize=64)
def _counting(chosen: _Chosen) -> Statement:
    return Statement(f"SELECT count(*) {_from(chosen)}")


def _listed(row: Row) -> ListedRoom:
    return ListedRoom(
        room=_decode(row[0]),
        messages=row[1],
        members=row[2],
        last_message_at=row[3],
        changed_at=row[4],
        last_message=msgspec.Raw(row[5].encode()) if row[5] is not None else None,
    )
