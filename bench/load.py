"""The load: requests, over and over, on a number of keep-alive connections. A process of its own.

Called as ``python -m bench.load HOST PORT CONNECTIONS SECONDS`` with raw requests on standard input, sent in turn;
prints one line of JSON. Raw protocols keep its own cost well under the server's.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import cast

import uvloop


class Connection(asyncio.Protocol):
    """Sends the request again as soon as its answer is complete."""

    def __init__(
        self, requests: Iterator[bytes], until: float, latencies: list[float], failures: list[bytes]
    ) -> None:
        self.requests, self.until = requests, until
        self.latencies, self.failures = latencies, failures
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(next(self.requests))

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
    host: str, port: int, connections: int, seconds: float, requests: Sequence[bytes]
) -> dict[str, object]:
    """Requests per second and latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    failures: list[bytes] = []
    begin = time.perf_counter()
    until = begin + seconds
    turns = itertools.cycle(requests)
    protocols = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(
            lambda: Connection(turns, until, latencies, failures), host, port
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


def split(requests: bytes) -> list[bytes]:
    """Requests that stand one behind the other, each with its Content-Length as the last header."""
    found, at = [], 0
    while at < len(requests):
        head = requests.index(b"\r\n\r\n", at) + 4
        length = int(requests[at:head].rpartition(b":")[2])
        found.append(requests[at : head + length])
        at = head + length
    return found


if __name__ == "__main__":
    host, port, connections, seconds = sys.argv[1:]
    requests = split(sys.stdin.buffer.read())
    print(json.dumps(uvloop.run(measure(host, int(port), int(connections), float(seconds), requests))))
