"""Personal access tokens: logins of their own name, without an end, for scripts and bots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.errors import Failure, Refused
from hookroom.rules.ids import auth_token
from hookroom.rules.model import User
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import tokens
from hookroom.storage.tables.tokens import Token
from hookroom.workspace.workspace import Workspace, retrying

PERMISSION: Final = "create-personal-access-tokens"
MAX_NAME: Final = 255


async def generate(ws: Workspace, user: User, name: str, *, bypass_two_factor: bool) -> str:
    """Make a token called ``name``; the only time that it is seen.

    Raises ``Refused``: ``not-authorized``, ``error-token-already-exists``; ``Failure`` without a name.
    """
    method = "personalAccessTokens:generateToken"
    _check(ws, user, name, method)
    token = auth_token()
    changes = Changes()
    tokens.insert(changes, _personal(ws, user, name, token, bypass_two_factor=bypass_two_factor))
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        raise Refused(
            "error-token-already-exists", "A token with this name already exists", method=method
        ) from error
    return token


@retrying
async def regenerate(ws: Workspace, user: User, name: str) -> str:
    """Put a new token in the place of the one called ``name``, which is worth nothing from then on.

    Raises ``Refused``: ``not-authorized``, ``error-token-does-not-exists``; ``Failure`` without a name.
    """
    old = await _named(ws, user, name, "personalAccessTokens:regenerateToken")
    token = auth_token()
    changes = Changes()
    tokens.delete(changes, old.hash, expect=True)
    tokens.insert(changes, _personal(ws, user, name, token, bypass_two_factor=old.bypass_two_factor))
    await ws.db.commit(changes)
    return token


async def remove(ws: Workspace, user: User, name: str) -> None:
    """Forget the token called ``name``. Raises what ``regenerate`` raises."""
    old = await _named(ws, user, name, "personalAccessTokens:removeToken")
    changes = Changes()
    tokens.delete(changes, old.hash)
    await ws.db.commit(changes)


async def listed(ws: Workspace, user: User) -> Sequence[Token]:
    """A user's personal tokens, oldest first."""
    return [token for token in await tokens.of_user(ws.db, user.id) if token.kind == "personal"]


async def _named(ws: Workspace, user: User, name: str, method: str) -> Token:
    _check(ws, user, name, method)
    for token in await listed(ws, user):
        if token.name == name:
            return token
    raise Refused("error-token-does-not-exists", "Token does not exist", method=method)


def _check(ws: Workspace, user: User, name: str, method: str) -> None:
    if not ws.authority.allows(PERMISSION, user):
        raise Refused("not-authorized", "Not Authorized", method=method)
    if not name.strip() or "\0" in name:
        raise Failure("The 'tokenName' param is required")
    if len(name) > MAX_NAME:
        raise Failure(f"The name of a token has at most {MAX_NAME} characters")


def _personal(ws: Workspace, user: User, name: str, token: str, *, bypass_two_factor: bool) -> Token:
    return Token(
        hash=tokens.digest(token),
        user_id=user.id,
        kind="personal",
        name=name,
        last_characters=token[-6:],
        bypass_two_factor=bypass_two_factor,
        created_at=ws.now(),
        expires_at=None,
    )
