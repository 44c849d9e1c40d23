"""Logging in and out, and who one is."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import LeftOut, NotLoggedIn
from hookroom.people import passwords, sessions
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.login import LOGIN
from hookroom.rest.user_views import me as own_view
from hookroom.rest.user_views import services
from hookroom.rules.accounts import PasswordPolicy
from hookroom.rules.model import User
from hookroom.workspace.workspace import Workspace

routes = Routes("Authentication")

MAX_NAME: Final = 255
"""Characters of a name or address that are looked at; no account has a longer one."""


@routes.post("login", login="optional", body=LOGIN)
async def log_in(call: Call) -> Answer:
    """Log in by user name or e-mail address and password, or by an earlier token (``resume``).

    ``password`` may be ``{"digest": <SHA-256 in hex>, "algorithm": "sha-256"}``. Who has turned on a second factor
    sends it as ``code``, or in the headers ``x-2fa-code`` and ``x-2fa-method``; without it the answer is 401
    ``totp-required``.
    """
    ws, body = call.ws, call.body
    if isinstance(body.get("serviceName"), str) and body.get("accessToken"):
        raise LeftOut(f"login is left out: logging in by {body['serviceName'][:50]} and other services.")
    if body.get("resume"):
        session = await sessions.resume(ws, body["resume"])
    else:
        name, is_email = _who(body)
        session = await sessions.log_in(
            ws,
            address=call.address,
            name=name[:MAX_NAME],
            email=is_email,
            password_digest=_digest(body.get("password")),
            code=body.get("code") or call.header("X-2fa-Code"),
            method=call.header("X-2fa-Method"),
        )
    # The login itself has just changed the account.
    user = await ws.directory.user(session.user.id) or session.user
    return {
        "status": "success",
        "data": {"userId": user.id, "authToken": session.token, "me": await _me(ws, user)},
    }


@routes.post("logout")
@routes.get("logout")
async def log_out(call: Call) -> Answer:
    """Forget the token that the call came with."""
    assert call.token is not None
    await sessions.log_out(call.ws, call.token)
    return {"status": "success", "data": {"message": "You've been logged out!"}}


@routes.get("me")
async def me(call: Call) -> Answer:
    """The caller's own account, with preferences."""
    return await _me(call.ws, call.user)


@routes.get("pw.getPolicy", login="optional")
async def password_policy(call: Call) -> Answer:
    """What a new password must be like."""
    return PasswordPolicy.of(call.ws.settings).wire()


async def _me(ws: Workspace, user: User) -> dict[str, Any]:
    return {**own_view(ws, user), "services": await services(ws, user)}


def _who(body: dict[str, Any]) -> tuple[str, bool]:
    """The name that a body logs in by, and whether it is an e-mail address."""
    user = body.get("user")
    named = user if isinstance(user, dict) else body
    if isinstance(user, str) and user:
        return user, "@" in user
    for field in ("username", "email"):
        if isinstance(named.get(field), str) and named[field]:
            return named[field], field == "email"
    raise NotLoggedIn("Unauthorized")


def _digest(password: object) -> str:
    if isinstance(password, dict):
        digest, algorithm = password.get("digest"), password.get("algorithm", "sha-256")
        if isinstance(digest, str) and digest and algorithm == "sha-256":
            return digest
    elif isinstance(password, str) and password:
        return passwords.digest(password)
    raise NotLoggedIn("Unauthorized")
