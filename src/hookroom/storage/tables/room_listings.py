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
    statement = _listing(_shape(which), columns)
    return [_listed(row) for row in await db.fetch(statement, **_params(which), count=count, offset=offset)]


async def total(db: Database, which: RoomFilter) -> int:
    """How many rooms ``page`` ranges over."""
    row = await fetch_one(db, _counting(_shape(which)), **_params(which))
    return int(row[0]) if row else 0


class _Shape(NamedTuple):
    types: tuple[RoomType, ...]
    by_id: bool
    by_parent: bool
    by_team: bool
    by_children: bool
    by_exception: bool
    placed: str
    by_member: bool
    by_outsider: bool
    by_owner: bool
    by_seer: bool
    by_openness: bool
    by_term: bool
    by_start: bool
    by_change: bool


def _shape(which: RoomFilter) -> _Shape:
    return _Shape(
        tuple(kind for kind in TYPES if kind in which.types),
        which.id is not None,
        which.parent is not None,
        which.team is not None,
        which.children is not None,
        which.except_id is not None,
        which.placed,
        which.member is not None,
        which.outsider is not None,
        which.owner is not None,
        which.seen_by is not None,
        which.open_to is not None,
        bool(which.term),
        bool(which.start),
        which.changed_after is not None,
    )


def _params(which: RoomFilter) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if which.id is not None:
        params["room_id"] = which.id
    if which.parent is not None:
        params["parent_id"] = which.parent
    if which.team is not None:
        params["team_id"] = which.team
    if which.children is not None:
        params["of_team"], params["main_id"] = which.children
    if which.except_id is not None:
        params["except_id"] = which.except_id
    if which.member is not None:
        params["user_id"] = which.member
    if which.outsider is not None:
        params["outsider_id"] = which.outsider
    if which.owner is not None:
        params["owner_id"] = which.owner
    if which.seen_by is not None:
        params["seer_id"] = which.seen_by
    if which.open_to is not None:
        params["visitor_id"] = which.open_to
    if which.term:
        params["part"] = f"%{_escaped(which.term)}%"
    if which.start:
        params["first"] = f"{_escaped(which.start)}%"
        params["later"] = f"%\n{_escaped(which.start)}%"
    if which.changed_after is not None:
        params["changed_after"] = which.changed_after
    return params


def _escaped(text: str) -> str:
    return searchable(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _column(which: RoomFilter, field: str) -> str:
    # Direct rooms have no name: where they are among the others, both databases must have them first.
    if field == "name" and "d" in which.types and len(which.types) > 1:
        return "coalesce(r.name_key, '')"
    return SORTABLE[field]


def _from(shape: _Shape) -> str:
    joined = "JOIN subscriptions s ON s.room_id = r.id AND s.user_id = :user_id" if shape.by_member else ""
    conditions = ["1 = 1"]
    if len(shape.types) == 1:
        conditions.append(f"r.type = '{shape.types[0]}'")
    elif len(shape.types) < len(TYPES):
        conditions.append(f"r.type IN ({', '.join(repr(kind) for kind in shape.types) or 'NULL'})")
    if shape.by_id:
        conditions.append("r.id = :room_id")
    if shape.by_parent:
        conditions.append("r.parent_id = :parent_id")
    if shape.by_team:
        conditions.append("r.team_id = :team_id")
    if shape.by_children:
        conditions.append("(r.team_id = :of_team OR r.parent_id = :main_id)")
    if shape.by_exception:
        conditions.append("r.id != :except_id")
    if shape.placed == "main":
        conditions.append("EXISTS (SELECT 1 FROM teams t WHERE t.room_id = r.id)")
    elif shape.placed == "free":
        conditions.append("r.team_id IS NULL AND r.parent_id IS NULL")
    elif shape.placed == "beside":
        conditions.append("r.parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM teams t WHERE t.room_id = r.id)")
    if shape.by_outsider:
        conditions.append(f"NOT {_is_in('r.id', 'outsider_id')}")
    if shape.by_owner:
        conditions.append(_is_in("r.id", "owner_id", f" AND x.role_rank = {rank([OWNER])}"))
    if shape.by_seer:
        conditions.append(f"(r.type = 'c' OR {_is_in('r.id', 'seer_id')})")
    if shape.by_openness:
        conditions.append(
            f"(r.team_id IS NULL OR {_is_in('r.id', 'visitor_id')} OR EXISTS (SELECT 1 FROM teams t"
            " JOIN rooms q ON q.id = t.room_id WHERE t.id = r.team_id"
            f" AND (q.type = 'c' OR {_is_in('q.id', 'visitor_id')})))"
        )
    if shape.by_term:
        conditions.append("r.search LIKE :part ESCAPE '\\'")
    if shape.by_start:
        conditions.append("(r.search LIKE :first ESCAPE '\\' OR r.search LIKE :later ESCAPE '\\')")
    if shape.by_change:
        conditions.append("(r.updated_at > :changed_after OR a.updated_at > :changed_after)")
    return f"FROM rooms r JOIN room_activity a ON a.room_id = r.id {joined} WHERE {' AND '.join(conditions)}"


def _is_in(room: str, user: str, more: str = "") -> str:
    return f"EXISTS (SELECT 1 FROM subscriptions x WHERE x.room_id = {room} AND x.user_id = :{user}{more})"


@lru_cache(maxsize=256)
def _listing(shape: _Shape, columns: tuple[tuple[str, int], ...]) -> Statement:
    by = [
        (f"by_{letter}", column, way) for letter, (column, way) in zip(ascii_lowercase, columns, strict=False)
    ]
    chosen = ", ".join(
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
        f" FROM (SELECT {chosen} {_from(shape)} ORDER BY {', '.join(order)} LIMIT :count OFFSET :offset) p"
        f" LEFT JOIN messages m ON m.id = p.last_message_id"
        f" ORDER BY {', '.join(f'p.{column}' for column in order)}"
    )


@lru_cache(maxsize=64)
def _counting(shape: _Shape) -> Statement:
    return Statement(f"SELECT count(*) {_from(shape)}")


def _listed(row: Row) -> ListedRoom:
    return ListedRoom(
        room=_decode(row[0]),
        messages=row[1],
        members=row[2],
        last_message_at=row[3],
        changed_at=row[4],
        last_message=msgspec.Raw(row[5].encode()) if row[5] is not None else None,
    )
