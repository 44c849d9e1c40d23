"""How a request becomes a WebSocket (RFC 6455, section 4.2)."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Final

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

PATH: Final = "/websocket"
SOCKJS: Final = re.compile(r"/sockjs/[^/.]+/[^/.]+/websocket")
"""A server's and a session's name, which are the client's to choose, and the transport."""

QUIET: Final = logging.getLogger("hookroom.realtime.websocket")
"""Who opens and closes connections is no news."""
QUIET.setLevel(logging.ERROR)


def is_ours(path: str) -> bool:
    """Whether WebSockets are opened under this path."""
    return path == PATH or SOCKJS.fullmatch(path) is not None


def answer(path: str, headers: Sequence[tuple[bytes, bytes]]) -> Response:
    """The answer to an offer: status 101 where it is a right one.

    Any origin may connect: who calls is told by a token, which no browser adds by itself.
    """
    given = Headers()
    for name, value in headers:
        given[name.decode("latin-1")] = value.decode("latin-1")
    return ServerProtocol(logger=QUIET).accept(Request(path, given))
