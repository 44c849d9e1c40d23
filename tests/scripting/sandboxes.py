"""A real sandbox for tests, on an event loop of its own thread, so that tests stay plain functions."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, Final, TypeVar

from msgspec import UNSET

from hookroom.config import load
from hookroom.scripting.model import Compiled, Fetch, Fetched, Limits, Method, Ran, Script, Steady
from hookroom.scripting.sandbox import Options, Sandbox

T = TypeVar("T")

LIMITS: Final = Limits(time_ms=1000, memory_mb=32, wait_ms=5000)
INCOMING: Final[Method] = "process_incoming_request"


class Runner:
    """Runs coroutines on a loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` comes to."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def close(self) -> None:
        """End the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Bench:
    """A sandbox and ways to use it in one line. ``fetched`` are the requests that scripts made."""

    def __init__(self, runner: Runner, sandbox: Sandbox) -> None:
        self.runner = runner
        self.sandbox = sandbox
        self.fetched: list[Fetch] = []
        self.answers: dict[str, Fetched] = {}
        self._compiled: dict[str, Compiled] = {}

    async def fetch(self, asked: Fetch) -> Fetched:
        """Answers what ``answers`` has for the URL, else an empty JSON object."""
        self.fetched.append(asked)
        default = Fetched(
            status=200, headers=[("content-type", "application/json")], body="{}", url=asked.url
        )
        return self.answers.get(asked.url, default)

    def script(
        self,
        source: str,
        *,
        key: str | None = None,
        transpile: bool = False,
        legacy: bool | None = None,
        limits: Limits = LIMITS,
    ) -> Script:
        """``source`` ready to run; without ``key`` it shares an instance with nothing else."""
        code = source
        if transpile:
            compiled = self._compiled.get(source)
            if compiled is None:
                compiled = self._compiled[source] = self.runner.run(
                    self.sandbox.compile(source, transpile=True)
                )
            assert compiled.code is not None, compiled.error
            code = compiled.code
        return Script(
            key=key or f"of {hash(source)}",
            name="My script",
            code=code,
            legacy=transpile if legacy is None else legacy,
            limits=limits,
        )

    def call(
        self,
        source: str,
        argument: Mapping[str, Any] | None = None,
        *,
        method: Method = INCOMING,
        key: str | None = None,
        transpile: bool = False,
        legacy: bool | None = None,
        limits: Limits = LIMITS,
    ) -> Ran:
        """One call of the living script ``source``. Raises ``ScriptFailed``."""
        script = self.script(source, key=key, transpile=transpile, legacy=legacy, limits=limits)
        return self.runner.run(self.sandbox.run(script, method, argument or {"request": {}}))

    def value(self, source: str, argument: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """What one call returns; ``UNSET`` for ``undefined``. Raises ``ScriptFailed``."""
        return self.call(source, argument, **options).value

    def once(
        self,
        source: str,
        argument: Mapping[str, Any] | None = None,
        *,
        method: Method = INCOMING,
        transpile: bool = False,
        legacy: bool | None = None,
        limits: Limits = LIMITS,
        steady: Steady | None = None,
    ) -> Ran:
        """A call of a new instance that is thrown away. Raises ``ScriptFailed``."""
        script = self.script(source, transpile=transpile, legacy=legacy, limits=limits)
        return self.runner.run(
            self.sandbox.try_out(script, method, argument or {"request": {}}, fetch=self.fetch, steady=steady)
        )


def method(body: str, *, name: str = INCOMING, asynchronous: bool = False) -> str:
    """A script whose method ``name`` has ``body``; its argument is ``{request, response}``."""
    return f"class Script {{ {'async ' if asynchronous else ''}{name}({{request, response}}) {{ {body} }} }}"


def options(**changes: Any) -> Options:
    """Of a small sandbox. Machine code is where servers of this user have it, so that it is made once."""
    given: dict[str, Any] = {
        "folder": load().script_cache,
        "workers": 1,
        "queue": 200,
        "instances": 16,
        "live_memory_mb": 256,
        "snapshots_mb": 32,
        "max_memory_mb": 64,
    }
    return Options(**{**given, **changes})


@contextlib.contextmanager
def bench(runner: Runner, **changes: Any) -> Iterator[Bench]:
    """A sandbox of the test's own."""
    holder: list[Bench] = []

    async def fetch(asked: Fetch) -> Fetched:
        return await holder[0].fetch(asked)

    async def make() -> Sandbox:
        return Sandbox(options(**changes), fetch)

    made = Bench(runner, runner.run(make()))
    holder.append(made)
    try:
        yield made
    finally:
        runner.run(made.sandbox.stop())


__all__ = ["INCOMING", "LIMITS", "UNSET", "Bench", "Runner", "bench", "method", "options"]
