"""Connections to the proxy, wherever that is: the operator chose it, so its address is not judged."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace


MOST_UNREAD: Final = 32
"""Answers that may have come on a connection and not been read yet; the informational ones (1xx) count."""


class _Wire(ResponseHandler):
    """A connection that hangs up on a flood of answers."""

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        """Take an answer's head in."""
        if len(self._buffer) < MOST_UNREAD:
            super().feed_data(data, size)
        elif self.transport is not None:
            self.set_exception(HttpProcessingError(message="too many answers"))
            self.transport.abort()

    def close(self) -> None:
        """Hang up. What the other side has not taken by now is thrown away: it may never take it."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().close()


def _wire(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _Wire(loop)


class CleanConnector(aiohttp.TCPConnector):
    """A pool whose connections have nothing left on them when they are used again.

    ``limit`` and ``limit_per_host`` are numbers of connections, ``keep_alive_s`` seconds.
    """

    def __init__(
        self,
        *,
        limit: int,
        limit_per_host: int,
        keep_alive_s: float,
    ) -> None:
        super().__init__(limit=limit, limit_per_host=limit_per_host, keepalive_timeout=keep_alive_s)
        self._factory = functools.partial(_wire, loop=self._loop)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        # aiohttp keeps a connection on which something came after the answer (a lying Content-Length, an
        # answer nobody asked for) and would read that as the answer to the next request.
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None
