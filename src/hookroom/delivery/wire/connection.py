"""One connection to a receiver, for one call at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from hookroom.delivery import failures
from hookroom.delivery.exchange import NotReached
from hookroom.delivery.wire.answer import Reading

if TYPE_CHECKING:
    from hookroom.rules.egress import Egress

WRITTEN_AT_ONCE: Final = 1 << 16
"""Most bytes of a body that go out with the head; more of it goes as the receiver takes it."""


class Connection(asyncio.Protocol):
    """A connection to ``address`` and ``port``, which ``rules`` permitted when it was made.

    ``shown`` names the receiver in failures; ``lost`` is told when the connection has ended.
    """

    def __init__(
        self,
        shown: str,
        address: str,
        port: int,
        rules: Egress,
        most_body: int,
        lost: Callable[[Connection], None],
    ) -> None:
        self.address = address
        self.port = port
        self.rules = rules
        self.closed = False
        """Whether it is of no more use."""
        self.idle_since = 0.0
        """When the last call ended, by the loop's clock."""
        self.answer = Reading(shown, most_body)
        self._shown = shown
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._call: asyncio.Future[None] | None = None
        self._unsent: memoryview | None = None
        self._paused = False
        # A timer that is set outlasts its call: the next one on this connection mostly ends before it rings.
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._deadline = 0.0
        self._timeout_s = 0.0

    def start(
        self, head: bytes, body: bytes, deadline: float, timeout_s: float, *, for_head: bool
    ) -> asyncio.Future[None]:
        """Send a request. Once the future is done, ``answer`` has the answer; it may raise ``NotReached``.

        ``deadline`` is the loop's time at which it fails, ``timeout_s`` (s) what is said of that. ``for_head``:
        the method is HEAD.
        """
        transport = self._transport
        call = self._loop.create_future()
        if self.closed or transport is None:
            call.set_exception(failures.left(self._shown))
            return call
        self._call = call
        self.answer.begin(head=for_head)
        self._deadline = deadline
        self._timeout_s = timeout_s
        if self._timer is None or deadline < self._rings_at:
            self._set_timer(deadline)
        if len(body) <= WRITTEN_AT_ONCE:
            transport.write(head + body if body else head)
        else:
            transport.write(head)
            self._unsent = memoryview(body)
            self._send_on()
        return call

    def drop(self) -> None:
        """End the connection; nobody waits for a call on it any more."""
        self._call = None
        self._hang_up()

    def stop(self) -> None:
        """End the connection, and the call under way in ``NotReached``."""
        self._fail(failures.stopping(self._shown))

    def _send_on(self) -> None:
        while self._unsent is not None and not self._paused and not self.closed:
            transport = cast("asyncio.Transport", self._transport)
            transport.write(self._unsent[:WRITTEN_AT_ONCE])
            rest = self._unsent[WRITTEN_AT_ONCE:]
            self._unsent = rest if len(rest) else None

    def _hang_up(self) -> None:
        self.closed = True
        self._unsent = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            # What the other side has not taken by now is thrown away: it may never take it.
            self._transport.abort()

    def _done(self) -> None:
        call, self._call = self._call, None
        if not self.answer.keeps_open or self._unsent is not None:
            self._hang_up()
        if call is not None and not call.done():
            call.set_result(None)

    def _fail(self, error: NotReached) -> None:
        call, self._call = self._call, None
        self._hang_up()
        if call is not None and not call.done():
            call.set_exception(error)

    def _end(self, error: Exception | None) -> None:
        """The other side has ended it."""
        if self._call is not None:
            try:
                whole = self.answer.end()
            except NotReached as cut:
                self._fail(cut)
                return
            if whole:
                self._done()
            else:
                self._fail(
                    failures.left(self._shown) if error is None else failures.broken_off(self._shown, error)
                )
        self._hang_up()

    # The timer.

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = at
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._call is None:
            return
        # Loops with a coarse clock ring a little early.
        if self._deadline - self._loop.time() > 0.001:
            self._set_timer(self._deadline)
        else:
            self._fail(failures.late(self._shown, self._timeout_s))

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is connected, and secured."""
        self._transport = cast("asyncio.Transport", transport)
        if self.closed:
            self._hang_up()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._call is None:
            self._hang_up()  # Nobody asked.
            return
        try:
            whole = self.answer.feed(data)
        except NotReached as error:
            self._fail(error)
            return
        if whole:
            self._done()

    def eof_received(self) -> None:
        """The other side says nothing more."""
        self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        """It has ended."""
        self._end(error)
        self._transport = None
        self._lost(self)

    def pause_writing(self) -> None:
        """The other side takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """It takes more again."""
        self._paused = False
        self._send_on()
