"""Listings of the files of a room, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hookroom.rules.upload import Upload
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Statement
from hookroom.storage.tables.uploads import searchable

Order = tuple[tuple[str, Literal[1, -1]], ...]

SORTABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "_id": "u.id",
        "name": "u.search",
        "size": "u.size",
        "typeGroup": "u.type_group",
        "uploadedAt": "u.created_at",
        "_updatedAt": "u.updated_at",
    }
)
"""Fields that a listing can be sorted by."""

EVERYTHING: Final = 2**53

_decode: Final = msgspec.json.Decoder(Upload).decode


class FileFilter(Struct, frozen=True, kw_only=True):
    """Which files of messages: all conditions hold. ``until`` is in epoch milliseconds, inclusive."""

    room_id: str
    type_group: str = ""
    part: str = ""
    """Of the name; case does not count."""
    until: int | None = None


async def page(
    db: Database, which: FileFilter, order: Order, *, count: int = EVERYTHING, offset: int = 0
) -> Sequence[Upload]:
    """The chosen files, in that order."""
    statement = _page(bool(which.type_group), bool(which.part), which.until is not None, order)
    return [
        _decode(row[0]) for row in await db.fetch(statement, **_params(which), count=count, offset=offset)
    ]


async def total(db: Database, which: FileFilter) -> int:
    """How many ``page`` ranges over."""
    statement = _total(bool(which.type_group), bool(which.part), which.until is not None)
    row = await fetch_one(db, statement, **_params(which))
    return int(row[0]) if row else 0


@lru_cache(maxsize=256)
def _page(by_group: bool, by_part: bool, by_time: bool, order: Order) -> Statement:
    keys = [f"{SORTABLE[field]} {'ASC' if way > 0 else 'DESC'}" for field, way in order]
    return Statement(
        f"SELECT u.doc FROM {_chosen(by_group, by_part, by_time)}"
        f" ORDER BY {', '.join([*keys, 'u.id'])} LIMIT :count OFFSET :offset"
    )


@lru_cache(maxsize=8)
def _total(by_group: bool, by_part: bool, by_time: bool) -> Statement:
    return Statement(f"SELECT count(*) FROM {_chosen(by_group, by_part, by_time)}")


def _chosen(by_group: bool, by_part: bool, by_time: bool) -> str:
    conditions = ["u.room_id = :room_id", "u.expires_at IS NULL"]
    if by_group:
        conditions.append("u.type_group = :type_group")
    if by_part:
        conditions.append("u.search LIKE :part ESCAPE '\\'")
    if by_time:
        conditions.append("u.created_at <= :until")
    # The message may have gone with its author or its room, which the sweep has yet to see.
    return f"uploads u JOIN messages m ON m.id = u.message_id WHERE {' AND '.join(conditions)}"


def _params(which: FileFilter) -> dict[str, Any]:
    params: dict[str, Any] = {"room_id": which.room_id}
    if which.type_group:
        params["type_group"] = which.type_group
    if which.part:
        escaped = searchable(which.part).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params["part"] = f"%{escaped}%"
    if which.until is not None:
        params["until"] = which.until
    return params
