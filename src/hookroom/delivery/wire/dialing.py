"""New connections, made to permitted addresses only.

Every socket, also that of an address written in the URL (which is not looked up), is made by a factory that is
handed the very address the next step connects to: there is nothing between check and connect that could change
it, and nothing that is not checked.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from hookroom.delivery import failures
from hookroom.delivery.exchange import AddressRefused
from hookroom.delivery.judge import Judge
from hookroom.delivery.wire.connection import Connection
from hookroom.delivery.wire.lookups import Info, Lookups
from hookroom.rules.egress import Egress

PATIENCE_S: Final = 0.25
"""After that many seconds without a connection, the next address is tried as well (RFC 8305, section 5)."""

Make = Callable[[str, int, Egress], Connection]
"""Makes the connection to an address and port, permitted under these rules."""


def guarded_sockets(judge: Judge) -> Callable[[Info], socket.socket]:
    """A factory of sockets for permitted addresses; it raises ``AddressRefused`` for others."""

    def guarded_socket(info: Info) -> socket.socket:
        family, kind, protocol, host, place = info
        text = str(place[0])
        address, reason = judge.judged(text, host or text, int(place[1]))
        if reason is not None:
            raise AddressRefused(host or text, reason, address)
        return socket.socket(family, kind, protocol)

    return guarded_socket


class Dialer:
    """Connects to what ``lookups`` finds. ``timeout_s`` bounds connecting together with its TLS handshake."""

    def __init__(self, judge: Judge, lookups: Lookups, timeout_s: float) -> None:
        self._judge = judge
        self._socket = guarded_sockets(judge)
        self._lookups = lookups
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()

    async def dial(
        self, host: str, port: int, shown: str, context: ssl.SSLContext | None, make: Make
    ) -> Connection:
        """A connection to ``host``, secured under ``context``. Raises ``NotReached``.

        An address whose TLS handshake fails is passed over as long as there are others.
        """
        rules = self._judge.rules()
        left = list(await self._lookups.of(host, port, shown))
        while True:
            tried = len(left)
            limit = asyncio.timeout(self._timeout_s)
            try:
                async with limit:
                    sock, info = await self._connected(left)
                    left.remove(info)
                    return await self._secured(sock, host, context, make(str(info[4][0]), port, rules))
            except OSError as error:
                late = limit.expired()
                failure = failures.connecting_late(shown) if late else failures.not_connected(shown, error)
            if not left or len(left) == tried:
                raise failure

    async def _secured(
        self, sock: socket.socket, host: str, context: ssl.SSLContext | None, connection: Connection
    ) -> Connection:
        await self._loop.create_connection(
            lambda: connection,
            sock=sock,
            ssl=context,
            # Certificates have names without the dot that ends them.
            server_hostname=None if context is None else host.rstrip("."),
        )
        return connection

    async def _connected(self, infos: Sequence[Info]) -> tuple[socket.socket, Info]:
        """A socket that is connected to one of ``infos``.

        Raises ``AddressRefused``, or the ``OSError`` that the first one failed of.
        """
        if len(infos) == 1:
            return await self._connect(infos[0])
        waiting, running, begun = deque(infos), set[_Attempt](), list[_Attempt]()
        winner: _Attempt | None = None
        first_error: BaseException | None = None
        try:
            while running or waiting:
                if waiting:
                    begun.append(asyncio.create_task(self._connect(waiting.popleft())))
                    running.add(begun[-1])
                done, running = await asyncio.wait(
                    running,
                    timeout=PATIENCE_S if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for attempt in done:
                    error = attempt.exception()
                    if error is None:
                        winner = attempt
                        return attempt.result()
                    if not isinstance(error, OSError):
                        raise error
                    first_error = first_error or error
            raise first_error or OSError()
        finally:
            for attempt in begun:
                if attempt is not winner:
                    attempt.cancel()
                    attempt.add_done_callback(_close_late)

    async def _connect(self, info: Info) -> tuple[socket.socket, Info]:
        sock = self._socket(info)
        try:
            sock.setblocking(False)
            await self._loop.sock_connect(sock, info[4])
        except BaseException:
            sock.close()
            raise
        return sock, info


_Attempt = asyncio.Task[tuple[socket.socket, Info]]


def _close_late(attempt: _Attempt) -> None:
    """Another one was quicker."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[0].close()
