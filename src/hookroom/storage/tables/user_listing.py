"""Listings of users: by state, kind, role and part of a name, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import lru_cache
from string import ascii_lowercase
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Statement
from hookroom.storage.tables.users import searchable

Direction = Literal[1, -1]

SORTABLE: Final[Mapping[str, str]] = {
    "username": "username_key",
    # What is searched begins with the name.
    "name": "search",
    "type": "type",
    "active": "active",
    "createdAt": "created_at",
    "lastLogin": "coalesce(last_login_at, 0)",
}
"""Fields that a listing can be sorted by in the database."""

MAX_ROLES: Final = len(ascii_lowercase)
CHUNK: Final = 500
"""Rows read at once while looking through all users."""

_AFTER: Final = Statement(
    f"SELECT username_key, doc FROM users WHERE username_key > :after ORDER BY username_key LIMIT {CHUNK}"
)


class UserFilter(Struct, frozen=True, kw_only=True):
    """Which users: all conditions hold; ``None`` and empty ones ask for nothing."""

    active: bool | None = None
    logged_in: bool | None = None
    """Whether they ever logged in."""
    kind: str | None = None
    roles: tuple[str, ...] = ()
    """Holders of one of them; at most ``MAX_ROLES``."""
    term: str = ""
    """Part of the user name or name."""
    emails: bool = False
    """Whether ``term`` may also be part of an e-mail address."""


async def page(
    db: Database, which: UserFilter, order: Sequence[tuple[str, Direction]], *, count: int, offset: int
) -> Sequence[dict[str, Any]]:
    """Users as they are stored, decoded, in an ``order`` of fields of ``SORTABLE``.

    Keep ``order`` short: each one there is becomes a statement that is kept.
    """
    columns = tuple((SORTABLE[field], direction) for field, direction in order)
    rows = await db.fetch(
        _listing(_shape(which), columns), **_params(which), page_size=count, page_start=offset
    )
    return [msgspec.json.decode(row[0]) for row in rows]


async def total(db: Database, which: UserFilter) -> int:
    """How many users ``page`` ranges over."""
    row = await fetch_one(db, _counting(_shape(which)), **_params(which))
    return int(row[0]) if row else 0


async def everyone(db: Database) -> AsyncIterator[dict[str, Any]]:
    """All users as they are stored, decoded, by name; some hundred at a time."""
    after = ""
    while rows := await db.fetch(_AFTER, after=after):
        for row in rows:
            yield msgspec.json.decode(row[1])
        after = rows[-1][0]


Shape = tuple[bool, bool | None, bool, int, bool, bool]


def _shape(which: UserFilter) -> Shape:
    return (
        which.active is not None,
        which.logged_in,
        which.kind is not None,
        len(_padded(which.roles)),
        bool(which.term.strip()),
        which.emails,
    )


def _params(which: UserFilter) -> dict[str, Any]:
    params: dict[str, Any] = {
        f"role_{letter}": role for letter, role in zip(ascii_lowercase, _padded(which.roles), strict=False)
    }
    if which.active is not None:
        params["active"] = int(which.active)
    if which.kind is not None:
        params["kind"] = which.kind
    if which.term.strip():
        escaped = searchable(which.term).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params["part"] = f"%{escaped}%"
    return params


def _padded(roles: tuple[str, ...]) -> tuple[str, ...]:
    """``roles`` with repetitions, so that statements for few numbers of them do for all."""
    room = next(size for size in (0, 1, 4, MAX_ROLES) if size >= len(roles))
    return roles + roles[-1:] * (room - len(roles))


def _where(shape: Shape) -> str:
    by_state, logged_in, by_kind, roles, by_term, emails = shape
    conditions = ["1 = 1"]
    if by_state:
        conditions.append("active = :active")
    if logged_in is not None:
        conditions.append(f"last_login_at IS {'NOT ' if logged_in else ''}NULL")
    if by_kind:
        conditions.append("type = :kind")
    if roles:
        held = ", ".join(f":role_{letter}" for letter in ascii_lowercase[:roles])
        conditions.append(f"id IN (SELECT user_id FROM user_roles WHERE role_id IN ({held}))")
    if by_term:
        by_name = "search LIKE :part ESCAPE '\\'"
        by_email = " OR id IN (SELECT user_id FROM user_emails WHERE address_key LIKE :part ESCAPE '\\')"
        conditions.append(f"({by_name}{by_email if emails else ''})")
    return " AND ".join(conditions)


@lru_cache(maxsize=256)
def _listing(shape: Shape, columns: tuple[tuple[str, Direction], ...]) -> Statement:
    by = [f"{column} {'ASC' if direction == 1 else 'DESC'}" for column, direction in columns]
    return Statement(
        f"SELECT doc FROM users WHERE {_where(shape)} ORDER BY {', '.join([*by, 'id'])}"
        " LIMIT :page_size OFFSET :page_start"
    )


@lru_cache(maxsize=128)
def _counting(shape: Shape) -> Statement:
    return Statement(f"SELECT count(*) FROM users WHERE {_where(shape)}")
