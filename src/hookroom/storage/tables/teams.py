"""Teams, and listings of them with their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from hookroom.rules.model import Team
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement

Order = Sequence[tuple[str, Literal[1, -1]]]

SORTABLE: Final[Mapping[str, str]] = MappingProxyType(
    {"_id": "t.id", "name": "t.name_key", "createdAt": "t.created_at", "_updatedAt": "t.updated_at"}
)
"""Fields that a listing can be sorted by."""

EVERYTHING: Final = 2**53

_decode: Final = msgspec.json.Decoder(Team).decode

_INSERT: Final = Statement(
    "INSERT INTO teams (id, name_key, room_id, search, created_at, updated_at, doc)"
    " VALUES (:id, :name_key, :room_id, :search, :created_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE teams SET name_key = :name_key, search = :search, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM teams WHERE id = :id AND updated_at = :seen")
_BY_ID: Final = Statement("SELECT doc FROM teams WHERE id = :id")
_ID_BY_NAME: Final = Statement("SELECT id FROM teams WHERE name_key = :name_key")


class TeamFilter(Struct, frozen=True, kw_only=True):
    """Which teams: all conditions hold."""

    member: str | None = None
    """Id of a user who is in them."""


class ListedTeam(NamedTuple):
    """A team of a listing."""

    team: Team
    rooms: int
    """How many there are beside the main one."""
    members: int


def insert(changes: Changes, team: Team) -> None:
    """A new team. Conflict: ``teams_name_key_key`` or ``teams_room_id_key``."""
    changes.run(_INSERT, room_id=team.room_id, created_at=millis(team.created_at), **_columns(team))
    _touch(changes, team)


def update(changes: Changes, old: Team, new: Team) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))
    _touch(changes, old)
    _touch(changes, new)


def delete(changes: Changes, team: Team) -> None:
    """Remove a team; ``Stale`` when it is no longer what is stored.

    Its members are removed by their own table's statements, its rooms by updates.
    """
    changes.run(_DELETE, expect=1, id=team.id, seen=millis(team.updated_at))
    _touch(changes, team)


async def by_id(db: Database, team_id: str) -> Team | None:
    """The team with that id."""
    row = await fetch_one(db, _BY_ID, id=team_id)
    return _decode(row[0]) if row else None


async def id_by_name(db: Database, name_key: str) -> str | None:
    """Id of the team of that name (see ``key``)."""
    row = await fetch_one(db, _ID_BY_NAME, name_key=name_key)
    return row[0] if row else None


async def page(
    db: Database, which: TeamFilter, order: Order = (), *, count: int = EVERYTHING, offset: int = 0
) -> Sequence[ListedTeam]:
    """Teams in an ``order`` of fields of ``SORTABLE``; the oldest first where there is none."""
    columns = tuple((SORTABLE[field], way) for field, way in order) or (("t.created_at", 1),)
    statement = _listing(which.member is not None, columns)
    return [_listed(row) for row in await db.fetch(statement, **_params(which), count=count, offset=offset)]


async def total(db: Database, which: TeamFilter) -> int:
    """How many teams ``page`` ranges over."""
    row = await fetch_one(db, _counting(which.member is not None), **_params(which))
    return int(row[0]) if row else 0


def key(name: str) -> str:
    """The form of a team's name under which it is unique: case does not count."""
    return name.casefold()


def _params(which: TeamFilter) -> dict[str, Any]:
    return {} if which.member is None else {"user_id": which.member}


def _from(by_member: bool) -> str:
    joined = " JOIN subscriptions m ON m.room_id = t.room_id AND m.user_id = :user_id" if by_member else ""
    return f"FROM teams t{joined}"


@lru_cache(maxsize=64)
def _listing(by_member: bool, columns: tuple[tuple[str, int], ...]) -> Statement:
    order = ", ".join(f"{column} {'ASC' if way == 1 else 'DESC'}" for column, way in columns)
    return Statement(
        "SELECT t.doc, (SELECT count(*) FROM rooms r WHERE r.team_id = t.id AND r.id != t.room_id),"
        " (SELECT a.members FROM room_activity a WHERE a.room_id = t.room_id)"
        f" {_from(by_member)} ORDER BY {order}, t.id LIMIT :count OFFSET :offset"
    )


@lru_cache(maxsize=2)
def _counting(by_member: bool) -> Statement:
    return Statement(f"SELECT count(*) {_from(by_member)}")


def _listed(row: Row) -> ListedTeam:
    return ListedTeam(_decode(row[0]), row[1], row[2] or 0)


def _columns(team: Team) -> dict[str, Any]:
    return {
        "id": team.id,
        "name_key": key(team.name),
        "search": team.name.casefold(),
        "updated_at": millis(team.updated_at),
        "doc": msgspec.json.encode(team).decode(),
    }


def _touch(changes: Changes, team: Team) -> None:
    changes.touch("team", team.id)
    changes.touch("team-name", key(team.name))
