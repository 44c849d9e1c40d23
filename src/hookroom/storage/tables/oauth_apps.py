"""Programs that the server knows by an OAuth client id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.oauth_app import OAuthApp
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_decode: Final = msgspec.json.Decoder(OAuthApp).decode

_INSERT: Final = Statement(
    "INSERT INTO oauth_apps (id, client_id, updated_at, doc) VALUES (:id, :client_id, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE oauth_apps SET client_id = :client_id, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM oauth_apps WHERE id = :id AND updated_at = :seen")
_ALL: Final = Statement("SELECT doc FROM oauth_apps ORDER BY id")
_BY_ID: Final = Statement("SELECT doc FROM oauth_apps WHERE id = :id")
_BY_CLIENT: Final = Statement("SELECT doc FROM oauth_apps WHERE client_id = :client_id")


def insert(changes: Changes, app: OAuthApp) -> None:
    """A new program. Conflict on its client id."""
    changes.run(_INSERT, **_columns(app))


def update(changes: Changes, old: OAuthApp, new: OAuthApp) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))


def delete(changes: Changes, app: OAuthApp) -> None:
    """Forget a program; ``Stale`` when it is another by now."""
    changes.run(_DELETE, expect=1, id=app.id, seen=millis(app.updated_at))


async def everything(db: Database) -> Sequence[OAuthApp]:
    """All of them: a server knows a few."""
    return [_decode(row[0]) for row in await db.fetch(_ALL)]


async def by_id(db: Database, app_id: str) -> OAuthApp | None:
    """The program with that id."""
    row = await fetch_one(db, _BY_ID, id=app_id)
    return _decode(row[0]) if row else None


async def by_client(db: Database, client_id: str) -> OAuthApp | None:
    """The program with that client id."""
    row = await fetch_one(db, _BY_CLIENT, client_id=client_id)
    return _decode(row[0]) if row else None


def _columns(app: OAuthApp) -> dict[str, Any]:
    return {
        "id": app.id,
        "client_id": app.client_id,
        "updated_at": millis(app.updated_at),
        "doc": msgspec.json.encode(app).decode(),
    }
