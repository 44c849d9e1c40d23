"""WebAssembly as the sandbox uses it: one engine, and instances that are called at little cost.

wasmtime's Python functions look every type up at every call (10 µs); the few functions needed here are bound
once and called through the unchecked entry of its C interface, with the same types every time.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import wasmtime
from wasmtime import _ffi as ffi

from hookroom.scripting.worker.wasm import PAGE

TICK_MS: Final = 5
"""How often the clock of the engine moves on: the grain of time limits."""

NO_DEADLINE: Final = 1 << 40
"""Ticks, for what is not limited."""

THREAD_STACK: Final = 8 << 20
"""Bytes of stack that a thread which runs WebAssembly must have: the native stack, and what Python needs."""
_NATIVE_STACK: Final = 4 << 20
"""Bytes of native stack for WebAssembly. The interpreter's own limit is reached first (``image.STACK``)."""
LARGEST: Final = 512 << 20
"""Bytes of the largest memory that an instance may ever have."""
_KEEP_RESIDENT: Final = 3 << 20
"""Bytes of a memory that are cleared rather than given back when an instance ends: saves the page faults."""


class Stopped(Exception):
    """The code was stopped in the middle; the instance cannot be used any more.

    ``reason``: ``time`` (its deadline), ``stack`` (the native stack), ``host`` (an import raised; its exception
    is the cause), ``trap`` (anything else).
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class Memory:
    """The memory of one instance. It may move when it grows, so nothing of it is kept between calls."""

    def __init__(self, context: Any, memory: Any) -> None:
        self._context = context
        self._memory = ctypes.byref(memory)

    @property
    def size(self) -> int:
        """Bytes."""
        return int(ffi.wasmtime_memory_data_size(self._context, self._memory))

    def view(self) -> memoryview:
        """All of it, to read and write until the next call."""
        size = self.size
        start = ctypes.cast(ffi.wasmtime_memory_data(self._context, self._memory), ctypes.c_void_p).value
        return memoryview(_bytes_type(size).from_address(start or 0)).cast("B")

    def fill(self, at: int, size: int) -> None:
        """Make ``size`` bytes from ``at`` zero; it must be inside."""
        start = ctypes.cast(ffi.wasmtime_memory_data(self._context, self._memory), ctypes.c_void_p).value
        ctypes.memset((start or 0) + at, 0, size)

    def forget(self, at: int, size: int) -> None:
        """Make ``size`` bytes from ``at``, whole system pages, what they were at the start: zeros without data.

        Where the system can, the pages go back to it, so that clearing them does not make them resident.
        """
        start = ctypes.cast(ffi.wasmtime_memory_data(self._context, self._memory), ctypes.c_void_p).value or 0
        if sys.platform != "linux" or _madvise(start + at, size, mmap.MADV_DONTNEED):
            ctypes.memset(start + at, 0, size)

    def read(self, at: int, size: int) -> bytes:
        """``size`` bytes from ``at``; fewer where the memory ends."""
        whole = self.size
        if not 0 <= at <= whole:
            return b""
        start = ctypes.cast(ffi.wasmtime_memory_data(self._context, self._memory), ctypes.c_void_p).value
        return ctypes.string_at((start or 0) + at, min(size, whole - at))

    def write(self, at: int, data: bytes) -> None:
        """Put ``data`` at ``at``. Raises ``Stopped`` when it would not fit."""
        if not 0 <= at <= self.size - len(data):
            raise Stopped("trap", "out of bounds")
        start = ctypes.cast(ffi.wasmtime_memory_data(self._context, self._memory), ctypes.c_void_p).value
        ctypes.memmove((start or 0) + at, data, len(data))


_madvise: Final = ctypes.CDLL(None)["madvise"]
_madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


@lru_cache(maxsize=256)
def _bytes_type(size: int) -> type[ctypes.Array[ctypes.c_ubyte]]:
    """Making the type costs more than all that is done with it."""
    return ctypes.c_ubyte * size


Import = Callable[..., int]
"""A function for the code inside: called with the instance's ``Memory`` and its i32 arguments; answers an i32."""


class WasmEngine:
    """Compiles and holds modules. ``slots`` instances may be alive at once, each of at most ``memory_bytes``."""

    def __init__(self, *, slots: int, memory_bytes: int) -> None:
        config = wasmtime.Config()
        config.epoch_interruption = True
        config.max_wasm_stack = _NATIVE_STACK
        config.wasm_threads = False
        config.wasm_memory64 = False
        # Set directly: the stack for WebAssembly must not be larger than that of its asynchronous variant.
        ffi.wasmtime_config_async_stack_size_set(config.ptr(), 2 * _NATIVE_STACK)
        pooling = ffi.wasmtime_pooling_allocation_config_new()
        for name, value in (
            ("total_core_instances", slots),
            ("total_memories", slots),
            ("total_tables", slots),
            # Neither is used; reserved they would count as data of the process.
            ("total_stacks", 0),
            ("total_gc_heaps", 0),
            ("max_memory_size", memory_bytes),
            ("table_elements", 4096),
            ("max_core_instance_size", 1 << 16),
            ("linear_memory_keep_resident", _KEEP_RESIDENT),
            ("table_keep_resident", 1 << 16),
            ("max_unused_warm_slots", slots),
        ):
            getattr(ffi, f"wasmtime_pooling_allocation_config_{name}_set")(pooling, value)
        ffi.wasmtime_pooling_allocation_strategy_set(config.ptr(), pooling)
        ffi.wasmtime_pooling_allocation_config_delete(pooling)
        # Of addresses, not of memory. It is part of the machine code, so it is the same for every engine.
        config.memory_reservation = LARGEST
        config.memory_guard_size = 1 << 16
        self.engine = wasmtime.Engine(config)

    def tick(self) -> None:
        """Move the clock on by one tick; from any thread."""
        self.engine.increment_epoch()

    def compile(self, module: bytes) -> bytes:
        """The machine code of ``module``, for ``load`` by the same version on the same kind of processor."""
        return bytes(wasmtime.Module(self.engine, module).serialize())

    def load(self, path: str) -> wasmtime.Module:
        """The module whose machine code is in a file that ``compile`` made. Raises ``WasmtimeError``.

        The file must be trusted: what is in it runs outside of all limits.
        """
        return wasmtime.Module.deserialize_file(self.engine, path)


class Program:
    """A module with its imports. Its WASI has no files, no arguments, no environment: a clock and chance."""

    def __init__(
        self,
        engine: WasmEngine,
        module: wasmtime.Module,
        imports: Sequence[tuple[str, int, bool, Import]],
        overrides: Sequence[tuple[str, wasmtime.FuncType, Callable[..., int]]] = (),
    ) -> None:
        """``imports`` of ``env``: name, number of i32 parameters, whether it answers one, function.

        ``overrides`` take the place of functions of WASI; they are called with a ``Memory`` first.
        """
        self._engine = engine
        linker = wasmtime.Linker(engine.engine)
        linker.allow_shadowing = True
        linker.define_wasi()
        i32 = wasmtime.ValType.i32()
        for name, parameters, answers, function in imports:
            kind = wasmtime.FuncType([i32] * parameters, [i32] if answers else [])
            linker.define_func("env", name, kind, _with_memory(function), access_caller=True)
        for name, kind, function in overrides:
            linker.define_func(
                "wasi_snapshot_preview1", name, kind, _with_memory(function), access_caller=True
            )
        linker.define_unknown_imports_as_traps(module)
        self._linker = linker
        self._pre = linker.instantiate_pre(module)

    def instance(self, functions: Mapping[str, int], *, memory_bytes: int) -> Instance:
        """A new instance that may have ``memory_bytes``. Raises ``WasmtimeError`` when no slot is free."""
        return Instance(self._engine, self._pre, functions, memory_bytes)


class Instance:
    """A running module. Not for two threads at once."""

    def __init__(
        self,
        engine: WasmEngine,
        pre: wasmtime.InstancePre,
        functions: Mapping[str, int],
        memory_bytes: int,
    ) -> None:
        self._store = wasmtime.Store(engine.engine)
        self._store.set_wasi(wasmtime.WasiConfig())
        self.limit(memory_bytes)
        self._store.set_epoch_deadline(NO_DEADLINE)
        instance = pre.instantiate(self._store)
        self._context = self._store._context()
        self._address = ctypes.cast(self._context, ctypes.c_void_p).value
        self._held: list[Any] = [instance]
        raw = instance._instance
        memory = self._export(raw, b"memory").of.memory
        self._memory = ctypes.byref(memory)
        self.memory = Memory(self._context, memory)
        self._functions = functions

    def __getattr__(self, name: str) -> Callable[..., int]:
        """An exported function; bound when it is first asked for, which costs more than a call."""
        try:
            parameters = self._functions[name]
        except KeyError:
            raise AttributeError(name) from None
        bound = self._bound(self._export(self._held[0]._instance, name.encode()).of.func, parameters)
        setattr(self, name, bound)
        return bound

    def limit(self, memory_bytes: int) -> None:
        """Let the memory grow to ``memory_bytes`` at most."""
        self._store.set_limits(memory_size=memory_bytes, instances=1, tables=1, memories=1)

    def deadline(self, ticks: int) -> None:
        """Stop the code once the engine's clock has moved on by ``ticks``."""
        ffi.wasmtime_context_set_epoch_deadline(self._context, ticks)

    def global_value(self, instance_global: str) -> int:
        """The value of an exported i32 global."""
        item = self._export(self._held[0]._instance, instance_global.encode())
        value = ffi.wasmtime_val_t()
        ffi.wasmtime_global_get(self._context, ctypes.byref(item.of.global_), ctypes.byref(value))
        return int(value.of.i32)

    def grow(self, size: int) -> None:
        """Make the memory ``size`` bytes large, whole pages, if it is smaller. Raises ``Stopped`` (``memory``)."""
        pages = (size - self.memory.size) // PAGE
        before = ctypes.c_uint64()
        if pages > 0:
            refused = ffi.wasmtime_memory_grow(self._context, self._memory, pages, ctypes.byref(before))
            if bool(refused):
                raise Stopped("memory")

    def close(self) -> None:
        """Give the slot back."""
        self._store.close()

    def _export(self, raw: Any, name: bytes) -> Any:
        item = ffi.wasmtime_extern_t()
        found = ffi.wasmtime_instance_export_get(
            self._context, ctypes.byref(raw), ctypes.create_string_buffer(name), len(name), ctypes.byref(item)
        )
        if not found:
            raise KeyError(name.decode())
        self._held.append(item)
        return item

    def _bound(self, function: Any, parameters: int) -> Callable[..., int]:
        room = max(parameters, 1)
        # Values are 16 bytes each; an i32 lies in the first four of them.
        values = (ctypes.c_uint32 * (room * _VALUE))()
        trap = ctypes.c_void_p()
        call, context = _call_unchecked, self._address
        where, at, to = ctypes.addressof(function), ctypes.addressof(values), ctypes.addressof(trap)
        self._held += (function, values, trap)

        def run(*arguments: int) -> int:
            slot = 0
            for argument in arguments:
                values[slot] = argument
                slot += _VALUE
            error = call(context, where, at, room, to)
            if error or trap.value:
                _stopped(error, trap)
            return values[0]

        return run


# Asked for by index it is a function object of its own, whose types may be set: plain addresses.
_call_unchecked: Final = ffi.dll["wasmtime_func_call_unchecked"]
_call_unchecked.restype = ctypes.c_void_p
_call_unchecked.argtypes = [
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_void_p,
]


_raised: dict[int, BaseException] = {}
"""What an import of ours raised, by thread, until the call that it ended has returned."""


_VALUE: Final = ctypes.sizeof(ffi.wasmtime_val_raw_t) // ctypes.sizeof(ctypes.c_uint32)


def _stopped(error: int | None, trap: ctypes.c_void_p) -> None:
    """Raise what the call ended in, with whatever an import of ours raised as the cause."""
    cause = _raised.pop(threading.get_ident(), None)
    if not trap.value:
        raise Stopped("trap", str(wasmtime.WasmtimeError._from_ptr(ctypes.cast(error or 0, _ERROR))))
    found = wasmtime.Trap._from_ptr(ctypes.cast(trap, _TRAP))
    trap.value = None  # It belongs to ``found`` now.
    if isinstance(cause, Stopped):
        # The import called code inside, and that was stopped.
        raise cause
    if cause is not None:
        raise Stopped("host") from cause
    match found.trap_code:
        case wasmtime.TrapCode.INTERRUPT:
            raise Stopped("time")
        case wasmtime.TrapCode.STACK_OVERFLOW:
            raise Stopped("stack")
        case _:
            raise Stopped("trap", found.message.strip().splitlines()[-1])


_ERROR: Final = ctypes.POINTER(ffi.wasmtime_error_t)
_TRAP: Final = ctypes.POINTER(ffi.wasm_trap_t)


def _with_memory(function: Import) -> Callable[..., int | None]:
    def call(caller: wasmtime.Caller, *arguments: int) -> int | None:
        memory = caller["memory"]
        assert isinstance(memory, wasmtime.Memory)
        try:
            return function(Memory(caller._context(), memory._memory), *arguments)
        except BaseException as error:
            _raised[threading.get_ident()] = error
            raise

    return call
