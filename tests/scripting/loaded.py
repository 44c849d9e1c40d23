"""A script in the engine that workers run, without the worker: for what happens inside of it."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hookroom.scripting.worker import image, live
from hookroom.scripting.worker.compiler import Compiler
from hookroom.scripting.worker.engine import TICK_MS, WasmEngine
from hookroom.scripting.worker.live import LiveScript
from hookroom.scripting.worker.messages import Ask, Turned

MEMORY = 64 << 20
COMPILER_MEMORY = 256 << 20
LIMIT_MS = 5_000

Told = dict[str, Any]
"""What the runtime says of a turn (``guest/calls.js``)."""

Host = Callable[[Any], Any]
"""Answers the requests of ``HTTP``: JSON values both ways (``guest/http.js``)."""

_folder = tempfile.TemporaryDirectory()
_hosts: dict[int, Host] = {}
"""Who answers the script that a thread runs."""


@cache
def _engine() -> WasmEngine:
    engine = WasmEngine(slots=8, memory_bytes=COMPILER_MEMORY)
    never = threading.Event()

    def tick() -> None:
        while not never.wait(TICK_MS / 1000):
            engine.tick()

    threading.Thread(target=tick, daemon=True).start()
    return engine


@cache
def _source() -> live.Source:
    def answer(request: bytes) -> tuple[bytes, float]:
        return json.dumps(_hosts[threading.get_ident()](json.loads(request))).encode(), 0.0

    return live.source(_engine(), *image.load(_engine(), "runtime", Path(_folder.name)), answer)


@cache
def _compiler() -> Compiler:
    return Compiler(_engine(), *image.load(_engine(), "compiler", Path(_folder.name)))


@cache
def transpiled(source: str) -> str:
    """What runs in place of ``source`` when it is saved with ``skipTranspile: false``."""
    ask = Ask(1, "compile", json.dumps({"source": source}).encode(), 60_000, COMPILER_MEMORY)
    answer = _compiler().answer(ask)
    assert isinstance(answer, Turned), answer
    return str(json.loads(answer.said)["code"])


def _no_host(_request: Any) -> Any:
    return {"error": "nobody there"}


class Loaded:
    """A script that was loaded. Raises ``Thrown`` when it cannot be."""

    def __init__(self, code: str, *, legacy: bool = False, host: Host = _no_host) -> None:
        self._script = LiveScript(_source(), MEMORY)
        self._host = host
        self._calls = 0
        try:
            self._script.load(code, legacy=legacy, limit_ms=LIMIT_MS)
        except BaseException:
            self._script.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._script.close()

    def call(self, method: str, argument: Mapping[str, Any]) -> Told:
        """Call ``method``; the number of the call goes up from 1."""
        self._calls += 1
        return self._turn("call", {"call": self._calls, "method": method, "argument": argument})

    def resume(self, call: int, fetch: int, **answer: Any) -> Told:
        """Answer a fetch: ``response`` or ``error``."""
        return self._turn("resume", {"call": call, "fetch": fetch, **answer})

    def _turn(self, function: str, message: Mapping[str, Any]) -> Told:
        _hosts[threading.get_ident()] = self._host
        said = self._script.turn(function, json.dumps(message).encode(), message["call"], LIMIT_MS)
        told: Told = json.loads(said)
        return told


def incoming(content: Any = None, **request: Any) -> dict[str, Any]:
    """An argument of ``process_incoming_request``."""
    return {"request": {"content": content, "content_raw": json.dumps(content), "headers": {}, **request}}


def ran(body: str, argument: Mapping[str, Any] | None = None, *, legacy: bool = False) -> Told:
    """What comes of a script whose ``process_incoming_request`` has ``body``."""
    with Loaded(
        f"class Script {{ process_incoming_request({{ request }}) {{ {body} }} }}", legacy=legacy
    ) as script:
        return script.call("process_incoming_request", argument or incoming({}))


def value_of(expression: str, *, legacy: bool = False) -> Any:
    """What ``expression`` comes to in a script, as JSON."""
    told = ran(f"return {expression};", legacy=legacy)
    assert told["state"] == "returned", told
    return told.get("value")
