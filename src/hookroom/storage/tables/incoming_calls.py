"""Calls of incoming webhooks: what came, what was made of it, what was answered.

A bounded number of each integration's newest is kept, of those that went well and of those that were refused
each: however many bad calls come, the good ones before them stay. Rows are written with the message that a call
posted, or by themselves, and never changed. ``incoming_call_pages`` looks through them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from hookroom.rules.model import UserRef
from hookroom.rules.times import LAST_MS
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Append, Changes, Merge, Params, Row, Statement
from hookroom.storage.tables.id_list import AMONG, id_list
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

KEPT: Final = 200
"""Calls kept of each integration and ``End``; while they come in, a few more."""

End = Literal["well", "refused"]
"""How a call ended: answered with a status under 400, or not."""

ENDS: Final[Mapping[End, tuple[int, int]]] = {"well": (0, 399), "refused": (400, 999)}
"""The statuses of each."""

_APPEND: Final = Append(
    "incoming_calls",
    {
        "id": "text",
        "integration_id": "text",
        "created_at": "bigint",
        "status": "bigint",
        "doc": "text",
        "messages": "bigint",
    },
)
_ENDED: Final = "integration_id = :integration_id AND status BETWEEN :low AND :high"


def _last_of_each(params: Sequence[Params]) -> list[Params]:
    last: dict[tuple[str, int], Params] = {}
    for one in params:
        key = one["integration_id"], one["low"]
        if key not in last or one["before"] > last[key]["before"]:
            last[key] = one
    # In order, so that two nodes lock rows in the same one.
    return [last[key] for key in sorted(last)]


_TRIM: Final = Merge(
    Statement(f"DELETE FROM incoming_calls WHERE {_ENDED} AND id < :before"),
    _last_of_each,
)
COLUMNS: Final = "id, integration_id, created_at, status, doc"
_OF: Final = f"SELECT {COLUMNS} FROM incoming_calls WHERE integration_id = :integration_id"
_PAGE: Final = Statement(f"{_OF} ORDER BY id DESC LIMIT :count")
_ONE: Final = Statement(f"{_OF} AND id = :id")
_OF_IDS: Final = {
    kind: Statement(f"SELECT {COLUMNS} FROM incoming_calls WHERE id {among} ORDER BY id DESC")
    for kind, among in AMONG.items()
}
_DELETE_OF: Final = Statement("DELETE FROM incoming_calls WHERE integration_id = :integration_id")
_AFTER: Final = Statement("SELECT min(integration_id) FROM incoming_calls WHERE integration_id > :after")
_NTH: Final = Statement(f"SELECT id FROM incoming_calls WHERE {_ENDED} ORDER BY id DESC LIMIT 1 OFFSET :kept")
_OLDEST: Final = Statement(
    "SELECT created_at FROM incoming_calls WHERE integration_id = :integration_id ORDER BY id LIMIT 1"
)
_OVER: Final = Statement(
    f"DELETE FROM incoming_calls WHERE {_ENDED} AND (created_at <= :before OR id <= :beyond) RETURNING id"
)


BodyKind = Literal["json", "form", "text", "xml", "empty"]
"""What a body was read as (``rules.incoming_body``)."""


class ReceivedCall(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A request as it is shown: secrets in its path, query and headers are masked.

    ``body`` is the text of the request's body, in which nothing is masked; ``None`` when it was too large to be
    kept. ``content`` is what was read from it, where that is not the JSON or the text that ``body`` is.
    ``size`` is the body's, in bytes. Of a call that was refused before its body was understood (``is_unread``),
    ``body`` is what came over the wire, in base64 (``is_base64``) where that is no text.
    """

    method: str = "POST"
    path: str
    query: str = ""
    user_id: str | None = field(name="userId", default=None)
    headers: dict[str, str]
    user: dict[str, str]
    size: int
    body: str | None = None
    content: Any | UnsetType = UNSET
    is_json: bool = field(name="json", default=False)
    is_form: bool = field(name="form", default=False)
    kind: BodyKind | None = None
    is_unread: bool = field(name="unread", default=False)
    is_base64: bool = field(name="base64", default=False)


class Verified(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Whether the sender proved who it is, by which scheme, and why not: a text without secrets."""

    scheme: str
    ok: bool = field(default=True)
    reason: str | None = None


class _Doc(Struct, frozen=True, omit_defaults=True, kw_only=True):
    request: ReceivedCall
    address: str = ""
    verification: Verified | None = None
    stage: str | None = None
    error: str | None = None
    failure: ScriptFailure | None = None
    message_ids: Sequence[str] = field(name="messageIds", default=())
    warnings: Sequence[str] = ()
    console: Sequence[ConsoleLine] = ()
    console_dropped: int = field(name="consoleDropped", default=0)
    duration_ms: float = field(name="durationMs", default=0.0)
    memory_bytes: int = field(name="memoryBytes", default=0)
    took_ms: float = field(name="tookMs", default=0.0)
    replay_of: str | None = field(name="replayOf", default=None)
    rerun_of: str | None = field(name="rerunOf", default=None)
    rerun_by: UserRef | None = field(name="rerunBy", default=None)


class RecordedCall(Struct, frozen=True, kw_only=True):
    """One call. ``status`` and ``error`` are what the caller was answered; ``at`` is in epoch milliseconds.

    ``address`` is the caller's; empty where there is none. ``stage`` says where a refused call was refused.
    ``message_ids`` are those of the messages that it posted. ``warnings`` say what of it was passed over.
    ``failure`` says more than the answer of what went wrong inside the script, which ran for ``duration_ms``;
    all of the call, up to the writing of this record, took ``took_ms``. ``replay_of`` is the call whose answer was
    given again because this one had the same key; ``rerun_of`` the one that ``rerun_by`` had run again.
    """

    id: str
    integration_id: str
    at: int
    status: int
    request: ReceivedCall
    address: str = ""
    verification: Verified | None = None
    stage: str | None = None
    error: str | None = None
    failure: ScriptFailure | None = None
    message_ids: Sequence[str] = ()
    warnings: Sequence[str] = ()
    console: Sequence[ConsoleLine] = ()
    console_dropped: int = 0
    duration_ms: float = 0.0
    memory_bytes: int = 0
    took_ms: float = 0.0
    replay_of: str | None = None
    rerun_of: str | None = None
    rerun_by: UserRef | None = None


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Doc).decode
_FIELDS: Final = _Doc.__struct_fields__


def end_of(status: int) -> End:
    """How a call ended that was answered with ``status``."""
    return "refused" if status >= 400 else "well"


def insert(changes: Changes, call: RecordedCall) -> None:
    """A new call. Commutes: many are written together."""
    changes.append(
        _APPEND,
        id=call.id,
        integration_id=call.integration_id,
        created_at=call.at,
        status=call.status,
        doc=_encode(_Doc(**{name: getattr(call, name) for name in _FIELDS})).decode(),
        messages=len(call.message_ids),
    )


def trim(changes: Changes, integration_id: str, end: End, before: str) -> None:
    """Remove an integration's calls of that end with an id under ``before``: ids sort by time. Commutes."""
    low, high = ENDS[end]
    changes.merge(_TRIM, integration_id=integration_id, low=low, high=high, before=before)


async def page(db: Database, integration_id: str, *, count: int) -> Sequence[RecordedCall]:
    """An integration's calls, newest first."""
    return [call_of(row) for row in await db.fetch(_PAGE, integration_id=integration_id, count=count)]


async def one(db: Database, integration_id: str, call_id: str) -> RecordedCall | None:
    """One call of an integration."""
    row = await fetch_one(db, _ONE, integration_id=integration_id, id=call_id)
    return call_of(row) if row else None


async def of_ids(db: Database, ids: Collection[str]) -> Sequence[Row]:
    """The rows (``COLUMNS``) of those calls that are still there, newest first; ``call_of`` reads one."""
    return await db.fetch(_OF_IDS[db.kind], ids=id_list(ids))


def delete_of_integration(changes: Changes, integration_id: str) -> None:
    """Remove all calls of an integration."""
    changes.run(_DELETE_OF, integration_id=integration_id)


async def integration_after(db: Database, after: str) -> str | None:
    """The next integration, in the order of ids, that has calls."""
    row = await fetch_one(db, _AFTER, after=after)
    return row[0] if row else None


async def nth_newest(db: Database, integration_id: str, end: End, kept: int) -> str | None:
    """The id of the newest call of that end that is not among the newest ``kept``."""
    low, high = ENDS[end]
    row = await fetch_one(db, _NTH, integration_id=integration_id, low=low, high=high, kept=kept)
    return row[0] if row else None


async def oldest(db: Database, integration_id: str) -> int:
    """When the oldest call came that is kept, in epoch milliseconds; the end of time without one."""
    row = await fetch_one(db, _OLDEST, integration_id=integration_id)
    return row[0] if row else LAST_MS


def delete_over(changes: Changes, integration_id: str, end: End, *, before: int, beyond: str) -> None:
    """Remove calls of that end up to ``before`` (epoch ms) and up to the id ``beyond``; returns their ids."""
    low, high = ENDS[end]
    changes.run(_OVER, integration_id=integration_id, low=low, high=high, before=before, beyond=beyond)


def call_of(row: Row) -> RecordedCall:
    """The call of a row of ``COLUMNS``."""
    doc = _decode(row[4])
    return RecordedCall(
        id=row[0],
        integration_id=row[1],
        at=row[2],
        status=row[3],
        **{name: getattr(doc, name) for name in _FIELDS},
    )
