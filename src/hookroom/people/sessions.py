"""Logging in and out: who somebody is, and the tokens that say so from then on."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from hookroom.errors import LoginRefused, NotLoggedIn, Refused, TooManyRequests
from hookroom.people import passwords, second_factor
from hookroom.people.second_factor import Shown
from hookroom.rules.ids import auth_token
from hookroom.rules.model import User
from hookroom.rules.times import iso, millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import one_time_codes, tokens, users
from hookroom.storage.tables.tokens import Token
from hookroom.workspace.workspace import Workspace, retrying

MAX_LOGINS: Final = 500
"""Login tokens that a user keeps; the oldest go first."""

LAST_LOGIN_GRAIN_MS: Final = 60_000
"""``lastLogin`` is this old at most, so that a script that logs in for each call does not rewrite its user."""

_DAY_MS: Final = 86_400_000
_DEFAULT_DAYS: Final = 90


class Session(NamedTuple):
    """A login: whose, and the token to show with each call."""

    user: User
    token: str


async def log_in(
    ws: Workspace,
    *,
    address: str,
    name: str,
    email: bool,
    password_digest: str,
    code: str | None = None,
    method: str | None = None,
) -> Session:
    """Log in by user name, or by e-mail address where ``email`` says so.

    ``password_digest`` is the SHA-256 of the password in hex; ``code`` and ``method`` are the second factor
    (``people.second_factor.Shown``). Raises ``NotLoggedIn`` ("Unauthorized") for an unknown name and for a wrong
    password alike, both after the same time; ``LoginRefused`` when the account is deactivated, has no verified
    address where that is asked for, or the second factor is missing or wrong; ``TooManyRequests`` after too many
    failures from ``address``.
    """
    key = users.key(name)
    if not ws.test_mode:
        ws.failed_logins.attempt(address, key, ws.now())
    if email:
        user_id = await users.id_by_email(ws.db, name)
        user = await ws.directory.user(user_id) if user_id else None
    else:
        user = await ws.directory.user_named(name)
    stored = await users.password_hash(ws.db, user.id) if user else None
    if not await passwords.verify(stored, password_digest) or user is None:
        raise NotLoggedIn("Unauthorized")
    _check_active(user)
    _check_verified(ws, user)
    await check_second_factor(ws, user, code, method)
    session = Session(user, await begin(ws, user.id))
    if not ws.test_mode:
        ws.failed_logins.good(address, key)
    return session


async def check_second_factor(ws: Workspace, user: User, code: str | None, method: str | None) -> None:
    """Let only those log in who show the second factor of ``user``, if there is one.

    Raises ``LoginRefused`` (``totp-required``, ``totp-invalid``, ``totp-max-attempts``) and ``TooManyRequests``.
    """
    try:
        await second_factor.check(ws, user, Shown(code=code, method=method), remember=False)
    except TooManyRequests:
        raise
    except Refused as error:
        raise LoginRefused(error.code, error.reason, details=error.details) from error


async def resume(ws: Workspace, token: str) -> Session:
    """Log in by a token that is valid still, which goes on being it.

    Raises ``NotLoggedIn`` for any other, ``LoginRefused`` when the account is deactivated.
    """
    stored = await ws.directory.token(tokens.digest(token))
    user = await ws.directory.user(stored.user_id) if stored else None
    if stored is None or user is None or not stored.is_valid(ws.now()):
        raise NotLoggedIn("Unauthorized")
    _check_active(user)
    return Session(user, token)


@retrying
async def begin(ws: Workspace, user_id: str) -> str:
    """Make a login token for a user and note the login; raises ``LoginRefused`` when deactivated."""
    user = await ws.directory.user(user_id)
    if user is None:
        raise NotLoggedIn("Unauthorized")
    _check_active(user)
    now = ws.now()
    token = auth_token()
    changes = Changes()
    users.expect_active(changes, user_id)
    tokens.insert(
        changes,
        Token(
            hash=tokens.digest(token),
            user_id=user_id,
            kind="login",
            name=None,
            last_characters=token[-6:],
            bypass_two_factor=False,
            created_at=now,
            expires_at=expiry(ws, now),
        ),
    )
    logins = [one for one in await tokens.of_user(ws.db, user_id) if one.kind == "login"]
    kept = [one for one in logins if one.is_valid(now)][-(MAX_LOGINS - 1) :]
    for one in logins:
        if one not in kept:
            tokens.delete(changes, one.hash)
    if user.last_login is None or now - millis(user.last_login) >= LAST_LOGIN_GRAIN_MS:
        stamp = ws.stamp(user.updated_at)
        users.update(changes, user, msgspec.structs.replace(user, last_login=iso(now), updated_at=stamp))
    await ws.db.commit(changes)
    return token


async def log_out(ws: Workspace, token: Token) -> None:
    """Forget a token: the next call with it is refused, on every node."""
    changes = Changes()
    tokens.delete(changes, token.hash)
    await ws.db.commit(changes)


@retrying
async def log_out_everywhere(ws: Workspace, user_id: str) -> None:
    """Forget all tokens of a user, personal ones too."""
    changes = Changes()
    tokens.delete_of_user(changes, user_id, await tokens.of_user(ws.db, user_id))
    await ws.db.commit(changes)


async def log_out_others(ws: Workspace, token: Token, *, personal: bool) -> None:
    """Forget the user's tokens but ``token``; their personal ones only where ``personal`` says so."""
    changes = Changes()
    await forget_others(ws, changes, token.user_id, keep=token.hash, personal=personal)
    if changes.steps:
        await ws.db.commit(changes)


async def forget_others(
    ws: Workspace, changes: Changes, user_id: str, *, keep: str | None, personal: bool
) -> None:
    """Add to ``changes`` that a user's tokens but ``keep`` (a digest) go."""
    for token in await tokens.of_user(ws.db, user_id):
        if token.hash != keep and (personal or token.kind == "login"):
            tokens.delete(changes, token.hash)


async def forget_expired(ws: Workspace) -> None:
    """Remove what nobody can log in with any more."""
    changes = Changes()
    tokens.delete_expired(changes, ws.now())
    one_time_codes.delete_expired(changes, ws.now())
    await ws.db.commit(changes)


def expiry(ws: Workspace, created_at: int) -> int:
    """When a login of that time ends (``Accounts_LoginExpiration``, in days); epoch milliseconds."""
    days: int = ws.settings["Accounts_LoginExpiration"]
    return created_at + (days if days > 0 else _DEFAULT_DAYS) * _DAY_MS


def _check_active(user: User) -> None:
    if not user.active:
        raise LoginRefused("error-user-is-not-activated", "User is not activated")


def _check_verified(ws: Workspace, user: User) -> None:
    """Facts: ``apps/meteor/app/authentication/server/startup``; bots and apps, who read no mail, are let in."""
    asked = ws.settings["Accounts_EmailVerification"] and user.type == "user"
    if asked and not any(one.verified for one in user.emails):
        raise LoginRefused("error-invalid-email", "Invalid email")
