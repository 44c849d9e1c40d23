"""Compiling and checking scripts: Babel inside of an instance that is thrown away after each question."""

from __future__ import annotations

import time
from typing import Final

import msgspec
import wasmtime

from hookroom.scripting.worker.engine import NO_DEADLINE, TICK_MS, Program, Stopped, WasmEngine
from hookroom.scripting.worker.image import Facts
from hookroom.scripting.worker.messages import Ask, Failed, Turned
from hookroom.scripting.worker.quickjs import COMPILE_ONLY, FUNCTIONS, QuickJS, Thrown

MAX_ANSWER: Final = 16 << 20
"""Bytes of the longest answer."""

_STOPPED: Final = {
    "time": ("time", "Compiling the script took longer than it may"),
    "memory": ("memory", "Compiling the script needs more memory than it may have"),
    "stack": ("crash", "The script is nested too deeply"),
}


class _Source(msgspec.Struct):
    source: str


class Compiler:
    """Answers ``Ask``. Safe for many threads."""

    def __init__(self, engine: WasmEngine, module: wasmtime.Module, facts: Facts) -> None:
        self._program = Program(engine, module, [])
        self._facts = facts

    def answer(self, ask: Ask) -> Turned | Failed:
        """What comes of ``ask``."""
        started = time.perf_counter()
        try:
            instance = self._program.instance(FUNCTIONS, memory_bytes=ask.memory)
        except wasmtime.WasmtimeError:
            return Failed(ask.turn, "busy", "Error", "No room to compile another script", "", 0.0, 0)
        try:
            instance.deadline(ask.time // TICK_MS + 1)
            inside = QuickJS(instance, self._facts.undefined, self._facts.slot)
            said = self._syntax(inside, ask) if ask.function == "syntax" else self._ask(inside, ask)
            return Turned(ask.turn, said, _since(started), instance.memory.size)
        except Thrown as error:
            kind = "memory" if error.message == "out of memory" else "crash"
            return Failed(
                ask.turn, kind, error.name, error.message, error.stack, _since(started), instance.memory.size
            )
        except Stopped as error:
            kind, text = _STOPPED.get(error.reason, ("crash", f"The script engine gave up: {error}"))
            return Failed(ask.turn, kind, "RangeError", text, "", _since(started), instance.memory.size)
        finally:
            instance.deadline(NO_DEADLINE)
            instance.close()

    def _ask(self, inside: QuickJS, ask: Ask) -> bytes:
        return inside.ask(self._facts.functions[ask.function], ask.argument, MAX_ANSWER)

    def _syntax(self, inside: QuickJS, ask: Ask) -> bytes:
        """Whether the engine reads the script as it will when it runs it: ``{}``, or ``{"error": {…}}``."""
        source = msgspec.json.decode(ask.argument, type=_Source).source
        try:
            inside.free(inside.evaluate(f";{source}", "script", COMPILE_ONLY))
        except Thrown as error:
            told = {"name": error.name, "message": error.message, "stack": error.stack}
            return msgspec.json.encode({"error": told})
        return b"{}"


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
