"""Codes and links that were sent by e-mail: each is good for one thing, once, for a while.

Only digests of them are stored.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement

Purpose = Literal["email-2fa", "reset-password", "verify-email"]

_COLUMNS: Final = "hash, user_id, purpose, created_at, expires_at, doc"
_PUT: Final = Statement(
    f"INSERT INTO one_time_codes ({_COLUMNS})"
    " VALUES (:hash, :user_id, :purpose, :created_at, :expires_at, :doc)"
    " ON CONFLICT (hash) DO UPDATE SET created_at = excluded.created_at,"
    " expires_at = excluded.expires_at, doc = excluded.doc"
)
_REVISE: Final = Statement("UPDATE one_time_codes SET doc = :doc WHERE hash = :hash AND doc = :seen")
_TAKE: Final = Statement("DELETE FROM one_time_codes WHERE hash = :hash AND doc = :seen")
_DELETE: Final = Statement("DELETE FROM one_time_codes WHERE user_id = :user_id AND purpose = :purpose")
_DELETE_OF_USER: Final = Statement("DELETE FROM one_time_codes WHERE user_id = :user_id")
_DELETE_EXPIRED: Final = Statement("DELETE FROM one_time_codes WHERE expires_at < :now")
_BY_HASH: Final = Statement(
    f"SELECT {_COLUMNS} FROM one_time_codes WHERE hash = :hash AND purpose = :purpose"
)

_LAST: Final = Statement(
    "SELECT max(created_at) FROM one_time_codes WHERE user_id = :user_id AND purpose = :purpose"
)


class Doc(Struct, frozen=True, omit_defaults=True):
    """What belongs to a code: the address it went to; of a short one its hash, and how often it was guessed."""

    address: str = ""
    code: str = ""
    tries: int = 0


class OneTimeCode(Struct, frozen=True, kw_only=True):
    """A code as stored. Times are epoch milliseconds."""

    hash: str
    user_id: str
    purpose: Purpose
    created_at: int
    expires_at: int
    doc: Doc


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Doc).decode


def digest(secret: str) -> str:
    """The key of a link's secret."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def put(changes: Changes, code: OneTimeCode) -> None:
    """A new code, in the place of an older one of the same key."""
    changes.run(
        _PUT,
        hash=code.hash,
        user_id=code.user_id,
        purpose=code.purpose,
        created_at=code.created_at,
        expires_at=code.expires_at,
        doc=_text(code.doc),
    )


def revise(changes: Changes, code: OneTimeCode, doc: Doc) -> None:
    """Put ``doc`` in the place of ``code``'s; ``Stale`` when that is no longer what is stored."""
    changes.run(_REVISE, expect=1, hash=code.hash, seen=_text(code.doc), doc=_text(doc))


def take(changes: Changes, code: OneTimeCode) -> None:
    """Use ``code`` up; ``Stale`` when it is used already, or another."""
    changes.run(_TAKE, expect=1, hash=code.hash, seen=_text(code.doc))


def delete(changes: Changes, user_id: str, purpose: Purpose) -> None:
    """Forget a user's codes for one thing."""
    changes.run(_DELETE, user_id=user_id, purpose=purpose)


def delete_of_user(changes: Changes, user_id: str) -> None:
    """Forget all of a user's codes."""
    changes.run(_DELETE_OF_USER, user_id=user_id)


def delete_expired(changes: Changes, now: int) -> None:
    """Forget the codes whose time is over."""
    changes.run(_DELETE_EXPIRED, now=now)


async def by_hash(db: Database, hash_: str, purpose: Purpose) -> OneTimeCode | None:
    """The code of that key, expired or not."""
    row = await fetch_one(db, _BY_HASH, hash=hash_, purpose=purpose)
    return _code(row) if row else None


async def last_created(db: Database, user_id: str, purpose: Purpose) -> int | None:
    """When the user's last code for one thing was made; epoch milliseconds."""
    row = await fetch_one(db, _LAST, user_id=user_id, purpose=purpose)
    return row[0] if row else None


def _text(doc: Doc) -> str:
    return _encode(doc).decode()


def _code(row: Row) -> OneTimeCode:
    values: Any = row
    return OneTimeCode(
        hash=values[0],
        user_id=values[1],
        purpose=values[2],
        created_at=values[3],
        expires_at=values[4],
        doc=_decode(values[5]),
    )
