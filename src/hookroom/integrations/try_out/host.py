"""Running scripts for a try-out: each call in an instance of its own, with nothing reaching the outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from hookroom.delivery.exchange import OutgoingRequest
from hookroom.errors import Failure
from hookroom.integrations import script_notes
from hookroom.integrations.recording import MASK, masked, sent
from hookroom.integrations.script_host import DoesNotCompile, ScriptHost
from hookroom.integrations.try_out.fetches import Asked, AskedFetch, GivenAnswer
from hookroom.rules.model import Integration
from hookroom.scripting.model import Argument, Method, Ran, Script, ScriptFailed, Steady
from hookroom.scripting.port import Scripts
from hookroom.scripting.sandbox import LOST
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

T = TypeVar("T")

TRIES: Final = 4
"""How often a run is made whose worker was lost for another script's sake."""

_NOT_NOW: Final = {
    "busy": "Too many scripts are waiting; please try again.",
    "unavailable": "Scripts cannot run on this server at the moment; please try again.",
    "disabled": "Scripts are turned off on this server.",
}


class CannotRun(Failure):
    """There is no place where the script could run at the moment, or on this server at all (503)."""

    def __init__(self, kind: str) -> None:
        super().__init__(_NOT_NOW[kind], status=503, code=f"error-scripts-{kind}")


class Run(Struct, frozen=True, kw_only=True, rename="camel"):
    """One call of a method of the script, as a try-out tells it.

    ``value`` is what was returned, absent for ``undefined``. ``error`` is set when the method ``failed``, and
    when nothing can be done with what it ``returned``.
    """

    method: Method
    outcome: Literal["returned", "no-method", "failed"]
    value: Any | UnsetType = UNSET
    error: ScriptFailure | UnsetType = UNSET
    console: Sequence[ConsoleLine] = ()
    console_dropped: int = 0
    duration_ms: float = 0.0
    memory_bytes: int = 0
    fetches: Sequence[AskedFetch] = ()
    url: str | UnsetType = UNSET
    """Which of an outgoing integration's URLs it was for."""


class TryOutHost(ScriptHost):
    """A ``ScriptHost`` whose scripts leave no trace: neither in the living instances nor outside.

    ``runs`` has all calls in their order. ``answers`` are given to the scripts' own requests.
    """

    def __init__(self, host: ScriptHost, answers: Sequence[GivenAnswer] = ()) -> None:
        super().__init__(host.scripts, host.setup)
        self._answers = answers
        self.runs: list[Run] = []
        self.url: str | None = None
        """Noted with the runs that come."""

    async def run(self, integration: Integration, method: Method, argument: Argument) -> Ran:
        """See ``ScriptHost``. Raises ``CannotRun``."""
        asked = Asked(self._answers)
        try:
            script = await self.script(integration)
            ran = await run_once(self.scripts, script, method, argument, asked)
        except (ScriptFailed, DoesNotCompile) as error:
            if isinstance(error, ScriptFailed) and error.kind in _NOT_NOW:
                raise CannotRun(error.kind) from None
            self._note(_failed(method, error, asked))
            raise
        self._note(_returned(method, ran, asked))
        return ran

    def _note(self, run: Run) -> None:
        self.runs.append(run if self.url is None else replace(run, url=masked_url(self.url)))

    def wrong(self, reason: str) -> None:
        """Nothing can be done with what the last run returned."""
        last = self.runs[-1]
        self.runs[-1] = replace(last, error=script_notes.wrong_result(last.method, reason))


async def run_once(
    scripts: Scripts,
    script: Script,
    method: Method,
    argument: Argument,
    asked: Asked,
    steady: Steady | None = None,
) -> Ran:
    """One call in an instance of its own. Raises ``ScriptFailed``."""

    async def run() -> Ran:
        asked.clear()
        return await scripts.try_out(script, method, argument, fetch=asked.fetch, steady=steady)

    return await undisturbed(run)


async def undisturbed(work: Callable[[], Awaitable[T]]) -> T:
    """What ``work`` comes to: again when its worker was ended because of what another script did there."""
    for _ in range(TRIES - 1):
        try:
            return await work()
        except ScriptFailed as failure:
            if failure.kind != "crash" or failure.message != LOST:
                raise
    return await work()


def masked_request(value: Any) -> Any:
    """What ``prepare_outgoing_request`` returned, with the credentials in it masked."""
    if not isinstance(value, dict):
        return value
    shown = dict(value)
    if isinstance(headers := shown.get("headers"), dict):
        shown["headers"] = masked(
            (name, one if isinstance(one, str) else str(one)) for name, one in headers.items()
        )
    if isinstance(url := shown.get("url"), str):
        shown["url"] = masked_url(url)
    if shown.get("auth"):
        shown["auth"] = MASK
    return shown


def masked_url(url: str) -> str:
    """``url`` without the credentials in it, as histories show it."""
    return sent(OutgoingRequest(url=url)).url


def _returned(method: Method, ran: Ran, asked: Asked) -> Run:
    return Run(
        method=method,
        outcome="returned" if ran.has_method else "no-method",
        value=masked_request(ran.value) if method == "prepare_outgoing_request" else ran.value,
        console=script_notes.console(ran.console),
        console_dropped=ran.console_dropped,
        duration_ms=round(ran.duration_ms, 3),
        memory_bytes=ran.memory_bytes,
        fetches=tuple(asked.list),
    )


def _failed(method: Method, error: ScriptFailed | DoesNotCompile, asked: Asked) -> Run:
    run = Run(
        method=method, outcome="failed", error=script_notes.failure(method, error), fetches=tuple(asked.list)
    )
    if isinstance(error, DoesNotCompile):
        return run
    return replace(
        run,
        console=script_notes.console(error.console),
        console_dropped=error.console_dropped,
        duration_ms=round(error.duration_ms, 3),
        memory_bytes=error.memory_bytes,
    )
