"""One WebSocket: frames in, frames out, and the bounds of both.

What is said to a client is framed once for all who hear it and written when the ``Flusher`` says so. A client
that does not take what it is told is dropped when ``MAX_UNREAD`` bytes wait for it; one that sends more than is
worked off is not read until it is.
"""

from __future__ import annotations

import asyncio
from socket import SO_SNDBUF, SOL_SOCKET
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as WebSocket

from hookroom.live.event import Event
from hookroom.realtime import sockjs
from hookroom.realtime.handshake import QUIET

if TYPE_CHECKING:
    from hookroom.realtime.parts import Parts
    from hookroom.realtime.session import Session

log = structlog.get_logger()

MAX_MESSAGE: Final = 1024 * 1024
"""Bytes of the largest message that is read."""
MAX_FRAGMENTS: Final = 1024
"""Most frames that a message may come in."""
MAX_UNREAD: Final = 1024 * 1024
"""Bytes that wait for a client when it is told more, at which it is dropped."""
HIGH_WATER: Final = 256 * 1024
"""Bytes that wait for a client at which no more is read from it."""
CLOSE_S: Final = 5.0
"""Time for a client to say goodbye too, and to take what was written before."""


class Connection(asyncio.Protocol):
    """A connection after its handshake. ``connections`` are those that a stopping server says goodbye to."""

    __slots__ = (
        "_connections",
        "_drained",
        "_fragments",
        "_lost",
        "_message",
        "_out",
        "_parts",
        "_paused",
        "_queued",
        "_socket",
        "_transport",
        "closing_since",
        "heard_at",
        "is_sockjs",
        "opened_at",
        "pinged",
        "session",
    )

    def __init__(
        self,
        parts: Parts,
        session: Session,
        transport: asyncio.Transport,
        connections: set[Any],
        *,
        is_sockjs: bool,
    ) -> None:
        self._parts = parts
        self.session = session
        self._transport = transport
        self._connections = connections
        self.is_sockjs = is_sockjs
        self._socket = WebSocket(SERVER, state=OPEN, max_size=MAX_MESSAGE, logger=QUIET)
        self._message: bytearray | None = None
        self._fragments = 0
        self._out: list[bytes] = []
        self._queued = False
        self._paused = 0
        self._lost = False
        self._drained: asyncio.Future[None] | None = None
        self.opened_at = self.heard_at = asyncio.get_running_loop().time()
        """When it was opened and when anything came last, by the loop's clock."""
        self.pinged = False
        self.closing_since: float | None = None
        connections.add(self)
        transport.set_write_buffer_limits(HIGH_WATER)
        # Left to itself the system takes up to 4 MB for a client that does not read.
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self.heard_at = asyncio.get_running_loop().time()
        self.pinged = False
        if self.closing_since is not None and self._transport.is_closing():
            return
        socket = self._socket
        socket.receive_data(data)
        own = socket.data_to_send()
        for answer in own:
            if answer:
                self._transport.write(answer)
        for frame in socket.events_received():
            self._take(cast("Frame", frame))
        if self.closing_since is None and socket.state is not OPEN:
            self._gone()
        if b"" in own:
            # Both have said goodbye, or the client broke the rules: a server closes first.
            self._transport.close()

    def eof_received(self) -> None:
        """The client closed its side: the transport closes the other."""

    def connection_lost(self, _error: Exception | None) -> None:
        """The connection is closed."""
        self._connections.discard(self)
        self._lost = True
        self._gone()

    def pause_writing(self) -> None:
        """The client does not keep up: its calls wait."""
        self.pause(1)

    def resume_writing(self) -> None:
        """It does again."""
        self.resume(1)
        self._go_on()

    @property
    def is_full(self) -> bool:
        """Whether the client has not read the answers to what it asked before."""
        return bool(self._paused & 1) and self.closing_since is None

    async def drained(self) -> None:
        """Wait until it has, or is gone."""
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()
        await self._drained

    def pause(self, reason: int) -> None:
        """Read no more, for the ``reason`` 1 (what it is told) or 2 (what it asks)."""
        if not self._paused and not self._transport.is_closing():
            self._transport.pause_reading()
        self._paused |= reason

    def resume(self, reason: int) -> None:
        """Read again, unless there is the other reason."""
        if self._paused:
            self._paused &= ~reason
            if not self._paused and not self._transport.is_closing():
                self._transport.resume_reading()

    def send(self, event: Event) -> None:
        """Tell the client, together with what else it is told about now."""
        if self.closing_since is not None:
            return
        self._out.append(event.sockjs if self.is_sockjs else event.frame)
        if not self._queued:
            self._queued = True
            self._parts.flusher.add(self)

    def answer(self, *texts: bytes) -> None:
        """Tell the client at once, after all that it was told before."""
        if self.closing_since is None:
            for text in texts:
                event = Event(text)
                self._out.append(event.sockjs if self.is_sockjs else event.frame)
            self._write_out()

    def flush(self) -> None:
        """Write what waits; see ``Flusher``."""
        self._queued = False
        self._write_out()

    def _write_out(self) -> None:
        out = self._out
        if not out or self.closing_since is not None:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        if self._transport.get_write_buffer_size() > MAX_UNREAD:
            self.drop()
        else:
            self._transport.write(data)

    def ping(self, text: bytes | None) -> None:
        """Ask whether the client is there, by a ping of the WebSocket and a message, if any."""
        self.pinged = True
        self._socket.send_ping(b"")
        self._write_own()
        if text is not None:
            self.answer(text)

    def heartbeat(self) -> None:
        """What SockJS sends so that proxies keep the connection."""
        if self.closing_since is None:
            self._transport.write(sockjs.HEARTBEAT)

    def open(self) -> None:
        """Begin: with SockJS's own word, where it is spoken. DDP has none: the client speaks first."""
        if self.is_sockjs:
            self._transport.write(sockjs.OPEN)

    def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Say goodbye and wait a little for the client to close."""
        if self.closing_since is not None:
            return
        self._write_out()
        if self.is_sockjs:
            self._transport.write(sockjs.GOODBYE)
        if self._socket.state is OPEN:
            self._socket.send_close(code, reason)
        self._write_own()
        self._gone()

    def fail(self, code: int, reason: str) -> None:
        """Close on a client that breaks the rules, without waiting for its goodbye (RFC 6455, section 7.1.7)."""
        if self.closing_since is None:
            self._out.clear()
            self._socket.fail(code, reason)
            self._write_own()
            self._gone()

    def drop(self) -> None:
        """End the connection of a client that takes too long to read, or sends what nobody can work off."""
        if self.closing_since is None:
            log.info("a realtime client was dropped", address=self.session.address, reason="too slow")
            self.fail(CloseCode.TRY_AGAIN_LATER, "too slow")

    def abort(self) -> None:
        """Close without further ado."""
        self._transport.abort()

    def shutdown(self) -> None:
        """The server stops (called by uvicorn)."""
        self.close(CloseCode.GOING_AWAY, "the server stops")

    def _take(self, frame: Frame) -> None:
        if self.closing_since is not None:
            return
        if frame.opcode is Opcode.TEXT:
            if frame.fin:
                self._read(bytes(frame.data))
            else:
                self._message = bytearray(frame.data)
                self._fragments = 1
        elif frame.opcode is Opcode.CONT and self._message is not None:
            self._message += frame.data
            self._fragments += 1
            if self._fragments > MAX_FRAGMENTS:
                self.fail(CloseCode.MESSAGE_TOO_BIG, f"more than {MAX_FRAGMENTS} fragments")
            elif frame.fin:
                whole, self._message = bytes(self._message), None
                self._read(whole)
        elif frame.opcode is Opcode.BINARY:
            self.fail(CloseCode.UNSUPPORTED_DATA, "only text is understood")

    def _read(self, text: bytes) -> None:
        try:
            text.decode()
        except UnicodeDecodeError:
            self.fail(CloseCode.INVALID_DATA, "invalid UTF-8")
            return
        if not self.is_sockjs:
            self.session.take(text)
            return
        for message in sockjs.messages(text):
            self.session.take(message)

    def _write_own(self) -> None:
        """What the WebSocket itself has to say: pongs and goodbyes."""
        for data in self._socket.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()

    def _gone(self) -> None:
        if self.closing_since is None:
            loop = asyncio.get_running_loop()
            self.closing_since = loop.time()
            if not self._lost:
                loop.call_later(CLOSE_S, self._transport.abort)
            self._out.clear()
            self._message = None
            self.session.closed()
            self._go_on()

    def _go_on(self) -> None:
        waiting, self._drained = self._drained, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
