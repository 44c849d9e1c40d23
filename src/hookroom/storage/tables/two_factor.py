"""What users must show beside their password, with its secrets: apart from users, so that no listing has them."""

from __future__ import annotations

from typing import Final

import msgspec

from hookroom.rules.second_factor import TwoFactor
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(TwoFactor).decode

_INSERT: Final = Statement(
    "INSERT INTO two_factor (user_id, updated_at, doc) VALUES (:user_id, :updated_at, :doc)"
    " ON CONFLICT (user_id) DO NOTHING"
)
_UPDATE: Final = Statement(
    "UPDATE two_factor SET updated_at = :updated_at, doc = :doc"
    " WHERE user_id = :user_id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM two_factor WHERE user_id = :user_id")
_OF: Final = Statement("SELECT doc FROM two_factor WHERE user_id = :user_id")


def put(changes: Changes, user_id: str, old: TwoFactor | None, new: TwoFactor) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    doc = _encode(new).decode()
    if old is None:
        changes.run(_INSERT, expect=1, user_id=user_id, updated_at=new.updated_at, doc=doc)
    else:
        changes.run(
            _UPDATE, expect=1, user_id=user_id, updated_at=new.updated_at, doc=doc, seen=old.updated_at
        )
    changes.touch("two-factor", user_id)


def delete(changes: Changes, user_id: str) -> None:
    """Forget a user's, if there is any."""
    changes.run(_DELETE, user_id=user_id)
    changes.touch("two-factor", user_id)


async def of(db: Database, user_id: str) -> TwoFactor | None:
    """What a user has turned on, or once had."""
    row = await fetch_one(db, _OF, user_id=user_id)
    return _decode(row[0]) if row else None
