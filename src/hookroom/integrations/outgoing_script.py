"""What the script of an outgoing integration says before a call and after it (contract, section 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from hookroom import __version__
from hookroom.delivery.exchange import OutgoingResponse
from hookroom.integrations import script_notes
from hookroom.integrations.script_host import DoesNotCompile, ScriptHost
from hookroom.rules.model import Integration
from hookroom.rules.script_requests import outgoing_request, prepare_argument, process_argument
from hookroom.rules.script_results import (
    Default,
    Nothing,
    Prepared,
    Processed,
    Wrong,
    read_prepared,
    read_processed,
    read_request,
)
from hookroom.scripting.model import FailureKind, Method, Ran, ScriptFailed
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

PREPARE: Final[Method] = "prepare_outgoing_request"
PROCESS: Final[Method] = "process_outgoing_response"

_PASSING: Final[frozenset[FailureKind]] = frozenset({"unavailable", "crash"})
"""Failures that another try may mend, as with a receiver that cannot be reached."""
_BUSY_TRIES: Final = 10
_BUSY_PAUSE_S: Final = 0.5


class Before(Struct, frozen=True, kw_only=True):
    """What the script wants before a call. ``ran`` says whether it has a method that says so."""

    wanted: Prepared | Nothing
    ran: bool
    console: tuple[ConsoleLine, ...] = ()


class NotPrepared(Struct, frozen=True, kw_only=True):
    """The script did not come to an end. ``step`` is the history's name for it, ``passing`` that it may mend."""

    failure: ScriptFailure
    step: str
    passing: bool
    console: tuple[ConsoleLine, ...] = ()


class TooBusy(Struct, frozen=True):
    """There was no room for the script to run."""


class After(Struct, frozen=True, kw_only=True):
    """What the script made of an answer; a ``failure`` of it means the default."""

    processed: Processed
    console: tuple[ConsoleLine, ...] = ()
    failures: tuple[ScriptFailure, ...] = ()


class OutgoingScripts:
    """Runs the scripts of outgoing integrations in ``host``."""

    def __init__(self, host: ScriptHost) -> None:
        self._host = host

    async def before(
        self, integration: Integration, url: str, data: Mapping[str, Any]
    ) -> Before | NotPrepared | TooBusy:
        """Run ``prepare_outgoing_request`` on the request that would tell ``data`` to ``url``."""
        request = outgoing_request(url, data, {"User-Agent": f"Hookroom/{__version__}"})
        try:
            ran = await self._host.run(integration, PREPARE, prepare_argument(request))
        except DoesNotCompile as error:
            return NotPrepared(
                failure=script_notes.failure(PREPARE, error),
                step="execute-script-getting-script",
                passing=False,
            )
        except ScriptFailed as error:
            if error.kind == "busy":
                return TooBusy()
            loaded = error.kind not in ("load", "disabled", "unavailable")
            return NotPrepared(
                failure=script_notes.failure(PREPARE, error),
                step=f"execute-script-error-running-{PREPARE}" if loaded else "execute-script-getting-script",
                passing=error.kind in _PASSING,
                console=_console(error, PREPARE),
            )
        wanted = read_prepared(ran.value) if ran.has_method else _as_it_is(request)
        return Before(wanted=wanted, ran=ran.has_method, console=_console(ran, PREPARE))

    async def after(
        self, integration: Integration, request: Mapping[str, Any], response: OutgoingResponse
    ) -> After:
        """Run ``process_outgoing_response`` on an answer, whatever its status."""
        text = response.body.decode("utf-8", "replace")
        argument = process_argument(request, response.status, response.headers, text)
        try:
            ran = await self._patiently(integration, argument)
        except (ScriptFailed, DoesNotCompile) as error:
            console = _console(error, PROCESS) if isinstance(error, ScriptFailed) else ()
            return After(
                processed=Default(), console=console, failures=(script_notes.failure(PROCESS, error),)
            )
        processed = read_processed(ran.value) if ran.has_method else Default()
        failures = (
            (script_notes.wrong_result(PROCESS, processed.reason),) if isinstance(processed, Wrong) else ()
        )
        return After(processed=processed, console=_console(ran, PROCESS), failures=failures)

    async def _patiently(self, integration: Integration, argument: dict[str, Any]) -> Ran:
        # The receiver was called: its answer is not given up because of a busy moment.
        for _ in range(_BUSY_TRIES - 1):
            try:
                return await self._host.run(integration, PROCESS, argument)
            except ScriptFailed as failure:
                if failure.kind != "busy":
                    raise
                await asyncio.sleep(_BUSY_PAUSE_S)
        return await self._host.run(integration, PROCESS, argument)


def _as_it_is(request: Mapping[str, Any]) -> Prepared:
    return Prepared(message=None, request=read_request(request))


def _console(ran: Ran | ScriptFailed, method: Method) -> tuple[ConsoleLine, ...]:
    lines = script_notes.console(ran.console, method)
    if ran.console_dropped:
        lines += (ConsoleLine("warn", f"({ran.console_dropped} more lines)", method),)
    return lines
