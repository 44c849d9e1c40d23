"""The floors: what the same HTTP server does with next to nothing behind it.

``echo`` answers the body; ``insert`` also writes it, as one durable row that shares commits with its
neighbours, before it answers. Called as ``python -m bench.floor echo|insert DIRECTORY``; prints its port.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from hookroom.rules.ids import timed_id
from hookroom.storage.database import Database
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Append, Changes

NOTES = Append("notes", {"id": "text", "value": "text"})


async def body_of(receive: Any) -> bytes:
    """The request's body."""
    body = b""
    while True:
        event = await receive()
        body += bytes(event.get("body", b""))
        if not event.get("more_body"):
            return body


async def answer(send: Any, body: bytes) -> None:
    """200 with ``body``."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def echo() -> Any:
    """An application that answers what it is sent."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await answer(send, await body_of(receive))

    return app


def insert(db: Database) -> Any:
    """An application that stores what it is sent, then answers it."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        body = await body_of(receive)
        changes = Changes()
        changes.append(NOTES, id=timed_id(time.time_ns() // 1_000_000), value=body.decode())
        await db.commit(changes)
        await answer(send, body)

    return app


async def main(kind: str, directory: Path) -> None:
    """Serve until ended."""
    db = await open_database(f"sqlite:///{directory / 'floor.db'}")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print(listener.getsockname()[1], flush=True)
    app = insert(db) if kind == "insert" else echo()
    config = uvicorn.Config(
        app, loop="none", http="httptools", ws="none", lifespan="off", interface="asgi3", log_config=None
    )
    await uvicorn.Server(config).serve(sockets=[listener])
    await db.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], Path(sys.argv[2])))
    asyncio.set_event_loop(None)
