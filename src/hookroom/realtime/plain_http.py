"""What is answered to plain HTTP at the addresses of the realtime API."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from hookroom.realtime.handshake import PATH
from hookroom.realtime.sockjs import INFO

INFO_PATHS: Final = ("/sockjs/info", "/sockjs/info/")
_UPGRADE: Final = b'{"success":false,"error":"This is a WebSocket endpoint."}'


def is_ours(path: str) -> bool:
    """Whether this answers ``path``."""
    return path == PATH or path.startswith("/sockjs/")


async def answer(scope: Any, _receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """``/sockjs/info`` says what a SockJS client may use: WebSockets; everything else needs one."""
    if scope["path"] in INFO_PATHS and scope["method"] == "GET":
        status, body = 200, msgspec.json.encode({**INFO, "entropy": secrets.randbits(32)})
        more = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]
    else:
        status, body, more = 426, _UPGRADE, [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
