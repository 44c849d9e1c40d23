"""The workers of a server, and who gets which turn when.

An instance lives in one worker, always the same while that lives. The worker gets one turn of it, and one more
that it can begin at once when that ends. Turns that have to wait do so here, in order, and no more of them than a
bound.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from typing import Final
from zlib import crc32

import msgspec
import structlog
from msgspec import Struct

from hookroom.scripting.model import ScriptFailed
from hookroom.scripting.process import Carry, Lost, Reply, Turn, WorkerProcess
from hookroom.scripting.worker.messages import (
    PENDING,
    TURNS,
    Abandon,
    Drop,
    Resume,
    Settings,
    Turned,
)

log = structlog.get_logger()

BUSY: Final = "Too many script calls are waiting"
UNAVAILABLE: Final = "There is no script worker at the moment"
STARTING_S: Final = 60.0
"""Seconds in which a worker must be ready; the very first on a machine compiles the engine."""
RETRY_S: Final = 1.0
"""Seconds after which a worker that could not be started is tried again."""
AHEAD: Final = 2
"""Turns of one instance that its worker has at once."""
FOR_STOPPED: Final = 16
"""How many of them may be those of scripts that had to be stopped lately: the others find a place in any case."""
PAUSE_S: Final = 0.1
"""Seconds that such a script has to wait until its next turn: it is not to keep the worker busy with ending it."""
APART_INSTANCES: Final = 16
"""Scripts that the worker apart keeps alive."""
APART: Final = 3
"""How often in a row a script has to be stopped until it runs in a worker apart from the others."""
REMEMBERED: Final = 10_000
"""Scripts that are remembered for having been stopped."""
SHARE: Final = 4
"""The calls of one script may take this part of the queue: a quarter."""


class _Stopped(Struct, frozen=True):
    """How often in a row a script had to be stopped, and when (loop time) it may begin again."""

    until: float
    times: int


class Gate:
    """Lets ``width`` in at a time, in order of arrival."""

    __slots__ = ("_free", "_waiting", "_width")

    def __init__(self, width: int) -> None:
        self._free = self._width = width
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def open(self) -> bool:
        """Whether there is a place."""
        return self._free > 0

    @property
    def idle(self) -> bool:
        """Whether nobody is in."""
        return self._free == self._width

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    async def enter(self) -> None:
        """Wait for a place."""
        if self._free > 0:
            self._free -= 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave()
            else:
                # Unless somebody who left has passed it over already.
                with contextlib.suppress(ValueError):
                    self._waiting.remove(waiter)
            raise

    def leave(self) -> None:
        """Give the place to whoever is next."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1


class Slot:
    """The place of one worker: it is started when it is first needed, and anew when it is lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._starting: asyncio.Task[WorkerProcess] | None = None
        self._worker: WorkerProcess | None = None
        self._failed_at: float | None = None
        self.gate = Gate(TURNS)
        self.narrow = Gate(FOR_STOPPED)
        """What scripts that were stopped lately have to pass before."""

    async def worker(self) -> WorkerProcess:
        """A worker that takes turns. Raises ``ScriptFailed`` (``unavailable``)."""
        if self._worker is not None and not self._worker.lost:
            return self._worker
        if self._starting is None:
            now = asyncio.get_running_loop().time()
            if self._failed_at is not None and now - self._failed_at < RETRY_S:
                raise ScriptFailed("unavailable", UNAVAILABLE)
            self._starting = asyncio.create_task(self._start())
        starting = self._starting
        try:
            return await asyncio.shield(starting)
        except (Lost, TimeoutError, OSError) as error:
            raise ScriptFailed("unavailable", UNAVAILABLE) from error

    @property
    def running(self) -> WorkerProcess | None:
        """The worker, if there is one."""
        return self._worker if self._worker is not None and not self._worker.lost else None

    async def _start(self) -> WorkerProcess:
        try:
            async with asyncio.timeout(STARTING_S):
                self._worker = await WorkerProcess.start(self._settings)
        except (Lost, TimeoutError, OSError):
            log.exception("no script worker could be started")
            self._failed_at = asyncio.get_running_loop().time()
            raise
        finally:
            self._starting = None
        return self._worker

    def end(self) -> None:
        """End the worker; whoever needs one has another started."""
        if self._worker is not None:
            self._worker.end()

    async def stop(self) -> None:
        """End the worker."""
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(BaseException):
                await self._starting
        if self._worker is not None:
            self._worker.end()


class Pool:
    """Workers for the calls of living scripts. ``queue`` calls may wait for their turn altogether."""

    def __init__(self, settings: Settings, *, workers: int, queue: int) -> None:
        self._slots = [Slot(settings) for _ in range(workers)]
        few = min(APART_INSTANCES, settings.instances)
        self._apart = Slot(msgspec.structs.replace(settings, instances=few, snapshots=0, nice=19))
        """For scripts that have to be stopped again and again; started when there is one."""
        self._keys: dict[str, Gate] = {}
        self._queue = queue
        self._waiting = 0
        self._stopped: OrderedDict[str, _Stopped] = OrderedDict()
        """The scripts that had to be stopped when they ran last."""

    async def turn(self, key: str, turn: Turn, carry: Carry) -> Reply:
        """Give ``turn`` to the worker of ``key``.

        Raises ``Lost``, ``ScriptFailed`` (``busy``, ``unavailable``).
        """
        slot = self.slot(key)
        own = self._keys.get(key)
        if own is None:
            own = self._keys[key] = Gate(1 if key in self._stopped else AHEAD)
        if own.waiting * SHARE >= self._queue:
            raise ScriptFailed("busy", BUSY)
        await self._enter(own)
        entered = [own]
        try:
            if (stopped := self._stopped.get(key)) is not None:
                if (pause_s := stopped.until - asyncio.get_running_loop().time()) > 0:
                    await asyncio.sleep(pause_s)
                await self._enter(slot.narrow)
                entered.append(slot.narrow)
            await self._enter(slot.gate)
            entered.append(slot.gate)
            worker = await slot.worker()
        except BaseException:
            self._leave(key, entered)
            raise

        def after(unheard: Reply | None) -> None:
            # Only now: a caller may be gone while its turn still runs.
            if isinstance(unheard, Turned) and unheard.said.startswith(PENDING):
                worker.tell(Abandon(key, turn.call if isinstance(turn, Resume) else turn.turn))
            self._leave(key, entered)

        return await worker.turn(turn, carry, after)

    def slot(self, key: str) -> Slot:
        """Where the instance ``key`` lives."""
        stopped = self._stopped.get(key)
        if stopped is not None and stopped.times >= APART:
            return self._apart
        return self._home(key)

    def _home(self, key: str) -> Slot:
        return self._slots[crc32(key.encode()) % len(self._slots)]

    def tell(self, message: Drop | Abandon) -> None:
        """Tell the workers that may have an instance, if they are there."""
        for slot in (self._home(message.key), self._apart):
            if (worker := slot.running) is not None:
                worker.tell(message)

    @property
    def apart(self) -> int | None:
        """The process of the worker apart, while there is one."""
        return self._apart.running.pid if self._apart.running is not None else None

    @property
    def pids(self) -> list[int]:
        """The processes of the workers that run, without the one apart."""
        return [slot.running.pid for slot in self._slots if slot.running is not None]

    async def warm(self) -> None:
        """Start all workers, so that no call has to wait for it."""
        for slot in self._slots:
            with contextlib.suppress(ScriptFailed):
                await slot.worker()

    async def stop(self) -> None:
        """End all workers."""
        for slot in (*self._slots, self._apart):
            await slot.stop()

    def ended(self, key: str, *, stopped: bool) -> None:
        """A call of ``key`` has ended; how the next one is treated depends on whether a limit stopped this one."""
        if not stopped:
            self._stopped.pop(key, None)
            return
        before = self._stopped.get(key)
        until = asyncio.get_running_loop().time() + PAUSE_S
        self._stopped[key] = _Stopped(until, before.times + 1 if before is not None else 1)
        self._stopped.move_to_end(key)
        if len(self._stopped) > REMEMBERED:
            self._stopped.popitem(last=False)

    def _leave(self, key: str, entered: list[Gate]) -> None:
        for gate in reversed(entered):
            gate.leave()
        own = self._keys.get(key)
        if own is entered[0] and own.idle:
            del self._keys[key]

    async def _enter(self, gate: Gate) -> None:
        if gate.open:
            await gate.enter()
            return
        if self._waiting >= self._queue:
            raise ScriptFailed("busy", BUSY)
        self._waiting += 1
        try:
            await gate.enter()
        finally:
            self._waiting -= 1
