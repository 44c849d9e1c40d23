"""One call of a script, from its first turn to its last, with the requests it waits for in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from hookroom.scripting import said as sayings
from hookroom.scripting.model import Fetch, Fetched, Fetcher, FetchFailed, Line, ScriptFailed
from hookroom.scripting.process import Carry, Reply
from hookroom.scripting.said import Asked, Said
from hookroom.scripting.worker.messages import Failed, Resume, Turned

STUCK: Final = "The script waits for something that will never come"
WAITED: Final = "The call took longer than it may, waiting for requests of the script included"
GARBLED: Final = "The script's result could not be read"
MOST_REQUESTS: Final = 100
"""Requests by ``fetch`` that a call may make."""
OUT_OF_MEMORY: Final = "out of memory"
"""What the engine inside throws then; a script may catch it, and be none the worse."""

_encode: Final = msgspec.json.Encoder().encode

Take = Callable[[Resume], Awaitable[Reply]]
"""Gives a turn to the worker that has the instance."""


class Open:
    """A call that waits; ``poke`` says that it may have settled in the turn of another."""

    __slots__ = ("poke",)

    def __init__(self) -> None:
        self.poke = asyncio.Event()


class Course:
    """The course of call ``number`` of the instance ``key``. ``others`` are the open calls of it, by number."""

    def __init__(
        self,
        key: str,
        number: int,
        time_ms: int,
        *,
        take: Take,
        fetch: Fetcher,
        others: dict[int, Open],
    ) -> None:
        self._key = key
        self._number = number
        self._time_ms = time_ms
        self._take = take
        self._fetch = fetch
        self._others = others
        self._requests: dict[asyncio.Task[bytes], int] = {}
        self._asked = 0
        self.waits = False
        """Whether the script waits for something, as far as its worker knows."""
        self.console: list[Line] = []
        self.dropped = 0
        self.took = 0.0
        self.memory = 0

    async def end(self, reply: Reply, next_turn: Callable[[], int]) -> Said:
        """What the runtime says at the end of the call, after ``reply`` to its first turn.

        Raises ``ScriptFailed``.
        """
        said = self.heard(reply)
        if said.state != "pending":
            return said
        mine = self._others[self._number] = Open()
        try:
            while said.state == "pending":
                self._start(said.fetches)
                argument = await self._next(mine)
                said = self.heard(
                    await self._take(Resume(next_turn(), self._key, self._number, argument, self._time_ms))
                )
            return said
        finally:
            del self._others[self._number]
            for request in self._requests:
                request.cancel()

    def heard(self, reply: Reply) -> Said:
        """Take note of a turn; what the runtime says. Raises ``ScriptFailed`` when it came to nothing."""
        assert isinstance(reply, Turned | Failed)
        self.took += reply.took
        self.memory = max(self.memory, reply.memory)
        if isinstance(reply, Failed):
            self.waits = False
            raise self.failure(reply.kind, reply.message, name=reply.name, stack=reply.stack)
        try:
            said = sayings.read(reply.said)
        except (msgspec.DecodeError, RecursionError):
            raise self.failure("throw", GARBLED) from None
        self.waits = said.state == "pending"
        self.console += said.console
        self.dropped += said.console_dropped
        for number in said.settled:
            if (other := self._others.get(number)) is not None:
                other.poke.set()
        if said.state == "threw":
            error = said.error or sayings.SaidError()
            kind = "memory" if error.message == OUT_OF_MEMORY else "throw"
            raise self.failure(kind, error.message, name=error.name, stack=error.stack)
        return said

    def failure(self, kind: str, message: str, *, name: str = "Error", stack: str = "") -> ScriptFailed:
        """The error for a call that ends now."""
        return ScriptFailed(
            kind,  # type: ignore[arg-type]
            message,
            name=name,
            stack=stack,
            console=tuple(self.console),
            console_dropped=self.dropped,
            duration_ms=self.took,
            memory_bytes=self.memory,
        )

    def _start(self, asked: Sequence[Asked]) -> None:
        # The runtime inside allows fewer; but what it says is the script's word in the end.
        left = MOST_REQUESTS - self._asked
        self._asked += len(asked)
        for one in asked[: max(0, left)]:
            self._requests[asyncio.create_task(self._carry_out(one))] = one.fetch

    async def _carry_out(self, asked: Asked) -> bytes:
        about = {"call": self._number, "fetch": asked.fetch}
        try:
            return _encode({**about, "response": _response(await self._fetch(asked.request()))})
        except FetchFailed as error:
            return _encode({**about, "error": str(error)})

    async def _next(self, mine: Open) -> bytes:
        """What to resume the call with, once there is something."""
        if not self._requests and len(self._others) == 1:
            raise self.failure("stuck", STUCK)
        poked = asyncio.create_task(mine.poke.wait())
        try:
            done, _ = await asyncio.wait({poked, *self._requests}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            poked.cancel()
        for request in done:
            if request is not poked:
                del self._requests[request]  # type: ignore[arg-type]
                return request.result()  # type: ignore[return-value]
        mine.poke.clear()
        # No fetch has this number: the runtime only looks after the call.
        return _encode({"call": self._number, "fetch": 0, "error": ""})


def carrying(fetch: Fetcher) -> Carry:
    """``fetch`` for requests of ``HTTP``, as texts."""

    async def carry(request: bytes) -> bytes:
        try:
            asked = sayings.read_http(request).request()
        except (msgspec.DecodeError, RecursionError):
            return _encode({"error": "the request cannot be read"})
        try:
            return _encode(_response(await fetch(asked)))
        except FetchFailed as error:
            return _encode({"error": str(error)})

    return carry


def _response(fetched: Fetched) -> dict[str, object]:
    return {
        "status": fetched.status,
        "statusText": fetched.status_text,
        "headers": list(fetched.headers),
        "body": fetched.body,
        "url": fetched.url,
    }


__all__ = ["Course", "Fetch", "Open", "carrying"]
