"""Calls over raw sockets, several on one connection without waiting, and the answers as they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.hooks.fuzz.framing import Call

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Answer:
    """Status, headers with names in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:2000]!r}"


async def ask(port: int, calls: Sequence[Call]) -> list[Answer | None]:
    """Send ``calls`` one behind the other on one connection, read the answers; ``None``: none came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    answers: list[Answer | None] = []
    sending = asyncio.create_task(_send(writer, calls))
    try:
        for call in calls:
            async with asyncio.timeout(PATIENCE_S):
                answers.append(await _read(reader, call.method))
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        pass
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return [*answers, *[None] * (len(calls) - len(answers))]


async def _send(writer: asyncio.StreamWriter, calls: Sequence[Call]) -> None:
    with contextlib.suppress(ConnectionError):
        writer.write(b"".join(call.raw for call in calls))
        await writer.drain()
        if calls[-1].torn and writer.can_write_eof():
            # What is missing of it will not come.
            writer.write_eof()


async def _read(reader: asyncio.StreamReader, method: str) -> Answer:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        if status >= 200:
            break
    pairs = [line.partition(": ") for line in head[1:] if line]
    headers = {name.lower(): value for name, _, value in pairs}
    if method == "HEAD" or status == 204:
        return Answer(status, headers, b"")
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _chunks(reader))
    return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    made = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        made += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return made
