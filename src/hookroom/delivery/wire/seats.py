"""Who may have a connection: a bounded number in all and for each host, in turn. No I/O."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Host = TypeVar("Host", bound=Hashable)


class Dismissed(Exception):
    """There will be no seat."""


class Seats(Generic[Host]):
    """``limit`` seats, of which one host has at most ``limit_per_host``.

    Who waits for a host is served in the order of coming; hosts that wait for the limit in all take turns, so that
    a busy one does not keep others waiting.
    """

    def __init__(self, limit: int, limit_per_host: int) -> None:
        self._free = limit
        self._limit_per_host = limit_per_host
        self._taken: dict[Host, int] = {}
        self._waiting: dict[Host, deque[asyncio.Future[None]]] = {}
        self._next: OrderedDict[Host, None] = OrderedDict()
        """Hosts with somebody waiting and a seat of their own left: what they wait for is the limit in all."""

    def take(self, host: Host) -> bool:
        """Take a seat if there is one."""
        taken = self._taken.get(host, 0)
        # Somebody who waits means that one of the two is used up: nobody is overtaken here.
        if self._free <= 0 or taken >= self._limit_per_host:
            return False
        self._free -= 1
        self._taken[host] = taken + 1
        return True

    async def wait(self, host: Host) -> None:
        """Take a seat as soon as there is one. Raises ``Dismissed``."""
        if self.take(host):
            return
        call = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(host, deque())
        waiting.append(call)
        if self._taken.get(host, 0) < self._limit_per_host:
            self._next[host] = None
        try:
            await call
        except BaseException:
            if call.done() and not call.cancelled() and call.exception() is None:
                self.free(host)
            elif call in waiting:
                waiting.remove(call)
                if not waiting and self._waiting.get(host) is waiting:
                    del self._waiting[host]
                    self._next.pop(host, None)
            raise

    def free(self, host: Host) -> None:
        """Give a seat back."""
        self._free += 1
        taken = self._taken[host] - 1
        if taken:
            self._taken[host] = taken
        else:
            del self._taken[host]
        if self._waiting:
            if host in self._waiting:
                self._next[host] = None
            self._serve()

    def _serve(self) -> None:
        while self._free > 0 and self._next:
            host, _ = self._next.popitem(last=False)
            waiting = self._waiting[host]
            call = waiting.popleft()
            if not waiting:
                del self._waiting[host]
            if not call.done():
                call.set_result(None)
                self._free -= 1
                self._taken[host] = self._taken.get(host, 0) + 1
            if waiting and self._taken.get(host, 0) < self._limit_per_host:
                self._next[host] = None

    def dismiss(self) -> None:
        """End all waiting with ``Dismissed``."""
        for waiting in self._waiting.values():
            while waiting:
                call = waiting.popleft()
                if not call.done():
                    call.set_exception(Dismissed())
        self._waiting.clear()
        self._next.clear()
