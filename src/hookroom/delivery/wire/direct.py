"""Calls straight to their receivers: a seat, a connection, a request, an answer."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from typing import Final

from hookroom.delivery import failures
from hookroom.delivery.bounds import Bounds
from hookroom.delivery.exchange import OutgoingRequest, OutgoingResponse
from hookroom.delivery.judge import Judge
from hookroom.delivery.names import Resolver
from hookroom.delivery.request_head import Target
from hookroom.delivery.wire.connection import Connection
from hookroom.delivery.wire.dialing import Dialer
from hookroom.delivery.wire.lookups import Lookups
from hookroom.delivery.wire.pool import Key, Pool
from hookroom.delivery.wire.request import RequestHeads
from hookroom.delivery.wire.seats import Dismissed, Seats
from hookroom.rules.egress import Egress

_CLOSING_S: Final = 1.0
"""How long closing waits for the loop to close the sockets."""


class DirectCalls:
    """Calls receivers that ``judge`` permits. Make it inside the running event loop and ``aclose()`` it there.

    ``resolver`` looks names up.
    """

    def __init__(self, judge: Judge, resolver: Resolver, bounds: Bounds, user_agent: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._lookups = Lookups(resolver, judge, bounds.connect_timeout_s)
        self._dialer = Dialer(judge, self._lookups, bounds.connect_timeout_s)
        self._pool = Pool(judge, bounds.keep_alive_s)
        self._seats: Seats[Key] = Seats(bounds.max_connections, bounds.max_connections_per_host)
        self._most_body = bounds.max_response_bytes
        self._heads = RequestHeads(user_agent)
        self._open: set[Connection] = set()
        self._dialling: set[asyncio.Task[Connection]] = set()
        self._closed = False
        self._all_lost: asyncio.Future[None] | None = None

    async def call(
        self,
        to: Target,
        method: str,
        request: OutgoingRequest,
        context: ssl.SSLContext | None,
        timeout_s: float,
        started: float,
    ) -> OutgoingResponse:
        """The answer to ``request``, whose URL and method were read already.

        ``started`` is the performance counter's time from which the call is measured. Raises ``NotReached``.
        """
        head = self._heads.write(to, method, request.headers, len(request.body))
        deadline = self._loop.time() + timeout_s
        key = (to.host, to.port, context)
        if self._closed:
            raise failures.stopping(to.shown)
        if not self._seats.take(key):
            await self._seated(to, key, deadline, timeout_s)
        try:
            connection = self._pool.take(key) or await self._dialled(to, key, deadline, timeout_s)
            try:
                await connection.start(head, request.body, deadline, timeout_s, for_head=method == "HEAD")
            except BaseException:
                connection.drop()
                raise
            answer = connection.answer
            response = OutgoingResponse(
                status=answer.status,
                headers=answer.headers,
                body=bytes(answer.body),
                truncated=answer.truncated,
                duration_ms=round((time.perf_counter() - started) * 1000),
            )
            self._pool.put(key, connection)
        finally:
            self._seats.free(key)
        return response

    async def _seated(self, to: Target, key: Key, deadline: float, timeout_s: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._seats.wait(key)
        except TimeoutError:
            raise failures.late(to.shown, timeout_s) from None
        except Dismissed:
            raise failures.stopping(to.shown) from None

    async def _dialled(self, to: Target, key: Key, deadline: float, timeout_s: float) -> Connection:
        if self._closed:
            raise failures.stopping(to.shown)
        dialling = asyncio.create_task(self._dial(to, key))
        self._dialling.add(dialling)
        limit = asyncio.timeout_at(deadline)
        try:
            async with limit:
                return await dialling
        except BaseException as error:
            if dialling.done() and not dialling.cancelled() and dialling.exception() is None:
                dialling.result().drop()  # It came at the very moment.
            if limit.expired():
                raise failures.late(to.shown, timeout_s) from None
            if self._closed and isinstance(error, asyncio.CancelledError) and not _asked_to_end():
                raise failures.stopping(to.shown) from None
            raise
        finally:
            self._dialling.discard(dialling)

    async def _dial(self, to: Target, key: Key) -> Connection:
        def make(address: str, port: int, rules: Egress) -> Connection:
            return Connection(to.shown, address, port, rules, self._most_body, self._lost)

        connection = await self._dialer.dial(to.host, to.port, to.shown, key[2], make)
        if not connection.closed:
            self._open.add(connection)
        return connection

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._all_lost is not None and not self._open and not self._all_lost.done():
            self._all_lost.set_result(None)

    async def aclose(self) -> None:
        """Close all connections; calls under way end in ``NotReached``."""
        self._closed = True
        self._seats.dismiss()
        self._pool.close()
        dialling = list(self._dialling)
        for one in dialling:
            one.cancel()
        await asyncio.gather(*dialling, return_exceptions=True)
        await self._lookups.aclose()
        for connection in list(self._open):
            connection.stop()
        if self._open:
            self._all_lost = self._loop.create_future()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    await self._all_lost


def _asked_to_end() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
