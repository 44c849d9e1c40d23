"""The sandbox of a server: runs scripts in its workers, and compiles and tries them out in its workshop."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from hookroom.rules.source_map import SourceMap, mapped_stack, with_map
from hookroom.scripting.calls import WAITED, Course, Open, carrying
from hookroom.scripting.model import (
    Argument,
    Compiled,
    CompileError,
    FailureKind,
    Fetcher,
    Finding,
    Mended,
    Method,
    Ran,
    Script,
    ScriptFailed,
    Steady,
)
from hookroom.scripting.pool import Pool
from hookroom.scripting.prepared import Preparations, prepare
from hookroom.scripting.process import Carry, Lost, Reply
from hookroom.scripting.requests import Requests
from hookroom.scripting.said import Said
from hookroom.scripting.worker.live import SCRIPT
from hookroom.scripting.worker.messages import (
    Abandon,
    Ask,
    Call,
    Drop,
    Failed,
    Resume,
    Settings,
    Turned,
    Unknown,
)
from hookroom.scripting.workshop import Workshop

MB: Final = 1 << 20
STOPPED: Final = frozenset({"time", "memory", "crash"})
"""How calls end that a limit stopped."""
LOST: Final = "The script worker ended while the script ran"
TOO_LONG: Final = "The script ran longer than it may"
_encode: Final = msgspec.json.Encoder().encode


class Options(Struct, frozen=True, kw_only=True):
    """How large a sandbox is. Times in milliseconds, sizes in MB; ``folder`` keeps machine code."""

    folder: Path
    workers: int
    queue: int
    instances: int
    live_memory_mb: int
    snapshots_mb: int
    max_memory_mb: int
    compile_time_ms: int = 10_000
    compile_memory_mb: int = 384


class Sandbox:
    """See ``port.Scripts``. Belongs to one event loop; ``stop`` it there."""

    def __init__(self, options: Options, fetch: Fetcher) -> None:
        self._options = options
        self._fetch = fetch
        self._carry = carrying(fetch)
        self._requests = Requests(fetch)
        self._prepared = Preparations()
        settings = Settings(
            folder=str(options.folder),
            instances=options.instances,
            memory=options.max_memory_mb * MB,
            live_memory=options.live_memory_mb * MB,
            snapshots=options.snapshots_mb * MB,
            compiler=False,
            nice=0,
        )
        self._pool = Pool(settings, workers=options.workers, queue=options.queue)
        self._workshop = Workshop(
            msgspec.structs.replace(
                settings,
                instances=4,
                memory=max(options.max_memory_mb, options.compile_memory_mb) * MB,
                snapshots=0,
                compiler=True,
                nice=5,
            ),
            queue=options.queue,
        )
        self._numbers = itertools.count(1)
        self._open: dict[str, dict[int, Open]] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()

    @property
    def disabled(self) -> bool:
        """See ``Scripts``."""
        return False

    @property
    def pids(self) -> list[int]:
        """The processes of the workers that run, without the workshop's."""
        return self._pool.pids

    @property
    def apart(self) -> int | None:
        """The process for scripts that have to be stopped again and again, while there is one."""
        return self._pool.apart

    async def warm(self) -> None:
        """Start the workers, so that the first call need not wait for it."""
        await self._pool.warm()

    async def stop(self) -> None:
        """End all workers; calls under way end in ``ScriptFailed``."""
        await self._pool.stop()
        await self._workshop.stop()

    def forget(self, key: str) -> None:
        """See ``Scripts``."""
        self._prepared.forget(key)
        self._pool.tell(Drop(key))

    async def run(self, script: Script, method: Method, argument: Argument) -> Ran:
        """See ``Scripts``."""
        key, prepared = script.key, self._prepared.of(script)
        number = next(self._numbers)
        call = Call(
            number,
            key,
            prepared.version,
            _encode({"call": number, "method": method, "argument": argument}),
            script.limits.time_ms,
            script.limits.memory_mb * MB,
            script.legacy,
            None if self._likely_known(key) else prepared.code,
        )
        others = self._open.setdefault(key, {})
        course = Course(
            key,
            number,
            script.limits.time_ms,
            take=lambda resume: self._turn(key, resume, self._carry),
            fetch=self._requests.of(key),
            others=others,
        )
        try:
            async with asyncio.timeout(script.limits.wait_ms / 1000):
                reply = await self._turn(key, call, self._carry)
                if isinstance(reply, Unknown):
                    whole = msgspec.structs.replace(call, code=prepared.code)
                    reply = await self._turn(key, whole, self._carry)
                said = await course.end(reply, lambda: next(self._numbers))
        except TimeoutError:
            raise course.failure("wait", WAITED) from None
        except ScriptFailed as failure:
            self._pool.ended(key, stopped=failure.kind in STOPPED)
            if failure.kind == "memory":
                # What fills it may be the state that it keeps: the next call begins without.
                self.forget(key)
            raise _in_place(failure, prepared.source_map, script.name) from None
        finally:
            if course.waits:
                self._pool.tell(Abandon(key, number))
            if not others:
                self._open.pop(key, None)
        self._pool.ended(key, stopped=False)
        return _ran(said, course)

    async def try_out(
        self,
        script: Script,
        method: Method,
        argument: Argument,
        *,
        fetch: Fetcher,
        steady: Steady | None = None,
    ) -> Ran:
        """See ``Scripts``."""
        prepared = prepare(script)
        number = next(self._numbers)
        key = f"{number}"
        carry = carrying(fetch)
        call = Call(
            number,
            key,
            prepared.version,
            _encode({"call": number, "method": method, "argument": argument}),
            script.limits.time_ms,
            script.limits.memory_mb * MB,
            script.legacy,
            code=prepared.code,
            seed=steady.seed if steady else None,
            now=steady.now_ms if steady else None,
        )
        async with self._workshop.session() as take:
            course = Course(
                key,
                number,
                script.limits.time_ms,
                take=lambda resume: take(resume, carry),
                fetch=fetch,
                others={},
            )
            try:
                async with asyncio.timeout(script.limits.wait_ms / 1000):
                    reply = await _once_more(lambda: take(call, carry))
                    said = await course.end(reply, lambda: next(self._numbers))
            except TimeoutError:
                raise course.failure("wait", WAITED) from None
            except Lost as lost:
                raise _lost(lost) from None
            except ScriptFailed as failure:
                raise _in_place(failure, prepared.source_map, script.name) from None
            finally:
                self._workshop.drop(key)
        return _ran(said, course)

    async def compile(self, source: str, *, transpile: bool) -> Compiled:
        """See ``Scripts``."""
        said = await self._ask("compile" if transpile else "syntax", source)
        if error := said.get("error"):
            return Compiled(error=_compile_error(error, transpiled=transpile))
        if not transpile:
            return Compiled(code=source)
        return Compiled(code=with_map(said["code"], said["mappings"], said["names"]))

    async def check(self, source: str) -> Sequence[Finding]:
        """See ``Scripts``."""
        return msgspec.convert((await self._ask("check", source))["findings"], tuple[Finding, ...])

    async def mend(self, source: str) -> Mended | None:
        """See ``Scripts``."""
        return msgspec.convert((await self._ask("mend", source))["mended"], Mended | None)

    async def _ask(self, function: str, source: str) -> dict[str, Any]:
        options = self._options
        ask = Ask(
            next(self._numbers),
            function,
            _encode({"source": source}),
            options.compile_time_ms,
            options.compile_memory_mb * MB,
        )
        async with self._workshop.session() as take:
            try:
                reply = await _once_more(lambda: take(ask, carrying(self._fetch)))
            except Lost as lost:
                if lost.guilty:
                    raise _lost(lost) from None
                raise ScriptFailed("unavailable", LOST) from None
        if isinstance(reply, Turned):
            answer: dict[str, Any] = msgspec.json.decode(reply.said)
            return answer
        assert isinstance(reply, Failed)
        raise ScriptFailed(_kind(reply.kind), reply.message, name=reply.name, duration_ms=reply.took)

    def _likely_known(self, key: str) -> bool:
        """Whether the worker of ``key`` should still have it: it was among the last that were called."""
        known = key in self._recent
        self._recent[key] = None
        self._recent.move_to_end(key)
        if len(self._recent) > self._options.workers * self._options.instances:
            self._recent.popitem(last=False)
        return known

    async def _turn(self, key: str, turn: Call | Resume, carry: Carry) -> Reply:
        """Give a turn to the worker of ``key``."""
        try:
            if isinstance(turn, Resume):
                # What was waiting inside of a lost worker is lost with it.
                return await self._pool.turn(key, turn, carry)
            return await _once_more(lambda: self._pool.turn(key, turn, carry))
        except Lost as lost:
            raise _lost(lost) from None


async def _once_more(give: Callable[[], Awaitable[Reply]]) -> Reply:
    """What comes of a first turn; it is given once more when its worker was lost for another's sake.

    Raises ``Lost``.
    """
    try:
        return await give()
    except Lost as lost:
        if lost.guilty or lost.called_out:
            raise
    return await give()


def _ran(said: Said, course: Course) -> Ran:
    return Ran(
        has_method=said.state != "no-method",
        value=said.value if said.state == "returned" else UNSET,
        console=tuple(course.console),
        console_dropped=course.dropped,
        duration_ms=course.took,
        memory_bytes=course.memory,
    )


def _lost(lost: Lost) -> ScriptFailed:
    return ScriptFailed("time", TOO_LONG) if lost.guilty else ScriptFailed("crash", LOST)


def _in_place(failure: ScriptFailed, source_map: SourceMap | None, name: str) -> ScriptFailed:
    """``failure`` with its places told as those of the user's source."""
    if failure.stack:
        stack = mapped_stack(failure.stack, source_map, generated=SCRIPT, display=name)
        failure.stack, failure.line, failure.column = stack.text, stack.line, stack.column
    return failure


def _compile_error(error: dict[str, Any], *, transpiled: bool) -> CompileError:
    if transpiled:
        column = error["column"]
        return CompileError(
            name=error["name"],
            message=error["message"],
            stack=error["stack"],
            line=error["line"],
            column=column + 1 if column is not None else None,
        )
    stack = mapped_stack(error["stack"], None, generated=SCRIPT, display=SCRIPT)
    told = f"{error['name']}: {error['message']}\n{stack.text}".strip()
    return CompileError(
        name=error["name"], message=error["message"], stack=told, line=stack.line, column=stack.column
    )


def _kind(kind: str) -> FailureKind:
    return kind  # type: ignore[return-value]
