"""Many clients of the realtime API in a process of its own, which only counts what they hear.

``python -m bench.listeners HOST PORT CONNECTIONS SECONDS RATE`` with one line of JSON on standard input:
``{"logins": [[user id, token], …], "room": id or ""}``. They log in in turn and listen to the room; then ``RATE``
messages a second are posted there, and how long each took to each listener is measured on every tenth
connection. Prints one line of JSON. With no room they connect and are idle: a line is printed when all are there,
and the process ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any, Final, cast

import uvloop

HANDSHAKE: Final = (
    b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MEASURED: Final = 10
"""One connection in so many has its latencies taken."""


def masked(message: dict[str, Any]) -> bytes:
    """A frame as a client sends it, masked with zeros."""
    text = json.dumps(message).encode()
    size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
    return b"\x81" + size + bytes(4) + text


EVENT: Final = b'{"msg":"changed"'
HERE: Final = masked({"msg": "pong"})
"""What is said to everything else, which are pings."""


class Heard:
    """What all connections heard together. ``latencies`` are in seconds."""

    def __init__(self) -> None:
        self.frames = 0
        self.bytes = 0
        self.latencies: list[float] = []
        self.lost = 0
        self._wanted: int | None = None
        self._done = asyncio.Event()

    async def all(self, frames: int) -> None:
        """Wait for so many, or until a connection is lost."""
        self._wanted = frames
        self.look()
        await self._done.wait()

    def look(self) -> None:
        """Something came, or nothing more will."""
        if self._wanted is not None and (self.frames >= self._wanted or self.lost):
            self._done.set()


class Listener(asyncio.Protocol):
    """A client that logs in, listens and counts."""

    def __init__(self, heard: Heard, *, measured: bool) -> None:
        self.heard, self.measured = heard, measured
        self.rest = b""
        self.wanted = b""
        self.found: asyncio.Future[None] | None = None
        self.listening = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    async def ask(self, data: bytes, wanted: bytes) -> None:
        """Send ``data`` and wait for an answer that has ``wanted`` in it."""
        self.wanted, self.found = wanted, asyncio.get_running_loop().create_future()
        self.transport.write(data)
        async with asyncio.timeout(60):
            await self.found

    def data_received(self, data: bytes) -> None:
        if not self.listening:
            self.rest += data
            if self.found and not self.found.done() and self.wanted in self.rest:
                self.found.set_result(None)
                self.rest = b""
            return
        if self.rest:
            data = self.rest + data
        at, end, now, heard = 0, len(data), time.time(), self.heard
        while at + 4 <= end:
            size = data[at + 1]
            body = at + 2
            if size == 126:
                size = int.from_bytes(data[at + 2 : at + 4])
                body = at + 4
            if body + size > end:
                break
            if self.measured and (sent := data.find(b'"msg":"t', body, body + size)) > 0:
                heard.latencies.append(now - int(data[sent + 8 : sent + 24]) / 1e6)
            if data.startswith(EVENT, body):
                heard.frames += 1
                heard.bytes += size
            else:
                self.transport.write(HERE)
            at = body + size
        self.rest = data[at:]
        heard.look()

    def connection_lost(self, error: Exception | None) -> None:
        self.heard.lost += 1
        self.heard.look()
        if self.found and not self.found.done():
            self.found.set_exception(ConnectionError("closed"))


class Poster(asyncio.Protocol):
    """Posts when it is told to, and says when it was answered."""

    def __init__(self, idle: deque[Poster]) -> None:
        self.idle = idle
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.idle.append(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if found and len(body) >= int(
            head[head.lower().index(b"content-length:") + 15 :].partition(b"\r\n")[0]
        ):
            assert head.startswith(b"HTTP/1.1 200"), self.buffer
            self.buffer = b""
            self.idle.append(self)


async def post(host: str, port: int, rate: int, seconds: float, login: list[str], room: str) -> int:
    """Post at a steady rate, however long answers take; answers how many were posted."""
    loop = asyncio.get_running_loop()
    idle: deque[Poster] = deque()
    for _ in range(64):
        await loop.create_connection(lambda: Poster(idle), host, port)
    begin, posted = time.perf_counter(), 0
    while (at := posted / rate) < seconds:
        await asyncio.sleep(max(0.0, begin + at - time.perf_counter()))
        if not idle:
            await asyncio.sleep(0.001)
            continue
        text = f"t{time.time_ns() // 1000} deploy of web-frontend 4f2a9c1 finished in 3 m 12 s, see the build log"
        body = json.dumps({"roomId": room, "text": text}).encode()
        head = (
            f"POST /api/v1/chat.postMessage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"X-User-Id: {login[0]}\r\nX-Auth-Token: {login[1]}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        idle.popleft().transport.write(head.encode() + body)
        posted += 1
    return posted


async def connect(
    host: str, port: int, number: int, logins: list[list[str]], room: str, heard: Heard
) -> list[Listener]:
    """Open so many connections, some at a time."""
    loop = asyncio.get_running_loop()
    some = asyncio.Semaphore(50)

    async def one(i: int) -> Listener:
        async with some:
            _, listener = await loop.create_connection(
                lambda: Listener(heard, measured=i % MEASURED == 0), host, port
            )
            hello = masked({"msg": "connect", "version": "1", "support": ["1"]})
            await listener.ask(HANDSHAKE + hello, b'"connected"')
            login = {
                "msg": "method",
                "method": "login",
                "id": "l",
                "params": [{"resume": logins[i % len(logins)][1]}],
            }
            await listener.ask(masked(login), b'"updated"')
            if room:
                sub = {"msg": "sub", "id": "s", "name": "stream-room-messages", "params": [room, False]}
                await listener.ask(masked(sub), b'"ready"')
                listener.listening = True
            return listener

    return list(await asyncio.gather(*(one(i) for i in range(number))))


async def main(host: str, port: int, number: int, seconds: float, rate: int) -> dict[str, Any]:
    """Connect, listen, measure."""
    setup = json.loads(sys.stdin.readline())
    heard = Heard()
    begin = time.perf_counter()
    listeners = await connect(host, port, number, setup["logins"], setup["room"], heard)
    opened = time.perf_counter() - begin
    if not setup["room"]:
        print(json.dumps({"opened_in": opened}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        return {"lost": heard.lost}
    begin = time.perf_counter()
    posted = await post(host, port, rate, seconds, setup["logins"][0], setup["room"])
    elapsed = time.perf_counter() - begin
    async with asyncio.timeout(60):
        await heard.all(posted * number)
    latencies = sorted(heard.latencies)
    return {
        "opened_in": opened,
        "posted": posted,
        "frames": heard.frames,
        "frames_per_s": heard.frames / elapsed,
        "mb_per_s": heard.bytes / elapsed / 1e6,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "max_ms": latencies[-1] * 1000,
        "lost": heard.lost,
        "connections": len(listeners),
    }


if __name__ == "__main__":
    host, port, number, seconds, rate = sys.argv[1:]
    print(json.dumps(uvloop.run(main(host, int(port), int(number), float(seconds), int(rate)))), flush=True)
