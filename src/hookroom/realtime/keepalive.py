"""One timer for all connections: asks the silent ones, closes those that do not answer or last too long."""

from __future__ import annotations

import asyncio
from typing import Final

from hookroom.realtime.parts import Parts
from hookroom.realtime.session import LOGGED_OUT, PING, Session

SWEEP_S: Final = 5.0
SILENT_S: Final = 25.0
"""Silence after which a client is asked whether it is there."""
GONE_S: Final = 60.0
"""Silence after which it is not."""
CONNECT_S: Final = 30.0
"""Time for the first ``connect``."""
IDLE_S: Final = 300.0
"""Silence, but for pings, that is granted to those who neither log in nor listen to anything."""


class Keepalive:
    """Sweeps over all sessions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Sweep from now on."""
        self._timer = self._loop.call_later(SWEEP_S, self._sweep)

    def stop(self) -> None:
        """Sweep no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _sweep(self) -> None:
        self.start()
        at, now = self._loop.time(), self._parts.ws.now()
        for session in self._parts.people.all():
            self._look_at(session, at, now)
        self._parts.people.forget_past(now)

    def _look_at(self, session: Session, at: float, now: int) -> None:
        connection = session.connection
        silent = at - connection.heard_at
        if session.version is None and at - connection.opened_at > CONNECT_S:
            connection.close(1008, "no connect")
        elif silent > GONE_S:
            connection.close(1001, "no answer to pings")
        elif session.token is not None and not session.token.is_valid(now):
            connection.close(LOGGED_OUT, "logged out")
        elif session.user is None and not session.listenings and at - _asked_at(session) > IDLE_S:
            connection.close(1008, "idle without a login")
        elif silent > SILENT_S and not connection.pinged:
            # The first version of DDP has no pings.
            connection.ping(PING if session.version in ("1", "pre2") else None)
            if connection.is_sockjs:
                connection.heartbeat()
            if session.asked is not None:
                session.asked.rest(now)


def _asked_at(session: Session) -> float:
    return session.asked.at if session.asked is not None else session.connection.opened_at
