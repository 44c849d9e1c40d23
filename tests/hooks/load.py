"""Many senders at once, each with a connection of its own, who do not rest until each delivery was taken."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.hooks.hooks import Hook
from tests.rules.senders import TWO, mac

SECRET: Final = TWO[0]
SAYS: Final = """
class Script {
    process_incoming_request({ request }) {
        return { content: { text: request.content.text }, response: { said: request.content.text } };
    }
}
"""
PATIENCE_S: Final = 60.0


@dataclass(frozen=True)
class Delivery:
    """A call. ``named``: it says which delivery it is, so that it may come again."""

    hook: Hook
    text: str
    named: bool

    def request(self) -> bytes:
        """The call as bytes."""
        body = json.dumps({"text": self.text}).encode()
        headers = f"X-GitHub-Delivery: {self.text}\r\n" if self.named else ""
        if "verification" in self.hook.integration:
            headers += f"X-Hub-Signature-256: sha256={mac(SECRET, body).hex()}\r\n"
        head = f"POST {self.hook.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}"
        return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


@dataclass
class Load:
    """What senders share. ``ports``: of the nodes that take calls, empty while there is none."""

    ports: list[int] = field(default_factory=list)
    answered: Counter[int] = field(default_factory=Counter)
    replayed: int = 0
    taken: int = 0
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until_taken(self, count: int) -> None:
        """Wait until so many calls were answered 200."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.taken >= count)

    async def now_at(self, ports: Sequence[int]) -> None:
        """From now on calls go to ``ports``."""
        async with self.changed:
            self.ports[:] = ports
            self.changed.notify_all()


class Sender:
    """Sends one call after the other on a connection, and again what was not taken."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._number = number
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def deliver(self, delivery: Delivery) -> None:
        """Until it is answered 200. Raises ``AssertionError`` for an answer that is none to such a call."""
        sent = delivery.request()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    status, head, body = await self._ask(sent)
                except (OSError, asyncio.IncompleteReadError):
                    self.close()
                    continue
                load = self._load
                load.answered[status] += 1
                assert status in (200, 503), (status, head, body)
                if status == 200:
                    break
                # A script's turn, which the server says may be asked for again.
                assert b"retry-after" in head
        load.replayed += b"idempotent-replayed" in head
        load.answers.setdefault(delivery.text, set()).add(body)
        async with load.changed:
            load.taken += 1
            load.changed.notify_all()

    async def _ask(self, sent: bytes) -> tuple[int, bytes, bytes]:
        if self._streams is None:
            async with self._load.changed:
                await self._load.changed.wait_for(lambda: bool(self._load.ports))
            port = self._load.ports[self._number % len(self._load.ports)]
            self._streams = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = self._streams
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split(b" ")[1]), head, await reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def send_all(load: Load, plans: Sequence[Sequence[Sequence[Delivery]]]) -> None:
    """Each plan by a sender of its own: in it one group after the other, what is in a group at once.

    Of a group each has its own connection, and with several nodes its own node.
    """

    async def work(number: int, plan: Sequence[Sequence[Delivery]]) -> None:
        senders = [Sender(load, number + at) for at in range(max(map(len, plan)))]
        with contextlib.ExitStack() as stack:
            for sender in senders:
                stack.callback(sender.close)
            for group in plan:
                await asyncio.gather(*(one.deliver(it) for one, it in zip(senders, group, strict=False)))

    async with asyncio.TaskGroup() as tasks:
        for number, plan in enumerate(plans):
            tasks.create_task(work(number, plan))
