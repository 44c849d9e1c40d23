"""The keys that outgoing integrations sign with: nowhere else, so that no listing of integrations has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from hookroom.rules.key_rotation import KeptKey
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement

_PUT: Final = Statement(
    "INSERT INTO signing_keys (integration_id, updated_at, doc) VALUES (:integration_id, :updated_at, :doc)"
    " ON CONFLICT (integration_id) DO UPDATE SET updated_at = excluded.updated_at, doc = excluded.doc"
)
_DELETE: Final = Statement("DELETE FROM signing_keys WHERE integration_id = :integration_id")
_OF: Final = Statement(
    "SELECT integration_id, updated_at, doc FROM signing_keys WHERE integration_id = :integration_id"
)
_ALL: Final = Statement("SELECT integration_id, updated_at, doc FROM signing_keys")


class KeptKeys(Struct, frozen=True):
    """An integration's keys, newest first; ``version`` is its ``_updatedAt`` when they were written, in ms."""

    version: int
    keys: tuple[KeptKey, ...]


class _Doc(Struct, frozen=True):
    keys: tuple[KeptKey, ...]


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Doc).decode


def put(changes: Changes, integration_id: str, kept: KeptKeys) -> None:
    """Put ``kept`` in the place of what is there.

    To be written with a guarded change of the integration (``tables.integrations.update``), which tells other
    nodes and keeps two changes at the same time apart.
    """
    changes.run(
        _PUT,
        integration_id=integration_id,
        updated_at=kept.version,
        doc=_encode(_Doc(kept.keys)).decode(),
    )


def delete(changes: Changes, integration_id: str) -> None:
    """Forget an integration's keys, if it has any."""
    changes.run(_DELETE, integration_id=integration_id)


async def of(db: Database, integration_id: str) -> KeptKeys | None:
    """An integration's keys."""
    row = await fetch_one(db, _OF, integration_id=integration_id)
    return _kept(row) if row else None


async def everything(db: Database) -> Mapping[str, KeptKeys]:
    """The keys of all integrations that sign, by the integration's id: every node has them in memory."""
    rows: Sequence[Row] = await db.fetch(_ALL)
    return {row[0]: _kept(row) for row in rows}


def _kept(row: Row) -> KeptKeys:
    return KeptKeys(row[1], _decode(row[2]).keys)
