"""Whether somebody is there, and what they say of themselves."""

from __future__ import annotations

from typing import Any

from hookroom.methods.params import maybe_text, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import presence
from hookroom.rules.presence import Connection

methods = Methods("Presence")


@methods.add("UserPresence:connect", "UserPresence:online")
async def online(call: MethodCall, *_: Any) -> None:
    """The caller is there, on this connection."""
    _say(call, "online")


@methods.add("UserPresence:away")
async def away(call: MethodCall, *_: Any) -> None:
    """The caller is away from this connection."""
    _say(call, "away")


@methods.add("UserPresence:ping")
async def ping(_call: MethodCall, *_: Any) -> None:
    """A sign of life; the connection has its own."""


@methods.add("UserPresence:setDefaultStatus")
async def set_default_status(call: MethodCall, status: Any) -> None:
    """Choose to be shown as ``online``, ``away``, ``busy`` or ``offline``."""
    chosen = text(status, "status")
    presence.check_status(call.ws, chosen)
    await call.services.presence.set_status(call.user.id, chosen, None)


@methods.add("setUserStatus")
async def set_user_status(call: MethodCall, status: Any = None, message: Any = None) -> None:
    """Choose a status, a status text, or both."""
    chosen, said = maybe_text(status, "statusType"), maybe_text(message, "statusText")
    if chosen is not None:
        presence.check_status(call.ws, chosen)
    if chosen is not None or said is not None:
        await call.services.presence.set_status(call.user.id, chosen, said)


def _say(call: MethodCall, status: Connection) -> None:
    # A call of REST is no connection that could be there or away.
    if call.connection is not None:
        call.services.presence.says(call.connection.id, status)
