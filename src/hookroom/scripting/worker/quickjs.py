"""QuickJS inside an instance: evaluating, calling, strings in and out, errors.

Values of the engine are handles: addresses of boxed values in the instance's memory, freed with ``free``.
"""

from __future__ import annotations

import time
from typing import Final

from msgspec import Struct

from hookroom.scripting.worker.engine import Instance, Stopped

FUNCTIONS: Final = {
    "wasm_malloc": 1,
    "wasm_free": 1,
    "qjs_eval": 4,
    "qjs_call": 4,
    "qjs_new_string": 2,
    "qjs_get_string_len": 2,
    "qjs_free_cstring": 1,
    "qjs_get_prop_string": 2,
    "qjs_free_value": 1,
    "qjs_is_exception": 1,
    "qjs_get_exception": 0,
    "qjs_is_job_pending": 0,
    "qjs_execute_pending_job": 0,
    "qjs_set_memory_limit": 1,
}
"""What is called of the engine, with the number of its parameters."""

COMPILE_ONLY: Final = 1 << 5
"""Flag of ``qjs_eval``: parse, do not run."""

_MAX_ERROR: Final = 8192
"""Bytes read of each text of an error."""


_MANY: Final = 256
"""Jobs after which a script lets others go first, and"""
_PAUSE_S: Final = 0.0005
"""for how many seconds."""


class Thrown(Exception):
    """The code inside threw. The texts are its own, bounded."""

    def __init__(self, name: str, message: str, stack: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.stack = stack


class Text(Struct, frozen=True):
    """A text in the instance's memory."""

    at: int
    size: int


class QuickJS:
    """The engine in ``instance``. Every method may raise ``Stopped``; the instance is of no use then."""

    def __init__(self, instance: Instance, undefined: int, slot: int) -> None:
        """``undefined`` is a handle of that, ``slot`` the address of eight bytes to hand things over in."""
        self._instance = instance
        self._undefined = undefined
        self._slot = slot
        self.memory = instance.memory
        self._malloc = instance.wasm_malloc
        self._release = instance.wasm_free
        self.free = instance.qjs_free_value
        self._call = instance.qjs_call
        self._new_string = instance.qjs_new_string
        self._string_of = instance.qjs_get_string_len
        self._free_cstring = instance.qjs_free_cstring
        self._is_exception = instance.qjs_is_exception
        self._is_pending = instance.qjs_is_job_pending
        self._run_job = instance.qjs_execute_pending_job

    def limit(self, size: int) -> None:
        """Let the engine have ``size`` bytes; beyond, code inside gets an error that it may catch."""
        self._instance.qjs_set_memory_limit(size)

    def evaluate(self, source: str, file: str, flags: int = 0) -> int:
        """Run ``source`` as a global script; answers its value. Raises ``Thrown``."""
        text, name = self._put(source.encode("utf-8", "replace")), self._put(file.encode())
        value = self._instance.qjs_eval(text.at, text.size, name.at, flags)
        self._release(text.at)
        self._release(name.at)
        return self._checked(value)

    def property(self, value: int, name: str) -> int:
        """The property ``name`` of ``value``. Raises ``Thrown``."""
        text = self._put(name.encode())
        found = self._instance.qjs_get_prop_string(value, text.at)
        self._release(text.at)
        return self._checked(found)

    def call(self, function: int, argument: bytes | None = None) -> int:
        """The value that ``function`` answers for a text (UTF-8), or for nothing. Raises ``Thrown``."""
        if argument is None:
            return self._checked(self._call(function, self._undefined, 0, 0))
        given = self.string(argument)
        try:
            return self.pass_value(function, given)
        finally:
            self.free(given)

    def pass_value(self, function: int, argument: int) -> int:
        """The value that ``function`` answers for the value ``argument``. Raises ``Thrown``."""
        self.memory.write(self._slot, argument.to_bytes(4, "little"))
        return self._checked(self._call(function, self._undefined, 1, self._slot))

    def ask(self, function: int, argument: bytes | None, most: int) -> bytes:
        """The text that ``function`` answers. Raises ``Thrown``; ``Stopped`` when it has over ``most`` bytes."""
        value = self.call(function, argument)
        text = self.text(value, most + 1)
        self.free(value)
        if len(text) > most:
            raise Stopped("trap", "an answer that is too long")
        return text

    def string(self, text: bytes) -> int:
        """A new string of the engine."""
        put = self._put(text)
        value = self._new_string(put.at, put.size)
        self._release(put.at)
        return value

    def text(self, value: int, most: int) -> bytes:
        """``value`` as text, at most ``most`` bytes of it. Raises ``Thrown`` when it has no text form."""
        length_at = self._slot + 4
        at = self._string_of(value, length_at)
        if not at:
            raise self.exception()
        length = int.from_bytes(self.memory.read(length_at, 4), "little")
        found = self.memory.read(at, min(length, most))
        self._free_cstring(at)
        return found

    def settle(self) -> None:
        """Run the jobs (continuations of promises) until none is left; what one throws has no listener."""
        run = 0
        while self._is_pending():
            run += 1
            if not run % _MANY:
                # Each job is so short that a thread with an endless number would hardly ever let go of Python.
                time.sleep(_PAUSE_S)
            if self._run_job() >= 0x80000000:
                self.free(self._instance.qjs_get_exception())

    def exception(self) -> Thrown:
        """What was thrown last."""
        value = self._instance.qjs_get_exception()
        name, message, stack = (self._field(value, field) for field in ("name", "message", "stack"))
        if not name and not message:
            message = self._shown(value)
        self.free(value)
        return Thrown(name or "Error", message, stack)

    def _field(self, value: int, name: str) -> str:
        try:
            found = self.property(value, name)
        except Thrown:
            return ""
        shown = "" if found == self._undefined else self._shown(found)
        self.free(found)
        return "" if shown == "undefined" else shown

    def _shown(self, value: int) -> str:
        try:
            return self.text(value, _MAX_ERROR).decode("utf-8", "replace")
        except Thrown:
            return ""

    def _checked(self, value: int) -> int:
        if self._is_exception(value):
            raise self.exception()
        return value

    def _put(self, text: bytes) -> Text:
        at = self._malloc(len(text) + 1)
        if not at:
            raise Stopped("memory")
        self.memory.write(at, text + b"\0")
        return Text(at, len(text))
