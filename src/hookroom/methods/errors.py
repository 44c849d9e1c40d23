"""Errors as the realtime API writes them: Meteor's ``Meteor.Error`` as EJSON."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Failure, HookroomError, NotFound, NotLoggedIn, Refused


def ddp_error(error: HookroomError, method: str = "") -> dict[str, Any]:
    """The ``error`` of a ``result`` or ``nosub``: ``{isClientSafe, error, reason, message, errorType, details}``.

    ``error`` is the code, a number where the code is one (``Refused("403", …)`` answers ``403``); ``message`` is
    ``reason [code]``. Who is not logged in gets what the original's methods answer, ``error-invalid-user``.
    """
    if isinstance(error, NotLoggedIn):
        return meteor_error("error-invalid-user", "Invalid user", {"method": method} if method else None)
    if isinstance(error, Refused):
        return meteor_error(error.code, error.reason, dict(error.details) if error.details else None)
    if isinstance(error, Failure):
        return meteor_error(error.code or str(error), str(error) if error.code else "")
    if isinstance(error, NotFound):
        return meteor_error("404", str(error))
    return meteor_error(str(error.status), str(error))


def internal_error() -> dict[str, Any]:
    """What is told of a fault of the server's own: nothing but that."""
    return meteor_error("500", "Internal server error")


def meteor_error(code: str, reason: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """An error with a code and a reason, which may be empty."""
    error: dict[str, Any] = {"isClientSafe": True, "error": int(code) if code.isdecimal() else code}
    if reason:
        error["reason"] = reason
    if details:
        error["details"] = details
    return {**error, "message": f"{reason} [{code}]" if reason else f"[{code}]", "errorType": "Meteor.Error"}
