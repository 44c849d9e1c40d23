"""Connections that are kept for the next call to the same host, as long as they are good for it."""

from __future__ import annotations

import asyncio
import ssl

from hookroom.delivery.judge import Judge
from hookroom.delivery.wire.connection import Connection

Key = tuple[str, int, ssl.SSLContext | None]
"""Host, port, and under which context a connection is secured, if it is: what one choice of trust has connected
to must not serve another."""


class Pool:
    """Idle connections, each for ``keep_alive_s`` seconds.

    The one that was used last is taken first. One whose peer ``judge`` refuses by now is closed instead.
    """

    def __init__(self, judge: Judge, keep_alive_s: float) -> None:
        self._judge = judge
        self._keep_alive_s = keep_alive_s
        self._loop = asyncio.get_running_loop()
        self._idle: dict[Key, list[Connection]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, key: Key) -> Connection | None:
        """A connection to use, if there is one."""
        idle = self._idle.get(key)
        if not idle:
            return None
        rules, oldest = self._judge.rules(), self._loop.time() - self._keep_alive_s
        while idle:
            connection = idle.pop()
            if connection.closed:
                continue
            if connection.idle_since >= oldest:
                if connection.rules is rules:
                    return connection
                if self._judge.judged(connection.address, key[0], connection.port)[1] is None:
                    connection.rules = rules
                    return connection
            connection.drop()
        return None

    def put(self, key: Key, connection: Connection) -> None:
        """Keep ``connection``, if it is of further use."""
        if connection.closed:
            return
        connection.idle_since = self._loop.time()
        idle = self._idle.get(key)
        if idle is None:
            self._idle[key] = [connection]
        else:
            idle.append(connection)
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(self._keep_alive_s, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle for too long."""
        self._sweeping = None
        oldest = self._loop.time() - self._keep_alive_s
        next_one: float | None = None
        for key, idle in list(self._idle.items()):
            kept = []
            for connection in idle:
                if connection.closed:
                    continue
                # A loop's clock is no finer than a millisecond.
                if connection.idle_since <= oldest + 0.001:
                    connection.drop()
                else:
                    kept.append(connection)
            if kept:
                self._idle[key] = kept
                next_one = kept[0].idle_since if next_one is None else min(next_one, kept[0].idle_since)
            else:
                del self._idle[key]
        if next_one is not None:
            self._sweeping = self._loop.call_at(next_one + self._keep_alive_s, self._sweep)

    def close(self) -> None:
        """Forget all; whoever made the connections closes them."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        self._idle.clear()
