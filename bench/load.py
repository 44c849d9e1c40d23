"""The load: one request, over and over, on a number of keep-alive connections. A process of its own.

Called as ``python -m bench.load HOST PORT CONNECTIONS SECONDS`` with the raw request on standard input; prints
one line of JSON. Raw protocols keep its own cost well under the server's.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop


class Connection(asyncio.Protocol):
    """Sends the request again as soon as its answer is complete."""

    def __init__(self, request: bytes, until: float, latencies: list[float], failures: list[bytes]) -> None:
        self.request, self.until = request, until
        self.latencies, self.failures = latencies, failures
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        length = int(head[at:].partition(b"\r\n")[0])
        if len(body) < length:
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        if not head.startswith(b"HTTP/1.1 200"):
            self.failures.append(self.buffer[:300])
        self.buffer = b""
        if now < self.until:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def measure(
    host: str, port: int, connections: int, seconds: float, request: bytes
) -> dict[str, object]:
    """Requests per second and latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    failures: list[bytes] = []
    begin = time.perf_counter()
    until = begin + seconds
    protocols = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(
            lambda: Connection(request, until, latencies, failures), host, port
        )
        protocols.append(protocol)
    await asyncio.gather(*(protocol.done for protocol in protocols))
    elapsed = time.perf_counter() - begin
    latencies.sort()
    return {
        "requests": len(latencies),
        "rate": len(latencies) / elapsed,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "failures": len(failures),
        "first_failure": failures[0].decode(errors="replace") if failures else "",
    }


if __name__ == "__main__":
    host, port, connections, seconds = sys.argv[1:]
    request = sys.stdin.buffer.read()
    print(json.dumps(uvloop.run(measure(host, int(port), int(connections), float(seconds), request))))
