"""Reading histories: pages of messages in their stored form, which is not decoded on its way to the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Row, Statement

FOR_EVER: Final = 2**53
MAX_MENTIONED: Final = 26
"""Most users whose mentions can be asked for at once."""

Order = Literal["newest", "oldest"]


class Selection(Struct, frozen=True, kw_only=True):
    """Which messages of a room, for ``viewer`` (a user's id), whose own stars they carry.

    ``after`` and ``before`` are epoch milliseconds, exclusive. ``hidden`` are types that are left out.
    Without ``replies`` the answers of threads are left out that only the thread shows. ``mentioned``: those
    that mention one of these users; ``starred``: by the viewer; ``threads``: those that have answers,
    ``followed``: by the viewer, ``unread``: with answers that this follower has not seen. ``thread``: the answers
    of that thread. ``discussions``: those that stand for one. ``changed_after``: changed later than that.
    """

    room_id: str
    viewer: str
    after: int = -1
    before: int = FOR_EVER
    hidden: frozenset[str] = frozenset()
    replies: bool = True
    mentioned: tuple[str, ...] = ()
    starred: bool = False
    pinned: bool = False
    threads: bool = False
    followed: bool = False
    unread: bool = False
    discussions: bool = False
    changed_after: int | None = None
    thread: str | None = None
    order: Order = "newest"

    @property
    def is_everything(self) -> bool:
        """Whether nothing of the room is left out."""
        return self == Selection(room_id=self.room_id, viewer=self.viewer, order=self.order)


async def page(db: Database, chosen: Selection, *, count: int, offset: int = 0) -> Sequence[msgspec.Raw]:
    """The wire form of the chosen messages; threads by their last answer, all others by their time."""
    statement = _statements(_shape(chosen)).page
    rows = await db.fetch(statement, **_params(chosen), viewer=chosen.viewer, count=count, offset=offset)
    return [wire(row, chosen.viewer) for row in rows]


async def total(db: Database, chosen: Selection) -> int:
    """How many ``page`` ranges over."""
    row = await fetch_one(db, _statements(_shape(chosen)).total, **_params(chosen))
    return int(row[0]) if row else 0


async def one(db: Database, message_id: str, viewer: str) -> msgspec.Raw | None:
    """The wire form of one message."""
    row = await fetch_one(db, _ONE, id=message_id, viewer=viewer)
    return wire(row, viewer) if row else None


async def changed(
    db: Database,
    room_id: str,
    viewer: str,
    *,
    count: int,
    after: int = -1,
    before: int = FOR_EVER,
    order: Order,
) -> Sequence[tuple[int, msgspec.Raw]]:
    """Messages that came or changed between two moments (exclusive), with the moment, in that order."""
    new, old = (_NEW, _OLD) if order == "newest" else (_NEW_UP, _OLD_UP)
    params = {"room_id": room_id, "viewer": viewer, "after": after, "before": before, "count": count}
    found = [
        row for rows in await asyncio.gather(db.fetch(new, **params), db.fetch(old, **params)) for row in rows
    ]
    found.sort(key=lambda row: (row[2], row[3]), reverse=order == "newest")
    return [(row[2], wire(row, viewer)) for row in found[:count]]


class _Shape(NamedTuple):
    """What decides the text of a statement."""

    hidden: bool
    replies: bool
    mentioned: int
    starred: bool
    pinned: bool
    threads: bool
    followed: bool
    unread: bool
    discussions: bool
    changed: bool
    thread: bool
    order: Order


class _Statements(NamedTuple):
    page: Statement
    total: Statement


def _shape(chosen: Selection) -> _Shape:
    return _Shape(
        bool(chosen.hidden),
        chosen.replies,
        len(chosen.mentioned),
        chosen.starred,
        chosen.pinned,
        chosen.threads,
        chosen.followed,
        chosen.unread,
        chosen.discussions,
        chosen.changed_after is not None,
        chosen.thread is not None,
        chosen.order,
    )


_STAR: Final = "LEFT JOIN message_marks s ON s.message_id = m.id AND s.kind = 'star' AND s.user_id = :viewer"
_ONE: Final = Statement(f"SELECT m.doc, s.user_id FROM messages m {_STAR} WHERE m.id = :id")


def _changed(column: str, only: str, direction: str) -> Statement:
    return Statement(
        f"SELECT m.doc, s.user_id, m.updated_at, m.id FROM messages m {_STAR}"
        f" WHERE m.room_id = :room_id AND m.{column} > :after AND m.{column} < :before AND {only}"
        f" ORDER BY m.{column} {direction}, m.id {direction} LIMIT :count"
    )


# Two indexes, one of the times of all messages and one of those that changed since, are read one by one.
_NEW: Final = _changed("created_at", "m.updated_at = m.created_at", "DESC")
_OLD: Final = _changed("updated_at", "m.updated_at != m.created_at", "DESC")
_NEW_UP: Final = _changed("created_at", "m.updated_at = m.created_at", "ASC")
_OLD_UP: Final = _changed("updated_at", "m.updated_at != m.created_at", "ASC")


@cache
def _statements(shape: _Shape) -> _Statements:
    # A thread is in one room: asking for both would let a planner walk the whole room.
    where = ["m.thread_id = :thread" if shape.thread else "m.room_id = :room_id"]
    where += ["m.created_at > :after", "m.created_at < :before"]
    if shape.hidden:
        # `hidden` is ",uj,,ul,": a type is in it if taking it out changes it.
        where.append("(m.type IS NULL OR replace(:hidden, ',' || m.type || ',', '') = :hidden)")
    if shape.changed:
        where.append("m.updated_at > :changed_after")
    if not shape.replies:
        where.append("m.shown = 1")
    marks = []
    if shape.mentioned:
        names = ", ".join(f":mentioned_{_letter(i)}" for i in range(shape.mentioned))
        marks.append(_marked("mention", f"user_id IN ({names})"))
    if shape.starred:
        marks.append(_marked("star", "user_id = :marked_by"))
    if shape.followed:
        marks.append(_marked("follow", "user_id = :marked_by"))
    if shape.discussions:
        marks.append(_marked("discussion", "user_id = ''"))
    if shape.pinned:
        marks.append(_marked("pin", "user_id = ''"))
    if shape.threads:
        source = "message_marks k CROSS JOIN messages m"
        where += ["m.id = k.message_id", "k.room_id = :room_id", "k.kind = 'thread'", "k.user_id = ''"]
        by = "k.created_at"
        if shape.unread:
            marks.append(_marked("follow", "user_id = :marked_by AND created_at < k.created_at"))
    elif marks:
        # CROSS JOIN keeps SQLite from walking the room in search of its few marked messages.
        source = f"({marks.pop()}) k CROSS JOIN messages m"
        where.append("m.id = k.message_id")
        by = "m.created_at"
    else:
        source, by = "messages m", "m.created_at"
    where += [f"m.id IN ({marked})" for marked in marks]
    chosen = f"FROM {source} WHERE {' AND '.join(where)}"
    way = "DESC" if shape.order == "newest" else "ASC"
    found = (
        f"SELECT m.id AS id, m.doc AS doc, {by} AS at {chosen} ORDER BY {by} {way}, m.id {way}"
        " LIMIT :count OFFSET :offset"
    )
    return _Statements(
        Statement(f"SELECT m.doc, s.user_id FROM ({found}) m {_STAR} ORDER BY m.at {way}, m.id {way}"),
        Statement(f"SELECT count(*) {chosen}"),
    )


def _marked(kind: str, whose: str) -> str:
    return (
        f"SELECT DISTINCT message_id FROM message_marks"
        f" WHERE room_id = :room_id AND kind = '{kind}' AND {whose}"
    )


def _letter(number: int) -> str:
    return chr(ord("a") + number)


def _params(chosen: Selection) -> dict[str, Any]:
    params: dict[str, Any] = {
        "room_id": chosen.room_id,
        "after": chosen.after,
        "before": chosen.before,
    }
    if chosen.hidden:
        params["hidden"] = "".join(f",{kind}," for kind in sorted(chosen.hidden))
    if chosen.changed_after is not None:
        params["changed_after"] = chosen.changed_after
    if chosen.starred or chosen.followed or chosen.unread:
        params["marked_by"] = chosen.viewer
    if chosen.thread is not None:
        params["thread"] = chosen.thread
    for i, user_id in enumerate(chosen.mentioned):
        params[f"mentioned_{_letter(i)}"] = user_id
    return params


def wire(row: Row, viewer: str) -> msgspec.Raw:
    """The wire form of a message: its stored form, and ``viewer`` (or ``None``) if they starred it."""
    doc: bytes = row[0].encode()
    if row[1] is not None:
        doc = doc[:-1] + b',"starred":[' + msgspec.json.encode({"_id": viewer}) + b"]}"
    return msgspec.Raw(doc)
