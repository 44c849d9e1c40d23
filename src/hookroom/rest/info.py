"""What this server is, for clients that ask before they log in."""

from __future__ import annotations

from typing import Any, Final

from hookroom import __version__
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes

routes = Routes("Server")

ROCKET_CHAT: Final = "8.8.0"
"""The version whose API this is; clients decide by it what they may ask for."""

_CLIENTS: Final = {"desktop": "3.9.6", "mobile": "4.39.0"}
"""The oldest versions of the original's own clients that its version works with."""


@routes.get("info", login="optional")
async def info(call: Call) -> Answer:
    """The versions of the server; also at /api/info."""
    shown: dict[str, Any] = {
        "version": ROCKET_CHAT.rpartition(".")[0],
        "info": {"version": ROCKET_CHAT},
        "minimumClientVersions": _CLIENTS,
    }
    if call.caller is not None and call.ws.authority.allows("view-statistics", call.caller):
        shown |= {
            "version": ROCKET_CHAT,
            "info": {"version": ROCKET_CHAT, "hookroom": {"version": __version__}},
        }
    return shown
