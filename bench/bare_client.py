"""The floor of deliveries: an HTTP client that calls and does nothing else. A process of its own.

``python -m bench.bare_client URL CONNECTIONS SECONDS`` with the body on standard input; prints calls per second.
"""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
import uvloop


async def main(url: str, connections: int, seconds: float, body: bytes) -> float:
    """Calls per second."""
    calls = 0
    end = time.perf_counter() + seconds

    async def call_on(session: aiohttp.ClientSession) -> None:
        nonlocal calls
        while time.perf_counter() < end:
            headers = {"Content-Type": "application/json"}
            async with session.post(url, data=body, headers=headers) as response:
                await response.read()
                assert response.status == 200
            calls += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        begin = time.perf_counter()
        await asyncio.gather(*(call_on(session) for _ in range(connections)))
        return calls / (time.perf_counter() - begin)


if __name__ == "__main__":
    url, connections, seconds = sys.argv[1:]
    print(uvloop.run(main(url, int(connections), float(seconds), sys.stdin.buffer.read())))
