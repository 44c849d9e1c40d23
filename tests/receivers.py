"""Real HTTP receivers on loopback, well-behaved and otherwise, each in a thread with its own event loop.

    with Receiver([reply(500), reply(200, b"ok")]) as receiver:
        ...  # have something call receiver.url
        first, second = receiver.wait_for(2)

A receiver is scripted by a list of behaviours, one for each request (the last one repeats), or by a function
from the request to a behaviour.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

PATIENCE_S = 10.0
"""How long a test waits for something that should come at once."""


@dataclass(frozen=True)
class Received:
    """A request as it came. ``headers``: names in lower case, of a repeated one the last."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    header_lines: tuple[tuple[str, str], ...]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Peer:
    """The connection that a request came on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def gone(self) -> None:
        """Wait until the other side hangs up."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


Behaviour = Callable[[Peer], Awaitable[bool]]
"""What happens once a request was read; answers whether the connection stays open for the next."""

Then = Literal["keep", "close", "hold"]
"""After the bytes are out: read the next request, close, or keep the line open and say nothing."""


def raw(data: bytes, then: Then = "close") -> Behaviour:
    """Exactly these bytes."""

    async def behave(peer: Peer) -> bool:
        peer.writer.write(data)
        await peer.writer.drain()
        if then == "hold":
            await peer.gone()
        return then == "keep"

    return behave


def reply(status: int = 200, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> Behaviour:
    """A proper answer."""
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers)]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body, "keep")


def reply_json(value: object, status: int = 200) -> Behaviour:
    """A proper answer in JSON."""
    return reply(status, json.dumps(value).encode(), [("Content-Type", "application/json")])


def too_many_requests(retry_after: int | str) -> Behaviour:
    """429 with a ``Retry-After`` (seconds, or an HTTP date)."""
    return reply(429, b"slow down", [("Retry-After", str(retry_after))])


def lying_length(declared: int, body: bytes, then: Then = "close") -> Behaviour:
    """A ``Content-Length`` that is not the body's."""
    return raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (declared, body), then)


def hang() -> Behaviour:
    """No answer, ever."""
    return raw(b"", "hold")


def close() -> Behaviour:
    """Close without an answer."""
    return raw(b"", "close")


def half_close() -> Behaviour:
    """Close the sending side only, without an answer."""

    async def behave(peer: Peer) -> bool:
        peer.writer.write_eof()
        await peer.gone()
        return False

    return behave


def reset(first: bytes = b"") -> Behaviour:
    """TCP reset, after some bytes of an answer or none."""

    async def behave(peer: Peer) -> bool:
        peer.writer.write(first)
        await peer.writer.drain()
        sock: socket.socket = peer.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.writer.transport.abort()
        return False

    return behave


def drip(piece: bytes, interval_s: float, head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Behaviour:
    """``head``, and then ``piece`` again and again until the other side hangs up."""

    async def behave(peer: Peer) -> bool:
        gone = asyncio.create_task(peer.gone())
        peer.writer.write(head)
        try:
            while not gone.done():
                peer.writer.write(piece)
                await peer.writer.drain()
                await asyncio.wait([gone], timeout=interval_s)
        finally:
            gone.cancel()
        return False

    return behave


class Receiver:
    """A receiver that runs while its ``with`` block does; on ``port``, or on one that is free."""

    def __init__(
        self,
        script: Sequence[Behaviour] | Callable[[Received], Behaviour] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._script = script or [reply()]
        self._host = host
        self._port = port
        self._tls = tls
        self._changed = threading.Condition()
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="receiver", daemon=True
        )
        self._failure: BaseException | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.requests: list[Received] = []
        """In the order in which they were read."""
        self.connections = 0
        """Accepted so far."""
        self.closed = 0
        """Connections that have ended."""

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port`` (``https://localhost:port`` with TLS), without a path."""
        host = "localhost" if self._tls else f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    def wait_for(self, count: int, timeout_s: float = PATIENCE_S) -> list[Received]:
        """The requests so far, once there are ``count`` of them."""
        self._wait(lambda: len(self.requests) >= count, f"{count} requests", timeout_s)
        return list(self.requests)

    def wait_for_closed(self, count: int, timeout_s: float = PATIENCE_S) -> None:
        """Return once ``count`` connections have ended."""
        self._wait(lambda: self.closed >= count, f"{count} ended connections", timeout_s)

    def _wait(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout_s):
                raise AssertionError(
                    f"no {what} within {timeout_s:g} s: {len(self.requests)} requests, "
                    f"{self.connections} connections, {self.closed} ended"
                )

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        try:
            server = await asyncio.start_server(
                self._accept, self._host, self._port, ssl=self._tls, limit=1 << 20
            )
            self._port = server.sockets[0].getsockname()[1]
        except BaseException as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(Peer(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, peer: Peer) -> None:
        with self._changed:
            self.connections += 1
        try:
            while (request := await _read(peer.reader)) is not None:
                with self._changed:
                    number = len(self.requests)
                    self.requests.append(request)
                    self._changed.notify_all()
                if not await self._behaviour(number, request)(peer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # The other side left; what it had sent is recorded.
        except Exception as error:
            self._failure = error  # A fault of the script: told at the end of the block.
        finally:
            await _hang_up(peer.writer)
            with self._changed:
                self.closed += 1
                self._changed.notify_all()

    def _behaviour(self, number: int, request: Received) -> Behaviour:
        if callable(self._script):
            return self._script(request)
        return self._script[min(number, len(self._script) - 1)]


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    """The next request, or ``None`` when the other side has closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _version = first.split(" ")
    header_lines = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    headers = {name.lower(): value for name, value in header_lines}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, header_lines)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks: list[bytes] = []
    while size := int((await reader.readline()).partition(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return b"".join(chunks)


_PEM = Path(__file__).with_name("localhost.pem")


def server_tls() -> ssl.SSLContext:
    """A certificate for localhost, 127.0.0.1 and ::1 that nobody trusts by default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_PEM)
    return context


def client_tls() -> ssl.SSLContext:
    """A context that trusts that certificate, and nothing else."""
    return ssl.create_default_context(cafile=_PEM)
