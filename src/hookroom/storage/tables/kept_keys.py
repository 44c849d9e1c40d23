"""Keys of integrations, kept apart from them: no listing of integrations has one.

Two tables are of this kind: what is signed with (``signing_keys``), and what is verified with
(``verification_secrets``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from hookroom.rules.key_rotation import KeptKey
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement


class KeptKeys(Struct, frozen=True):
    """An integration's keys, newest first; ``version`` is its ``_updatedAt`` when they were written, in ms."""

    version: int
    keys: tuple[KeptKey, ...]


class _Doc(Struct, frozen=True):
    keys: tuple[KeptKey, ...]


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Doc).decode


class KeyTable:
    """The table of that name: a row for each integration that has keys."""

    def __init__(self, name: str) -> None:
        columns = "integration_id, updated_at, doc"
        self._put = Statement(
            f"INSERT INTO {name} ({columns}) VALUES (:integration_id, :updated_at, :doc)"
            " ON CONFLICT (integration_id) DO UPDATE SET updated_at = excluded.updated_at, doc = excluded.doc"
        )
        self._delete = Statement(f"DELETE FROM {name} WHERE integration_id = :integration_id")
        self._of = Statement(f"SELECT {columns} FROM {name} WHERE integration_id = :integration_id")
        self._all = Statement(f"SELECT {columns} FROM {name}")

    def put(self, changes: Changes, integration_id: str, kept: KeptKeys) -> None:
        """Put ``kept`` in the place of what is there.

        To be written with a guarded change of the integration (``tables.integrations.update``), which tells other
        nodes and keeps two changes at the same time apart.
        """
        changes.run(
            self._put,
            integration_id=integration_id,
            updated_at=kept.version,
            doc=_encode(_Doc(kept.keys)).decode(),
        )

    def delete(self, changes: Changes, integration_id: str) -> None:
        """Forget an integration's keys, if it has any."""
        changes.run(self._delete, integration_id=integration_id)

    async def of(self, db: Database, integration_id: str) -> KeptKeys | None:
        """An integration's keys."""
        row = await fetch_one(db, self._of, integration_id=integration_id)
        return _kept(row) if row else None

    async def everything(self, db: Database) -> Mapping[str, KeptKeys]:
        """The keys of all integrations that have any, by the integration's id: every node has them in memory."""
        rows: Sequence[Row] = await db.fetch(self._all)
        return {row[0]: _kept(row) for row in rows}


def _kept(row: Row) -> KeptKeys:
    return KeptKeys(row[1], _decode(row[2]).keys)
