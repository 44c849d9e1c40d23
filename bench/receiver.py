"""A receiver that answers at once: ``python -m bench.receiver`` prints its port.

``GET /`` answers how many requests came so far, and how long after the nanosecond time in their ``text`` they did,
in milliseconds; then it forgets them.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import cast

import uvloop

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver(asyncio.Protocol):
    """One connection; ``came`` is shared by all."""

    def __init__(self, came: list[float]) -> None:
        self.came = came
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            if head.startswith(b"GET"):
                told = json.dumps({"count": len(self.came), "latencies": self.came}).encode()
                self.came.clear()
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
            else:
                self.came.append(_latency(rest[:length]))
                self.transport.write(_OK)


def _latency(body: bytes) -> float:
    _, found, rest = body.partition(b'"text":"')
    sent = rest.partition(b'"')[0]
    return (time.time_ns() - int(sent)) / 1e6 if found and sent.isdigit() else 0.0


async def main() -> None:
    """Receive until the process is ended."""
    came: list[float] = []
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(came), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
