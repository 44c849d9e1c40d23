"""One script alive: an instance of the runtime's image with the script loaded."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import wasmtime
from msgspec import Struct

from hookroom.scripting.worker.engine import NO_DEADLINE, TICK_MS, Memory, Program, WasmEngine
from hookroom.scripting.worker.image import Facts
from hookroom.scripting.worker.quickjs import FUNCTIONS, QuickJS
from hookroom.scripting.worker.wasm import PAGE

SCRIPT: Final = "script"
"""The file that the user's source is to the engine."""

MAX_SAID: Final = 8 << 20
"""Bytes of the longest text that the runtime hands out for a turn."""

_BLOCK: Final = 4096
"""Bytes that a snapshot keeps or leaves out together."""
_BLOCKS: Final = range(0, PAGE, _BLOCK)
_ZEROS: Final = bytes(PAGE)

_GROWN: Final = 8 * PAGE
"""Bytes by which a memory may have grown that is used again: clearing more costs more than it saves."""

_SLACK: Final = 1 << 20
"""Bytes of an instance's memory that the engine inside may not fill: growing is never refused just before that."""


Host = Callable[[bytes], tuple[bytes, float]]
"""Answers the runtime's one call to the outside, in the thread of the call: the answer, seconds of waiting."""


class Source(Struct, frozen=True):
    """The image of a runtime, ready for instances."""

    program: Program
    steady: Program
    """The same for scripts to which it is always the same time."""
    facts: Facts
    memory: bytes
    """What an instance has in its memory at the start."""
    heap: bytes
    """The same without the stack."""


_running: dict[int, LiveScript] = {}
"""Which script each thread runs."""


def source(engine: WasmEngine, module: wasmtime.Module, facts: Facts, host: Host) -> Source:
    """``module`` made ready."""

    def ask(_memory: Memory, _name: int, _size: int, _this: int, count: int, values: int) -> int:
        return _running[threading.get_ident()].ask_host(host, count, values)

    imports = [("host_call", 5, True, ask)]
    i32, i64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()

    def tell(memory: Memory, _clock: int, _precision: int, at: int) -> int:
        memory.write(at, ((_running[threading.get_ident()].now or 0) * 1_000_000).to_bytes(8, "little"))
        return 0

    told = [("clock_time_get", wasmtime.FuncType([i32, i64, i32], [i32]), tell)]
    program = Program(engine, module, imports)
    first = program.instance({}, memory_bytes=1 << 30)
    memory = first.memory.read(0, first.memory.size)
    first.close()
    steady = Program(engine, module, imports, told)
    return Source(program, steady, facts, memory, memory[facts.stack_end :])


class LiveScript:
    """A script with its state. Every method but ``close`` may raise ``Stopped``: it must be closed then."""

    def __init__(self, source: Source, memory: int, *, now: int | None = None) -> None:
        """With ``now`` (epoch milliseconds) it is always that time."""
        self._source = source
        program = source.program if now is None else source.steady
        self.now = now
        self._instance = program.instance(FUNCTIONS, memory_bytes=memory)
        self._inside = QuickJS(self._instance, source.facts.undefined, source.facts.slot)
        self._inside.limit(memory - _SLACK)
        self._functions = source.facts.functions
        self._started = self._waited = 0.0
        self._limit_ms = 0
        self.took = 0.0
        """Milliseconds that the code ran since ``lap`` was asked for."""

    @property
    def memory(self) -> int:
        """Bytes of its memory."""
        return self._instance.memory.size

    def seed(self, state: int | None = None) -> None:
        """Make ``Math.random`` begin anew, by chance or (for ``state``) the same each time."""
        if state is None:
            state = int.from_bytes(os.urandom(8), "little")
        random = state & ((1 << 64) - 1)
        self._instance.memory.write(self._source.facts.random_at, (random or 1).to_bytes(8, "little"))

    def load(self, code: str, *, legacy: bool, limit_ms: int) -> None:
        """Evaluate ``code`` and make the instance of its class. Raises ``Thrown``."""
        with self._limited(limit_ms):
            self._inside.free(
                self._inside.call(
                    self._functions["prepare"], b'{"legacy":true}' if legacy else b'{"legacy":false}'
                )
            )
            # A directive at the top of the script has no effect, as it has none where other code is in front.
            self._inside.free(self._inside.evaluate(f";{code}", SCRIPT))
            self._inside.free(self._inside.call(self._functions["begin"]))
            self._inside.settle()

    def turn(self, function: str, argument: bytes, call: int, limit_ms: int) -> bytes:
        """``call`` or ``resume``, and then all that follows from it; what the runtime says of it."""
        with self._limited(limit_ms):
            self._inside.free(self._inside.call(self._functions[function], argument))
            self._inside.settle()
            return self._inside.ask(self._functions["turn"], b'{"call":%d}' % call, MAX_SAID)

    def snapshot(self) -> bytes:
        """Its state: what differs from the image."""
        memory, base = self._instance.memory, self._source.memory
        known, size = len(base), memory.size
        parts = [size.to_bytes(8, "little")]
        for page in range(self._source.facts.stack_end, size, PAGE):
            before = base[page : page + PAGE] if page < known else _ZEROS
            # As bytes: they are compared a hundred times as fast as views of memory.
            now = memory.read(page, PAGE)
            if now == before:
                continue
            start: int | None = None
            for at in (*_BLOCKS, PAGE):
                if at < PAGE and now[at : at + _BLOCK] != before[at : at + _BLOCK]:
                    if start is None:
                        start = at
                elif start is not None:
                    parts += ((page + start).to_bytes(4, "little"), (at - start).to_bytes(4, "little"))
                    parts.append(now[start:at])
                    start = None
        return b"".join(parts)

    def empty(self, memory: int) -> bool:
        """Become as if new, with ``memory`` bytes to use: for less than an instance costs.

        All that an instance has is in its memory, and that is written anew. Answers whether that was possible: a
        memory that has grown never becomes smaller.
        """
        base, own = self._source.memory, self._instance.memory
        if self.now is not None or own.size > min(memory, len(base) + _GROWN):
            return False
        self._instance.limit(memory)
        start = self._source.facts.stack_end
        own.forget(0, start)
        own.write(start, self._source.heap)
        own.fill(len(base), own.size - len(base))
        self._inside.limit(memory - _SLACK)
        self.took = 0.0
        return True

    def restore(self, snapshot: bytes) -> None:
        """Become what ``snapshot`` of the same image says; only of one that is new or empty."""
        state = memoryview(snapshot)
        self._instance.grow(int.from_bytes(state[:8], "little"))
        memory = self._instance.memory.view()
        at = 8
        while at < len(state):
            where, size = (
                int.from_bytes(state[at : at + 4], "little"),
                int.from_bytes(state[at + 4 : at + 8], "little"),
            )
            at += 8
            memory[where : where + size] = state[at : at + size]
            at += size
        self.seed()

    def lap(self) -> float:
        """Milliseconds that the code ran since this was asked for last."""
        took, self.took = self.took, 0.0
        return took

    def close(self) -> None:
        """Give its slot back."""
        self._instance.close()

    def ask_host(self, host: Host, count: int, values: int) -> int:
        """The code inside calls ``host`` with one text: the handle of what it answers.

        Its time stands still while the host waits; asking it is work like any other, or asking it in a loop would
        never come to an end.
        """
        given = int.from_bytes(self._instance.memory.read(values, 4), "little") if count else 0
        answer, waited = host(self._inside.text(given, MAX_SAID)) if given else (b"{}", 0.0)
        self._waited += waited
        self._deadline()
        return self._inside.string(answer)

    @contextlib.contextmanager
    def _limited(self, limit_ms: int) -> Iterator[None]:
        """The time in which code runs."""
        self._started, self._waited, self._limit_ms = time.perf_counter(), 0.0, limit_ms
        self._deadline()
        thread = threading.get_ident()
        _running[thread] = self
        try:
            yield
        finally:
            del _running[thread]
            self.took += self._ran_ms()
            self._instance.deadline(NO_DEADLINE)

    def _ran_ms(self) -> float:
        return (time.perf_counter() - self._started - self._waited) * 1000

    def _deadline(self) -> None:
        # One more: the tick that is under way is not a whole one.
        self._instance.deadline(max(0, int(self._limit_ms - self._ran_ms())) // TICK_MS + 1)
