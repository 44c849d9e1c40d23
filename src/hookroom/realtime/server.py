"""The realtime edge of a server: takes connections over from HTTP and sees them through."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from hookroom.live.room_messages import RoomMessages
from hookroom.realtime import handshake
from hookroom.realtime.call_limits import Limit
from hookroom.realtime.connection import Connection
from hookroom.realtime.flushing import Flusher
from hookroom.realtime.keepalive import Keepalive
from hookroom.realtime.parts import Parts
from hookroom.realtime.people import People
from hookroom.realtime.rechecking import Rechecking
from hookroom.realtime.session import Session
from hookroom.rules.client_address import client_address, counted_as, networks
from hookroom.services import Services

_TOO_MANY: Final = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: 60\r\n\r\n"
)


class Realtime:
    """The realtime API. ``start`` before the first connection, ``stop`` in the end."""

    def __init__(self, services: Services) -> None:
        ws = services.ws
        people = People()
        self._parts = Parts(
            services, RoomMessages(ws), people, Rechecking(ws, people), Limit(ws.settings), Flusher()
        )
        self._keepalive = Keepalive(self._parts)
        self._proxies = networks(services.config.trusted_proxies)
        self._per_address = services.config.realtime_per_address

    def start(self) -> None:
        """Begin to tell and to watch."""
        self._parts.room_messages.start()
        self._parts.rechecking.start()
        self._keepalive.start()

    async def stop(self) -> None:
        """Tell nothing more; who is still connected is cut off."""
        self._keepalive.stop()
        for session in self._parts.people.all():
            session.connection.abort()
        await self._parts.rechecking.stop()
        await self._parts.room_messages.stop()

    def takes(self, path: str) -> bool:
        """Whether an offer to upgrade to a WebSocket is meant for this."""
        return handshake.is_ours(path)

    def take(
        self,
        transport: asyncio.Transport,
        path: str,
        headers: Sequence[tuple[bytes, bytes]],
        peer: str,
        connections: set[Any],
    ) -> asyncio.Protocol | None:
        """Answer an offer and see to the connection from then on; ``None``: it was refused, and is closing."""
        forwarded = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")
        address = client_address(peer, forwarded, self._proxies)
        if 0 < self._per_address <= self._parts.people.at(counted_as(address)):
            transport.write(_TOO_MANY)
            transport.close()
            return None
        response = handshake.answer(path, headers)
        transport.write(response.serialize())
        if response.status_code != 101:
            transport.close()
            return None
        session = Session(self._parts, address)
        connection = session.connection = Connection(
            self._parts, session, transport, connections, is_sockjs=path != handshake.PATH
        )
        connection.open()
        return connection
