"""Users, their e-mail addresses, roles and password hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.accounts import fold
from hookroom.rules.avatar import of_user
from hookroom.rules.model import User
from hookroom.rules.times import millis
from hookroom.storage.database import Database, Kind, fetch_one
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import avatars

STATUS_TOUCHED: Final = "user-status"
NAME_TOUCHED: Final = "user-name"
AVATAR_TOUCHED: Final = "user-avatar"
OUT_TOUCHED: Final = "user-out"
GONE_TOUCHED: Final = "user-gone"
"""Kinds of touches, with a user's id: another status or status text, name, picture; deactivated; gone."""
ROLE_TOUCHED: Final = "user-role"
"""With ``added/<role>/<user>`` or ``removed/…``: a role everywhere; with ``…/<room>``: a role there."""

_decode: Final = msgspec.json.Decoder(User).decode

_INSERT: Final = Statement(
    "INSERT INTO users"
    " (id, username_key, type, active, search, last_login_at, created_at, updated_at, doc)"
    " VALUES (:id, :username_key, :type, :active, :search, :last_login_at, :created_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE users SET username_key = :username_key, type = :type, active = :active, search = :search,"
    " last_login_at = :last_login_at, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM users WHERE id = :id AND updated_at = :seen")
_EMAIL: Final = Statement("INSERT INTO user_emails (address_key, user_id) VALUES (:address_key, :user_id)")
_NO_EMAILS: Final = Statement("DELETE FROM user_emails WHERE user_id = :user_id")
_ROLE: Final = Statement("INSERT INTO user_roles (role_id, user_id) VALUES (:role_id, :user_id)")
_NO_ROLES: Final = Statement("DELETE FROM user_roles WHERE user_id = :user_id")
_PASSWORD: Final = Statement(
    "INSERT INTO credentials (user_id, password_hash) VALUES (:user_id, :password_hash)"
    " ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash"
)
_NO_PASSWORD: Final = Statement("DELETE FROM credentials WHERE user_id = :user_id")
_CHECK_ACTIVE: Final = Statement("UPDATE users SET active = active WHERE id = :id AND active = 1")
_BY_ID: Final = Statement("SELECT doc FROM users WHERE id = :id")
_ID_BY_USERNAME: Final = Statement("SELECT id FROM users WHERE username_key = :username_key")
_ID_BY_EMAIL: Final = Statement("SELECT user_id FROM user_emails WHERE address_key = :address_key")
_PASSWORD_OF: Final = Statement("SELECT password_hash FROM credentials WHERE user_id = :user_id")
_ANY_PERSON: Final = Statement("SELECT id FROM users WHERE type = 'user' LIMIT 1")
_ALL: Final = Statement("SELECT doc FROM users ORDER BY username_key")

_STATUSES: Final[Mapping[Kind, Statement]] = {
    "sqlite": Statement(
        "UPDATE users SET updated_at = new.at, doc = new.doc FROM"
        " (SELECT value ->> 'id' AS id, value ->> 'seen' AS seen, value ->> 'at' AS at, value ->> 'doc' AS doc"
        " FROM json_each(:rows)) AS new"
        " WHERE users.id = new.id AND users.updated_at = new.seen RETURNING users.id"
    ),
    "postgresql": Statement(
        "UPDATE users SET updated_at = new.at, doc = new.doc"
        " FROM json_to_recordset(:rows::json) AS new(id text, seen bigint, at bigint, doc text)"
        " WHERE users.id = new.id AND users.updated_at = new.seen RETURNING users.id"
    ),
}
_OTHER_ADMIN: Final = (
    "EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id"
    " WHERE r.role_id = 'admin' AND u.active = 1 AND u.id <> :user_id)"
)
_ANOTHER_ADMIN: Final = Statement(f"SELECT id FROM roles WHERE id = 'admin' AND {_OTHER_ADMIN}")
_LOCK_ADMINS: Final = Statement("UPDATE roles SET doc = doc WHERE id = 'admin'")
_CHECK_ADMINS: Final = Statement(f"UPDATE roles SET doc = doc WHERE id = 'admin' AND {_OTHER_ADMIN}")
_CHECK_NOBODY: Final = Statement(
    "UPDATE roles SET doc = doc WHERE id = 'admin' AND NOT EXISTS (SELECT 1 FROM users WHERE type = 'user')"
)


def key(name: str) -> str:
    """The form of a user name or e-mail address under which it is unique: case does not count."""
    return fold(name)


def insert(changes: Changes, user: User) -> None:
    """A new user. Conflict: ``users_username_key_key`` or ``user_emails_pk`` (a name or address is taken)."""
    changes.run(_INSERT, created_at=millis(user.created_at), **_columns(user))
    _emails(changes, user)
    _roles(changes, user)
    _touch(changes, user)


def update(changes: Changes, old: User, new: User) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))
    if new.emails != old.emails:
        changes.run(_NO_EMAILS, user_id=old.id)
        _emails(changes, new)
    if new.roles != old.roles:
        changes.run(_NO_ROLES, user_id=old.id)
        _roles(changes, new)
    _touch(changes, old)
    _touch(changes, new)
    _say(changes, old, new)


def put_statuses(changes: Changes, kind: Kind, shown: Sequence[tuple[User, User]]) -> None:
    """Put the second of each pair in the place of the first; they differ in ``status`` alone.

    One that is no longer what is stored stays as it is; the commit answers the ids of the others.
    """
    rows = [
        {"id": new.id, "seen": millis(old.updated_at), "at": millis(new.updated_at), "doc": _encode(new)}
        for old, new in sorted(shown, key=lambda pair: pair[0].id)
    ]
    changes.run(_STATUSES[kind], rows=msgspec.json.encode(rows).decode())
    for _, new in shown:
        changes.touch("user", new.id)
        changes.touch(STATUS_TOUCHED, new.id)


def delete(changes: Changes, user: User) -> None:
    """Remove a user with addresses, roles and password; ``Stale`` when that is no longer what is stored.

    What they wrote, their memberships and tokens are removed by their own tables' statements.
    """
    changes.run(_DELETE, expect=1, id=user.id, seen=millis(user.updated_at))
    changes.run(_NO_EMAILS, user_id=user.id)
    changes.run(_NO_ROLES, user_id=user.id)
    changes.run(_NO_PASSWORD, user_id=user.id)
    avatars.forget(changes, of_user(user.id), user.avatar_etag, millis(user.updated_at))
    _touch(changes, user)
    changes.touch(GONE_TOUCHED, user.id)


def set_password(changes: Changes, user_id: str, password_hash: str) -> None:
    """Store an Argon2id hash."""
    changes.run(_PASSWORD, user_id=user_id, password_hash=password_hash)


def expect_active(changes: Changes, user_id: str) -> None:
    """``Stale`` when the user is deactivated or gone."""
    changes.run(_CHECK_ACTIVE, expect=1, id=user_id)


def expect_another_admin(changes: Changes, user_id: str) -> None:
    """``Stale`` unless somebody else is an active administrator. First of all the changes, to be sure."""
    # Two statements: whoever waited for the lock looks again at what the one before them wrote.
    changes.run(_LOCK_ADMINS, expect=1)
    changes.run(_CHECK_ADMINS, expect=1, user_id=user_id)


def expect_nobody(changes: Changes) -> None:
    """``Stale`` when a person has an account by now. First of all the changes, to be sure."""
    changes.run(_LOCK_ADMINS, expect=1)
    changes.run(_CHECK_NOBODY, expect=1)


async def by_id(db: Database, user_id: str) -> User | None:
    """The user with that id."""
    row = await fetch_one(db, _BY_ID, id=user_id)
    return _decode(row[0]) if row else None


async def id_by_username(db: Database, username_key: str) -> str | None:
    """Id of the user of that name, in the form of ``key``."""
    row = await fetch_one(db, _ID_BY_USERNAME, username_key=username_key)
    return row[0] if row else None


async def id_by_email(db: Database, address: str) -> str | None:
    """Id of the user with that address."""
    row = await fetch_one(db, _ID_BY_EMAIL, address_key=key(address))
    return row[0] if row else None


async def password_hash(db: Database, user_id: str) -> str | None:
    """The stored hash, if the user has a password."""
    row = await fetch_one(db, _PASSWORD_OF, user_id=user_id)
    return row[0] if row else None


async def any_person(db: Database) -> bool:
    """Whether a user who is neither bot nor app exists."""
    return await fetch_one(db, _ANY_PERSON) is not None


async def another_admin(db: Database, user_id: str) -> bool:
    """Whether somebody else is an active administrator."""
    return await fetch_one(db, _ANOTHER_ADMIN, user_id=user_id) is not None


async def everyone(db: Database) -> Sequence[User]:
    """All users, by name. For the command line; listings over HTTP are paged."""
    return [_decode(row[0]) for row in await db.fetch(_ALL)]


def searchable(*names: str) -> str:
    """The form of names in which a part of one is looked for: case does not count."""
    return "\n".join(fold(name) for name in names)


def _encode(user: User) -> str:
    return msgspec.json.encode(user).decode()


def _columns(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username_key": key(user.username),
        "type": user.type,
        "active": int(user.active),
        "search": searchable(user.name, user.username),
        "last_login_at": millis(user.last_login) if user.last_login else None,
        "updated_at": millis(user.updated_at),
        "doc": _encode(user),
    }


def _emails(changes: Changes, user: User) -> None:
    for email in user.emails:
        changes.run(_EMAIL, address_key=key(email.address), user_id=user.id)


def _roles(changes: Changes, user: User) -> None:
    for role_id in dict.fromkeys(user.roles):
        changes.run(_ROLE, role_id=role_id, user_id=user.id)


def _touch(changes: Changes, user: User) -> None:
    changes.touch("user", user.id)
    changes.touch("username", key(user.username))


def _say(changes: Changes, old: User, new: User) -> None:
    """What of a user is another now, for those who are told of it."""
    if (old.status, old.status_text) != (new.status, new.status_text):
        changes.touch(STATUS_TOUCHED, new.id)
    if (old.username, old.name) != (new.username, new.name):
        changes.touch(NAME_TOUCHED, new.id)
    if old.avatar_etag != new.avatar_etag:
        changes.touch(AVATAR_TOUCHED, new.id)
    if old.active and not new.active:
        changes.touch(OUT_TOUCHED, new.id)
    if old.roles != new.roles:
        for role in sorted({*old.roles} ^ {*new.roles}):
            changes.touch(ROLE_TOUCHED, f"{'added' if role in new.roles else 'removed'}/{role}/{new.id}")
