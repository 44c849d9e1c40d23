"""Images: the engine as it is after its start, with our own JavaScript loaded, as machine code on disk.

Made once for each version of the parts, the wasmtime that runs them and the kind of processor. An instance of an
image begins where the building of the image ended. There are two: ``runtime`` has what is in front of every
script, ``compiler`` has Babel.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import platform
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
import wasmtime
from msgspec import Struct

from hookroom.scripting import assets, guest
from hookroom.scripting.worker import wasm
from hookroom.scripting.worker.engine import LARGEST, Instance, Program, WasmEngine
from hookroom.scripting.worker.quickjs import FUNCTIONS, QuickJS

Kind = Literal["runtime", "compiler"]

STACK: Final[Mapping[Kind, int]] = {"runtime": 512 * 1024, "compiler": 960 * 1024}
"""Bytes of the interpreter's stack; deeper recursion throws a RangeError inside.

The module has 1 MB for all. What built-in functions use beyond the limit comes out of the rest; where that is not
enough they run into the memory's end and are stopped. Babel recurses deeply, but through no deep built-ins.
"""

HOST_FUNCTION: Final = b"host"

_FORMAT: Final = 2
"""Counts changes of what an image is made of that no file shows."""

_BUILD_MEMORY: Final = LARGEST
_START: Final = {
    "_initialize": 0,
    "qjs_init": 0,
    "qjs_set_max_stack_size": 1,
    "qjs_get_undefined": 0,
    "qjs_get_context_ptr": 0,
    "qjs_new_host_function": 3,
    "qjs_set_prop_string": 3,
    "qjs_run_gc": 0,
}
_KEPT: Final = ("memory", *FUNCTIONS)

# The engine asks its host for the time zone. This function of WASI has the same type and, without
# arguments to hand over, answers 0 and does nothing: UTC, at no cost.
_IMPORTS: Final = {("env", "host_get_timezone_offset"): ("wasi_snapshot_preview1", "args_get")}

_CONTEXT_SIZE: Final = 1024
"""Bytes of the engine's context that are searched for the state of ``Math.random``."""

_MASK: Final = (1 << 64) - 1


_NO_CONSOLE: Final = (
    "globalThis.console = { log() {}, warn() {}, error() {}, info() {}, debug() {}, trace() {} };"
)
"""Babel wants one. Nobody reads what it says there."""


class Facts(Struct, frozen=True):
    """What must be known of an image to use it. Handles and addresses are those in its memory.

    ``slot`` is room for eight bytes; ``random_at`` is where the state of ``Math.random`` lies (8 bytes, never 0);
    ``stack_end`` where the part of the memory ends that is stack, and empty between calls.
    """

    undefined: int
    slot: int
    functions: dict[str, int]
    random_at: int
    stack_end: int


class BadCache(Exception):
    """The folder for machine code may be written by others: nothing from there can be run."""


def load(engine: WasmEngine, kind: Kind, folder: Path) -> tuple[wasmtime.Module, Facts]:
    """The image from ``folder``, made now if it is not there. Raises ``BadCache``, ``FileNotFoundError``."""
    _check_own(folder)
    name = f"{kind}-{_version(kind)}"
    code, facts = folder / f"{name}.cwasm", folder / f"{name}.json"
    with _alone(folder / f"{kind}.lock"):
        if _is_own(code) and _is_own(facts):
            # A file that is damaged is made anew.
            with contextlib.suppress(wasmtime.WasmtimeError, msgspec.DecodeError):
                return engine.load(str(code)), msgspec.json.decode(facts.read_bytes(), type=Facts)
        module, made = build(engine, kind)
        _put(code, engine.compile(module))
        _put(facts, msgspec.json.encode(made))
        _forget_others(folder, kind, name)
        return engine.load(str(code)), made


def build(engine: WasmEngine, kind: Kind) -> tuple[bytes, Facts]:
    """The module of an image, and what must be known of it."""
    original = wasm.with_imports(assets.ENGINE.read_bytes(), _IMPORTS)
    program = Program(engine, wasmtime.Module(engine.engine, original), [])
    instance = program.instance({**FUNCTIONS, **_START}, memory_bytes=_BUILD_MEMORY)
    try:
        instance._initialize()
        if instance.qjs_init():
            raise RuntimeError("the script engine did not start")
        stack_end = instance.global_value("__stack_pointer")
        instance.qjs_set_max_stack_size(STACK[kind])
        undefined = instance.qjs_get_undefined()
        slot = instance.wasm_malloc(8)
        engine_inside = QuickJS(instance, undefined, slot)
        functions = _runtime(instance, engine_inside) if kind == "runtime" else _compiler(engine_inside)
        random_at = _random_state(instance, engine_inside)
        instance.qjs_run_gc()
        image = instance.memory.read(0, instance.memory.size)
        values = {"__stack_pointer": instance.global_value("__stack_pointer")}
    finally:
        instance.close()
    facts = Facts(undefined, slot, functions, random_at, stack_end)
    # What is left of the stack's use is nobody's.
    image = bytes(stack_end) + image[stack_end:]
    return wasm.with_image(original, image, values, _KEPT), facts


def _runtime(instance: Instance, inside: QuickJS) -> dict[str, int]:
    """Load what is in front of every script; the handles of its functions."""
    inside.free(inside.evaluate(assets.UNDERSCORE.read_text("utf-8"), "hookroom:underscore"))
    runtime = inside.evaluate("({__proto__: null})", "hookroom:runtime")
    name = instance.wasm_malloc(len(HOST_FUNCTION) + 1)
    instance.memory.write(name, HOST_FUNCTION + b"\0")
    host = instance.qjs_new_host_function(name, len(HOST_FUNCTION), 1)
    instance.qjs_set_prop_string(runtime, name, host)
    for file in guest.sources():
        part = inside.evaluate(file.code, file.name)
        inside.free(inside.pass_value(part, runtime))
        inside.free(part)
    return {each: inside.property(runtime, each) for each in ("prepare", "begin", "call", "resume", "turn")}


def _compiler(inside: QuickJS) -> dict[str, int]:
    """Load Babel and what drives it; the handles of the drivers' functions."""
    inside.free(inside.evaluate(_NO_CONSOLE, "hookroom:console"))
    inside.free(inside.evaluate(assets.BABEL.read_text("utf-8"), "hookroom:babel"))
    handles: dict[str, int] = {}
    for file, functions in guest.COMPILER.items():
        source = guest.source(file)
        maker = inside.evaluate(source.code, source.name)
        made = inside.call(maker)
        handles |= {each: inside.property(made, each) for each in functions}
    # The first compilation makes much that later ones find there.
    warm = inside.ask(
        handles["compile"], b'{"source":"class Script { async a({b}) { return `${b}`; } }"}', 1 << 20
    )
    if b"_classCallCheck" not in warm:
        raise RuntimeError("the compiler does not compile")
    return handles


def _random_state(instance: Instance, inside: QuickJS) -> int:
    """Where the state of ``Math.random`` lies: what one call of it moves on as xorshift64* does."""
    context = instance.qjs_get_context_ptr()
    function = inside.evaluate("Math.random", "hookroom:random")
    before = instance.memory.read(context, _CONTEXT_SIZE)
    inside.free(inside.call(function))
    after = instance.memory.read(context, _CONTEXT_SIZE)
    inside.free(function)
    found = [at for at in range(0, _CONTEXT_SIZE - 7, 4) if _moved(before[at : at + 8], after[at : at + 8])]
    if len(found) != 1:
        raise RuntimeError("the state of Math.random was not found")
    return context + found[0]


def _moved(before: bytes, after: bytes) -> bool:
    state = int.from_bytes(before, "little")
    if not state:
        return False
    state ^= state >> 12
    state ^= state << 25 & _MASK
    state ^= state >> 27
    return state == int.from_bytes(after, "little")


def _version(kind: Kind) -> str:
    """Of everything that an image is made of."""
    parts: Sequence[bytes] = (
        assets.ENGINE.read_bytes(),
        (assets.UNDERSCORE if kind == "runtime" else assets.BABEL).read_bytes(),
        *(
            guest.source(file).code.encode()
            for file in (guest.ORDER if kind == "runtime" else guest.COMPILER)
        ),
    )
    wasm_version = importlib.metadata.version("wasmtime")
    facts = (_FORMAT, wasm_version, platform.machine(), STACK[kind], LARGEST)
    digest = hashlib.sha256(" ".join(map(str, facts)).encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:24]


def _check_own(folder: Path) -> None:
    """Machine code is run from there, so nobody else may write there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_own(folder):
        raise BadCache(f"{folder} must belong to the user of the server, and be writable by nobody else")


def _is_own(path: Path) -> bool:
    """Whether it is there and nobody else may write to it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process makes an image at a time."""
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _put(path: Path, content: bytes) -> None:
    """There is never half a file."""
    part = path.with_suffix(f".{os.getpid()}")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)


def _forget_others(folder: Path, kind: Kind, name: str) -> None:
    """Images of versions that were used last a month ago or more would gather for ever."""
    newest = (folder / f"{name}.json").stat().st_mtime
    for path in folder.glob(f"{kind}-*"):
        if not path.name.startswith(name) and newest - path.stat().st_mtime > 30 * 86400:
            path.unlink(missing_ok=True)
