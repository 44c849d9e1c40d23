"""Login tokens and personal access tokens; only their SHA-256 is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement

_COLUMNS: Final = "hash, user_id, kind, name, last_characters, bypass_two_factor, created_at, expires_at"
_INSERT: Final = Statement(
    f"INSERT INTO tokens ({_COLUMNS}) VALUES (:hash, :user_id, :kind, :name, :last_characters,"
    " :bypass_two_factor, :created_at, :expires_at)"
)
_BY_HASH: Final = Statement(f"SELECT {_COLUMNS} FROM tokens WHERE hash = :hash")
_OF_USER: Final = Statement(
    f"SELECT {_COLUMNS} FROM tokens WHERE user_id = :user_id ORDER BY created_at, hash"
)
_DELETE: Final = Statement("DELETE FROM tokens WHERE hash = :hash")
_DELETE_OF_USER: Final = Statement("DELETE FROM tokens WHERE user_id = :user_id")
_EXPIRED: Final = Statement("DELETE FROM tokens WHERE expires_at < :now")


class Token(msgspec.Struct, frozen=True):
    """A token as stored. Times are epoch milliseconds; personal tokens never expire."""

    hash: str
    user_id: str
    kind: Literal["login", "personal"]
    name: str | None
    last_characters: str
    bypass_two_factor: bool
    created_at: int
    expires_at: int | None

    def is_valid(self, now: int) -> bool:
        """Whether it still logs in at ``now`` (epoch milliseconds)."""
        return self.expires_at is None or self.expires_at > now


def digest(token: str) -> str:
    """The stored form of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def insert(changes: Changes, token: Token) -> None:
    """A new token. Conflict on ``tokens_user_id_name_key``: the user has a personal token of that name."""
    changes.run(
        _INSERT, **{**msgspec.structs.asdict(token), "bypass_two_factor": int(token.bypass_two_factor)}
    )
    changes.touch("token", token.hash)


def delete(changes: Changes, token_hash: str, *, expect: bool = False) -> None:
    """Forget a token; whoever used it is logged out. With ``expect``, ``Stale`` when there is none."""
    changes.run(_DELETE, hash=token_hash, expect=1 if expect else None)
    changes.touch("token", token_hash)


def delete_of_user(changes: Changes, user_id: str, known: Sequence[Token]) -> None:
    """Forget all of a user's; ``Stale`` unless ``known`` are all there are."""
    changes.run(_DELETE_OF_USER, expect=len(known), user_id=user_id)
    for token in known:
        changes.touch("token", token.hash)


def delete_expired(changes: Changes, now: int) -> None:
    """Forget the login tokens whose time is over."""
    changes.run(_EXPIRED, now=now)


async def by_hash(db: Database, token_hash: str) -> Token | None:
    """The token with that digest, expired or not."""
    row = await fetch_one(db, _BY_HASH, hash=token_hash)
    return _token(row) if row else None


async def of_user(db: Database, user_id: str) -> Sequence[Token]:
    """All of a user's tokens, oldest first."""
    return [_token(row) for row in await db.fetch(_OF_USER, user_id=user_id)]


def _token(row: Row) -> Token:
    return Token(
        hash=row[0],
        user_id=row[1],
        kind=row[2],
        name=row[3],
        last_characters=row[4],
        bypass_two_factor=bool(row[5]),
        created_at=row[6],
        expires_at=row[7],
    )
