"""Running one script in both modes on the same requests, each call twice, so that it can be judged.

Nothing varies but the mode: ``Math.random`` and the clock are the same in every call, and every request that a
script makes is answered the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from hookroom.integrations.try_out.fetches import Asked, GivenAnswer
from hookroom.integrations.try_out.host import run_once
from hookroom.integrations.upgrade_check.requests import CheckRequest
from hookroom.rules.script_comparison import Outcome, Raised, State, Trial
from hookroom.rules.script_requests import prepare_argument, process_argument
from hookroom.rules.script_results import Prepared, ToSend, read_prepared, read_request
from hookroom.scripting.model import (
    Argument,
    CompileError,
    FailureKind,
    Fetch,
    Fetched,
    Method,
    Ran,
    Script,
    ScriptFailed,
    Steady,
)
from hookroom.scripting.port import Scripts

REPEATS: Final = 2
BUDGET_MS: Final = 10_000
"""Time in which one script runs, all calls together; requests beyond it are left out."""
BEYOND: Final = "it takes more time or memory than it may"
STEADY: Final = Steady(seed=20_260_901, now_ms=1_767_323_045_678)

_NOT_THE_SCRIPTS: Final[frozenset[FailureKind]] = frozenset({"busy", "unavailable", "disabled"})
_LIMITS: Final[frozenset[FailureKind]] = frozenset({"time", "memory", "wait"})
_THROWN: Final[frozenset[FailureKind]] = frozenset({"load", "throw"})
_CANNED: Final = GivenAnswer(
    url="",
    headers={"content-type": "application/json"},
    body='{"ok": true, "id": 4711, "status": "ok", "text": "done", "items": [{"id": 1, "name": "one"}]}',
)

Code = Script | CompileError
"""A script in one mode, or why it cannot run in it."""


class _Canned(Asked):
    """Answers every request the same, and keeps what was asked whole: it is compared, not shown."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []

    async def fetch(self, asked: Fetch) -> Fetched:
        self.asked.append(
            {
                "url": asked.url,
                "method": asked.method,
                "headers": dict(asked.headers),
                **({} if asked.body is None else {"body": asked.body}),
            }
        )
        return Fetched(
            status=_CANNED.status, headers=tuple(_CANNED.headers.items()), body=_CANNED.body, url=asked.url
        )

    def clear(self) -> None:
        super().clear()
        self.asked.clear()


class Compared(Struct, frozen=True, kw_only=True):
    """The ``trials`` of a script, and how many requests were left out for want of time.

    ``loads`` is false when the script does not even get to its methods.
    """

    trials: Sequence[Trial]
    left_out: int
    loads: bool


class Comparison:
    """Runs one script in both modes, for ``budget_ms`` of its own time and the call that is under way then."""

    def __init__(
        self, scripts: Scripts, transpiled: Code, native: Code, *, budget_ms: float = BUDGET_MS
    ) -> None:
        self._scripts = scripts
        self._transpiled = transpiled
        self._native = native
        self._budget_ms = budget_ms
        self._took_ms = 0.0
        self._loads = False

    async def on(self, requests: Sequence[CheckRequest]) -> Compared:
        """Run all of ``requests``. Raises ``ScriptFailed`` when scripts cannot run at the moment."""
        trials: list[Trial] = []
        left = len(requests)
        for request in requests:
            if self._took_ms >= self._budget_ms and trials:
                break
            trials += await self._trials(request)
            left -= 1
        return Compared(trials=trials, left_out=left, loads=self._loads)

    async def _trials(self, request: CheckRequest) -> list[Trial]:
        if request.incoming is not None:
            return [await self._trial(request.name, "process_incoming_request", request.incoming)]
        assert request.outgoing is not None
        prepare = await self._trial(
            request.name, "prepare_outgoing_request", prepare_argument(request.outgoing)
        )
        document = _document(prepare.transpiled, request.outgoing)
        processed = [
            await self._trial(
                f"{request.name}, {answer.name}",
                "process_outgoing_response",
                process_argument(document, answer.status, dict(answer.headers), answer.text),
            )
            for answer in request.answers
        ]
        return [prepare, *processed]

    async def _trial(self, name: str, method: Method, argument: Argument) -> Trial:
        return Trial(
            request=name,
            method=method,
            transpiled=await self._outcomes(self._transpiled, method, argument),
            native=await self._outcomes(self._native, method, argument),
        )

    async def _outcomes(self, code: Code, method: Method, argument: Argument) -> Sequence[Outcome]:
        if isinstance(code, CompileError):
            raised = Raised(name=code.name, message=code.message, line=code.line, column=code.column)
            return (Outcome(state="threw", error=raised),) * REPEATS
        return [await self._outcome(code, method, argument) for _ in range(REPEATS)]

    async def _outcome(self, script: Script, method: Method, argument: Argument) -> Outcome:
        canned = _Canned()
        try:
            ran = await run_once(self._scripts, script, method, argument, canned, STEADY)
        except ScriptFailed as failure:
            if failure.kind in _NOT_THE_SCRIPTS:
                raise
            self._loads |= failure.kind != "load"
            self._took_ms += failure.duration_ms or script.limits.time_ms
            state: State = "threw" if failure.kind in _THROWN else "stopped"
            # Which limit a script runs into first is for the machine's other work to decide.
            message = BEYOND if failure.kind in _LIMITS else failure.message
            name = "RangeError" if failure.kind in _LIMITS else failure.name
            return Outcome(
                state=state,
                error=Raised(name=name, message=message, line=failure.line, column=failure.column),
                console=_console(failure),
                calls=canned.asked,
            )
        self._loads = True
        self._took_ms += ran.duration_ms
        return Outcome(
            state="returned" if ran.has_method else "no-method",
            value=ran.value,
            console=_console(ran),
            calls=canned.asked,
        )


def _console(ran: Ran | ScriptFailed) -> Sequence[str]:
    return [f"{line.level}: {line.text}" for line in ran.console]


def _document(prepared: Sequence[Outcome], request: dict[str, Any]) -> dict[str, Any]:
    """The request that ``process_outgoing_response`` is told of: what was prepared, else as it was."""
    read = read_prepared(prepared[0].value)
    if isinstance(read, Prepared) and isinstance(read.request, ToSend):
        return read.request.document
    plain = read_request(request)
    return plain.document if isinstance(plain, ToSend) else request
