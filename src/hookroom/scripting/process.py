"""One worker process, as the server has it: started, spoken to, ended."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Final, cast

import structlog

from hookroom.scripting.model import ScriptFailed
from hookroom.scripting.worker.messages import (
    LENGTH,
    MAX_SIZE,
    Abandon,
    Answered,
    Ask,
    Call,
    Drop,
    Failed,
    FromWorker,
    Http,
    Ready,
    Resume,
    Settings,
    Turned,
    Unknown,
    framed,
    from_worker,
)

log = structlog.get_logger()

GRACE_MS: Final = 1000
"""How much longer than its limit a turn may take to answer before the whole worker is ended.

Scripts are stopped at their limit by the worker. This is for a worker that hangs, not for one that has to wait for
a processor on a busy machine: others lose their state with it."""
BESIDE_MS: Final = 20
"""And how much longer for each turn that the worker has: they begin one after the other and share processors."""
STANDING: Final = 12
"""Turns of a worker that may stand still for ``HTTP`` at once: no more, so that there are turns for others."""

# Nothing of the server's. Snapshots are larger than what the C library gets from the system anew each time,
# which would cost a page fault for every page of them.
_ENVIRONMENT: Final = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}

Carry = Callable[[bytes], Awaitable[bytes]]
"""Carries out a request (JSON, see ``guest/http.js``) and answers what came of it."""

TOO_LARGE: Final = "What the script is called with is larger than a script can take"
NOBODY_WAITS: Final = b'{"error":"the call is over"}'
TOO_MANY: Final = b'{"error":"too many scripts wait for requests"}'
FAILED: Final = b'{"error":"the request could not be carried out"}'
"""What ``HTTP`` is told instead of an answer."""

Reply = Turned | Failed | Unknown
Turn = Call | Resume | Ask


After = Callable[[Reply | None], None]
"""Told that a worker is done with a turn; of the reply, if nobody has heard it."""


class Lost(Exception):
    """The worker is gone. ``guilty``: the turn is why; else it may be given to another worker.

    ``called_out``: the turn had called out already, so that doing it again would do that again.
    """

    def __init__(self, *, guilty: bool, called_out: bool) -> None:
        super().__init__("the worker is gone")
        self.guilty = guilty
        self.called_out = called_out


class _Pending:
    """A turn that the worker has and has not answered."""

    __slots__ = ("after", "called_out", "carry", "context", "deadline", "grace_s", "key", "reply", "standing")

    def __init__(
        self,
        reply: asyncio.Future[Reply],
        key: str | None,
        grace_s: float,
        carry: Carry | None,
        after: After | None,
    ) -> None:
        self.reply = reply
        self.key = key
        self.after = after
        self.grace_s = grace_s
        self.carry = carry
        self.context = copy_context()
        """Of the call: what it requests is requested in it."""
        self.deadline: asyncio.TimerHandle | None = None
        self.called_out = False
        self.standing = False
        """Whether the script stands still for a request."""


class WorkerProcess(asyncio.Protocol):
    """A worker. ``start`` it, give it turns, ``end`` it; ``lost`` says whether it is gone."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._pending: dict[int, _Pending] = {}
        self._turns_of: dict[str, list[int]] = {}
        """The turns that it has of each instance, in their order."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: asyncio.Future[Ready] = self._loop.create_future()
        self.lost = False

    @classmethod
    async def start(cls, settings: Settings) -> WorkerProcess:
        """A worker that takes turns. Raises ``Lost`` when it ends before that (its log says why)."""
        worker = cls()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            descriptor = theirs.fileno()
            worker._process = subprocess.Popen(  # noqa: ASYNC220, S603 - ourselves; forks in a millisecond
                [sys.executable, "-I", "-m", "hookroom.scripting.worker", str(descriptor)],
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(descriptor,),
                # No session of its own: Linux may give each session the same share of the processors, and what
                # is of little importance in one would be as important as the server.
                process_group=0,
            )
        await worker._loop.create_unix_connection(lambda: worker, sock=ours)
        assert worker._transport is not None
        worker._transport.write(framed(settings))
        try:
            ready = await worker._ready
        except BaseException:
            worker.end()
            raise
        log.info("script worker started", pid=worker.pid, confined=list(ready.confined))
        return worker

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def turns(self) -> int:
        """How many turns it has."""
        return len(self._pending)

    async def turn(self, turn: Turn, carry: Carry | None = None, after: After | None = None) -> Reply:
        """What comes of ``turn``; ``carry`` carries out the requests for which the script stands still.

        ``after`` is called once the worker is done with it, which may be later than the caller was cancelled. A
        worker that does not answer in time is ended. Raises ``Lost``.
        """
        if self.lost or self._transport is None:
            if after is not None:
                after(None)
            raise Lost(guilty=False, called_out=False)
        try:
            message = framed(turn)
            if len(message) > MAX_SIZE:
                raise ScriptFailed("memory", TOO_LARGE)
        except BaseException:
            if after is not None:
                after(None)
            raise
        key = None if isinstance(turn, Ask) else turn.key
        pending = _Pending(self._loop.create_future(), key, (turn.time + GRACE_MS) / 1000, carry, after)
        self._pending[turn.turn] = pending
        # Behind another turn of the same instance it only begins when that has ended.
        if key is None or self._queue(key, turn.turn):
            self._set_deadline(turn.turn, pending)
        self._transport.write(message)
        return await pending.reply

    def tell(self, message: Drop | Abandon) -> None:
        """Say something that has no answer."""
        if self._transport is not None and not self.lost:
            self._transport.write(framed(message))

    def end(self) -> None:
        """End it now, whatever it does."""
        self._lose(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._lose(None)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= LENGTH:
            size = int.from_bytes(buffer[at : at + LENGTH], "little")
            if size > MAX_SIZE:
                self._lose(None)
                return
            if len(buffer) - at < LENGTH + size:
                break
            message = bytes(buffer[at + LENGTH : at + LENGTH + size])
            at += LENGTH + size
            self._heard(from_worker.decode(message))
        del buffer[:at]

    def _heard(self, message: FromWorker) -> None:
        if isinstance(message, Ready):
            if not self._ready.done():
                self._ready.set_result(message)
            return
        pending = self._pending.get(message.turn)
        if pending is None:
            return
        if isinstance(message, Http):
            self._carry_out(message, pending)
        else:
            del self._pending[message.turn]
            if pending.deadline is not None:
                pending.deadline.cancel()
            if pending.key is not None:
                self._next(pending.key, message.turn)
            heard = not pending.reply.done()
            if heard:
                pending.reply.set_result(message)
            if pending.after is not None:
                pending.after(None if heard else message)

    def _queue(self, key: str, turn: int) -> bool:
        """Note a turn of an instance; whether it is the first one."""
        turns = self._turns_of.setdefault(key, [])
        turns.append(turn)
        return len(turns) == 1

    def _next(self, key: str, ended: int) -> None:
        """A turn of an instance has ended: the next one begins."""
        turns = self._turns_of[key]
        turns.remove(ended)
        if not turns:
            del self._turns_of[key]
        elif (first := self._pending[turns[0]]).deadline is None and not first.standing:
            self._set_deadline(turns[0], first)

    def _carry_out(self, message: Http, pending: _Pending) -> None:
        pending.called_out = pending.standing = True
        if pending.deadline is not None:
            # The script's time stands still too.
            pending.deadline.cancel()
            pending.deadline = None
        if pending.reply.done():
            self._answered(message.turn, pending, NOBODY_WAITS)
            return
        if len(self._tasks) >= STANDING:
            self._answered(message.turn, pending, TOO_MANY)
            return
        task = self._loop.create_task(self._answer(message, pending), context=pending.context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, message: Http, pending: _Pending) -> None:
        assert pending.carry is not None
        answer = FAILED
        try:
            answer = await pending.carry(message.request)
        except Exception:
            # Whatever it is, the script must not stand still for ever.
            log.exception("the request of a script could not be carried out")
        self._answered(message.turn, pending, answer)

    def _answered(self, turn: int, pending: _Pending, answer: bytes) -> None:
        if not self.lost and self._transport is not None and turn in self._pending:
            pending.standing = False
            self._set_deadline(turn, pending)
            given = answer if len(answer) < MAX_SIZE // 2 else FAILED
            self._transport.write(framed(Answered(turn, given)))

    def _set_deadline(self, turn: int, pending: _Pending) -> None:
        pending.deadline = self._loop.call_later(pending.grace_s, self._overdue, turn, 0)

    def _overdue(self, turn: int, granted: int) -> None:
        others, pending = len(self._pending), self._pending[turn]
        if others > granted:
            more_s = (others - granted) * BESIDE_MS / 1000
            if not granted and pending.key is not None:
                # On a busy machine the worker may have let another turn of the same instance go first.
                more_s += pending.grace_s * (len(self._turns_of[pending.key]) - 1)
            pending.deadline = self._loop.call_later(more_s, self._overdue, turn, others)
            return
        log.error("script worker did not answer in time and is ended", pid=self.pid)
        self._lose(turn)

    def _lose(self, guilty: int | None) -> None:
        if self.lost:
            return
        self.lost = True
        if self._transport is not None:
            self._transport.close()
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            # A killed process is gone at once; nobody else waits for it.
            self._reaping = self._loop.run_in_executor(None, self._process.wait)
        if not self._ready.done():
            self._ready.set_exception(Lost(guilty=False, called_out=False))
        for task in self._tasks:
            task.cancel()
        lost, self._pending = self._pending, {}
        for number, pending in lost.items():
            if pending.deadline is not None:
                pending.deadline.cancel()
            if not pending.reply.done():
                pending.reply.set_exception(Lost(guilty=number == guilty, called_out=pending.called_out))
            if pending.after is not None:
                pending.after(None)
