"""Logging in and out over the realtime API (Meteor's accounts protocol)."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from hookroom.errors import NotLoggedIn, Refused
from hookroom.methods.params import Mismatch, maybe_text, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import passwords, sessions
from hookroom.people.sessions import Session
from hookroom.rules.times import iso
from hookroom.storage.tables import tokens

methods = Methods("Login")

MAX_NAME: Final = 255
"""Characters of a name or address that are looked at; no account has a longer one."""


@methods.add("login", login="optional")
async def log_in(call: MethodCall, options: Any) -> dict[str, Any]:
    """Log in; everything that the connection says from then on is the user's.

    ``{user: {username} | {email} | {id}, password}``, the password plain or ``{digest, algorithm: "sha-256"}``;
    ``{resume: token}``; with a second factor ``{totp: {login: {…}, code}}``. Answers ``{id, token, tokenExpires,
    type}``.
    """
    given = record(options, "options")
    if given.get("resume") is not None:
        return await _begin(call, await _resumed(call, text(given["resume"], "resume")), "resume")
    code = None
    if given.get("totp") is not None:
        second = record(given["totp"], "totp")
        code = maybe_text(second.get("code"), "totp.code")
        given = record(second.get("login"), "totp.login")
    if given.get("user") is None or given.get("password") is None:
        raise Refused("400", "Unrecognized options for login request")
    return await _begin(call, await _with_password(call, given, code), "password")


@methods.add("logout", login="optional")
async def log_out(call: MethodCall) -> None:
    """Forget the token that the caller logged in with; the connection is nobody's from then on."""
    if call.token is not None:
        await sessions.log_out(call.ws, call.token)
    if call.connection is not None:
        call.connection.logout()


@methods.add("logoutCleanUp")
async def log_out_clean_up(_call: MethodCall, _user: Any = None) -> None:
    """What a client says after it logged out; there is nothing left to do."""


@methods.add("logoutOtherClients")
async def log_out_other_clients(call: MethodCall) -> None:
    """Forget the caller's other logins; personal access tokens stay."""
    if call.token is not None:
        await sessions.log_out_others(call.ws, call.token, personal=False)


class _Named(Struct, frozen=True):
    name: str
    email: bool = False


async def _with_password(call: MethodCall, given: dict[str, Any], code: str | None) -> Session:
    who, digest = await _who(call, given["user"]), _digest(given["password"])
    try:
        return await sessions.log_in(
            call.ws,
            address=call.address,
            name=who.name[:MAX_NAME],
            email=who.email,
            password_digest=digest,
            code=code or call.header("X-2fa-Code"),
            method=call.header("X-2fa-Method"),
        )
    except NotLoggedIn:
        raise Refused("403", "User not found") from None


async def _resumed(call: MethodCall, token: str) -> Session:
    try:
        return await sessions.resume(call.ws, token)
    except NotLoggedIn:
        raise Refused("403", "You've been logged out by the server. Please log in again.") from None


async def _begin(call: MethodCall, session: Session, kind: str) -> dict[str, Any]:
    ws = call.ws
    token = await ws.directory.token(tokens.digest(session.token))
    # The login itself has just changed the account.
    user = await ws.directory.user(session.user.id)
    if token is None or user is None:
        raise Refused("403", "User not found")
    if call.connection is not None:
        call.connection.login(user, token)
    expires = sessions.expiry(ws, ws.now()) if token.expires_at is None else token.expires_at
    return {"id": user.id, "token": session.token, "tokenExpires": iso(expires), "type": kind}


async def _who(call: MethodCall, user: object) -> _Named:
    """``{username}``, ``{email}`` or ``{id}``, or one of the first two as a text."""
    if isinstance(user, str):
        return _Named(user, "@" in user)
    named = record(user, "user")
    if named.get("username") is not None:
        return _Named(text(named["username"], "user.username"))
    if named.get("email") is not None:
        return _Named(text(named["email"], "user.email"), True)
    if named.get("id") is None:
        raise Mismatch("username, email or id", named.get("id"), "user")
    found = await call.ws.directory.user(text(named["id"], "user.id"))
    # An id that nobody has is looked at as a name that nobody has: it takes as long and counts as much.
    return _Named(found.username if found is not None else f" {named['id']}")


def _digest(password: object) -> str:
    """SHA-256 in hex of what was sent: a plain password, or that already."""
    if isinstance(password, str):
        return passwords.digest(password)
    sent = record(password, "password")
    if sent.get("algorithm", "sha-256") != "sha-256":
        raise Mismatch("sha-256", sent["algorithm"], "password.algorithm")
    return text(sent.get("digest"), "password.digest")
