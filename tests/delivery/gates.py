"""Receivers that hold their callers until they are let go and count who is there at once, and balky ones."""

from __future__ import annotations

import asyncio
import threading

from tests.receivers import Behaviour, Peer, Received, reply


class Gate:
    """Shared by as many receivers as one likes. ``most`` is how many calls were there at once."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()
        self._open = threading.Event()

    def open(self) -> None:
        """Let go whoever is there, and hold the others no longer than it takes to count them."""
        self._open.set()

    def hold(self, then: Behaviour | None = None) -> Behaviour:
        """Answers with ``then`` (a plain 200) once the gate is open, or hangs up with the caller."""
        answer = then or reply()

        async def behave(peer: Peer) -> bool:
            with self._lock:
                self.running += 1
                self.most = max(self.most, self.running)
            try:
                while not self._open.is_set() and not peer.reader.at_eof():
                    await asyncio.sleep(0.01)
                return await answer(peer)
            finally:
                with self._lock:
                    self.running -= 1

        return behave


class Balky:
    """Fails each delivery the first time it comes, and takes it the second time."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, request: Received) -> Behaviour:
        delivery = request.headers["webhook-id"]
        if delivery in self._seen:
            return reply()
        self._seen.add(delivery)
        return reply(503)
