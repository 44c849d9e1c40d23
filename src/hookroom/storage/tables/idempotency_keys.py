"""Calls of incoming webhooks that were answered, by what their senders call them, and the answers.

A row is written with the message that the call posted: of two calls with one key, one is written and the other
is a ``Conflict`` (``is_repeat``). Rows are never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from hookroom.errors import HookroomError
from hookroom.storage.database import Conflict, Database, Kind, fetch_one
from hookroom.storage.statement import Append, Changes, Statement
from hookroom.storage.tables.id_list import AMONG, id_list

TABLE: Final = "idempotency_keys"

_APPEND: Final = Append(
    TABLE, {"integration_id": "text", "key": "text", "created_at": "bigint", "doc": "text"}
)
_ONE: Final = Statement(
    f"SELECT created_at, doc FROM {TABLE} WHERE integration_id = :integration_id AND key = :key"
)
_FORGET: Final = Statement(
    f"DELETE FROM {TABLE} WHERE integration_id = :integration_id AND key = :key AND created_at = :created_at"
)
_OLDEST: Final = Statement(
    f"SELECT integration_id, key, created_at FROM {TABLE} WHERE created_at >= :start AND created_at < :end"
    " ORDER BY created_at LIMIT :count"
)
# By time as well, which is what the index is on; a key is of one integration only.
_REMOVE: Final[Mapping[Kind, Statement]] = {
    kind: Statement(f"DELETE FROM {TABLE} WHERE created_at >= :start AND created_at <= :end AND key {among}")
    for kind, among in AMONG.items()
}


class AnsweredCall(Struct, frozen=True, kw_only=True):
    """A call that was answered at ``at`` (epoch milliseconds).

    ``key`` is of this integration alone (``rules.delivery_keys.digest``), ``body`` the fingerprint of the call's
    body, ``answer`` what the sender got, as JSON; ``None`` when that was too large to be kept. ``call_id`` is the
    call's in the integration's history.
    """

    integration_id: str
    key: str
    at: int
    body: str
    answer: str | None
    call_id: str = ""


class KeptKey(Struct, frozen=True):
    """A row without its answer."""

    integration_id: str
    key: str
    at: int


class _Doc(Struct, frozen=True, omit_defaults=True):
    body: str
    answer: str | None = None
    call: str = ""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Doc).decode


def insert(changes: Changes, call: AnsweredCall) -> None:
    """A new one; ``Conflict`` when its key is there already (``is_repeat``). Commutes."""
    changes.append(
        _APPEND,
        integration_id=call.integration_id,
        key=call.key,
        created_at=call.at,
        doc=_encode(_Doc(call.body, call.answer, call.call_id)).decode(),
    )


def is_repeat(error: HookroomError) -> bool:
    """Whether a change was not written because a call with its key was."""
    return isinstance(error, Conflict) and error.constraint.startswith(TABLE)


async def one(db: Database, integration_id: str, key: str) -> AnsweredCall | None:
    """The call that was answered under ``key``."""
    row = await fetch_one(db, _ONE, integration_id=integration_id, key=key)
    if row is None:
        return None
    doc = _decode(row[1])
    return AnsweredCall(
        integration_id=integration_id,
        key=key,
        at=row[0],
        body=doc.body,
        answer=doc.answer,
        call_id=doc.call,
    )


def forget(changes: Changes, call: AnsweredCall) -> None:
    """Remove it, if it is still the one that was answered then."""
    changes.run(_FORGET, integration_id=call.integration_id, key=call.key, created_at=call.at)


async def oldest(db: Database, start: int, end: int, count: int) -> Sequence[KeptKey]:
    """Those of a time from ``start`` to before ``end`` (epoch milliseconds), the oldest first."""
    rows = await db.fetch(_OLDEST, start=start, end=end, count=count)
    return [KeptKey(row[0], row[1], row[2]) for row in rows]


def remove(changes: Changes, kind: Kind, kept: Collection[KeptKey]) -> None:
    """Remove these."""
    times = [one.at for one in kept]
    changes.run(_REMOVE[kind], start=min(times), end=max(times), ids=id_list([one.key for one in kept]))
