"""Scripts of integrations: how they run on this server, and running them.

The sandbox behind it is ``scripting.port.Scripts``. Nothing that a script sees, writes or returns reaches a log.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final, Literal

import structlog
from msgspec import Struct

from hookroom.errors import HookroomError
from hookroom.integrations.script_saving import SCRIPTS_OFF, compiled
from hookroom.rules.model import Integration, ScriptError
from hookroom.scripting.model import Argument, Limits, Method, Ran, Script, ScriptFailed
from hookroom.scripting.port import Scripts
from hookroom.workspace.turns import Turns

log = structlog.get_logger()

COMPILED_HERE: Final = 1000
"""Scripts that are stored without compiled code whose code is kept in memory."""
BUSY_LOG_S: Final = 1.0
"""Under overload, one line is logged in so many seconds, with the number of calls that were refused."""


class ScriptSetup(Struct, frozen=True, kw_only=True):
    """How scripts run on a server.

    Limits of a call where an integration has none of its own, and the most that one may have: milliseconds and
    megabytes; ``wait_ms`` bounds a whole call with what it waits for. ``legacy`` says which scripts have the
    globals of old (``HTTP``, ``_``).
    """

    time_ms: int
    memory_mb: int
    wait_ms: int
    max_time_ms: int
    max_memory_mb: int
    legacy: Literal["transpiled", "all", "none"] = "transpiled"


class DoesNotCompile(HookroomError):
    """The script has an error, so that it cannot run at all."""

    def __init__(self, error: ScriptError) -> None:
        super().__init__(f"{error.name}: {error.message}")
        self.error = error


def script_of(integration: Integration, code: str, setup: ScriptSetup) -> Script:
    """The script of ``integration`` as the sandbox runs it; ``code`` is its compiled form."""
    time_ms = min(integration.script_time_limit or setup.time_ms, setup.max_time_ms)
    memory_mb = min(integration.script_memory_limit or setup.memory_mb, setup.max_memory_mb)
    return Script(
        key=integration.id,
        name=integration.name,
        code=code,
        legacy=setup.legacy == "all" or (setup.legacy == "transpiled" and not integration.skip_transpile),
        limits=Limits(time_ms=time_ms, memory_mb=memory_mb, wait_ms=max(setup.wait_ms, time_ms)),
    )


class _CompiledHere(Struct, frozen=True):
    """Code that was made for a script as it was stored when it was made, or why there is none."""

    source: str
    transpile: bool
    code: str | None
    error: ScriptError | None


class ScriptHost:
    """Runs the scripts of one server's integrations in the sandbox ``scripts``."""

    def __init__(self, scripts: Scripts, setup: ScriptSetup) -> None:
        self.scripts = scripts
        self.setup = setup
        self._compiled: OrderedDict[str, _CompiledHere] = OrderedDict()
        self._turns = Turns()
        self._refused = 0
        self._refused_since = 0.0

    async def run(self, integration: Integration, method: Method, argument: Argument) -> Ran:
        """Call ``method`` of the integration's script. Raises ``ScriptFailed`` and ``DoesNotCompile``."""
        try:
            script = await self.script(integration)
            return await self.scripts.run(script, method, argument)
        except ScriptFailed as failure:
            self._tell(integration, method, failure)
            raise
        except DoesNotCompile:
            log.warning("script does not compile", integration=integration.id)
            raise

    async def script(self, integration: Integration) -> Script:
        """The integration's script, ready to run.

        One that is stored without its compiled form (it was saved where scripts are turned off, or by a version
        that had none) is compiled now. Raises ``DoesNotCompile``, and ``ScriptFailed`` when it cannot be
        compiled now.
        """
        if integration.script_compiled:
            return script_of(integration, integration.script_compiled, self.setup)
        error = integration.script_error
        if error is not None and error.name != SCRIPTS_OFF:
            raise DoesNotCompile(error)
        source, transpile = integration.script or "", not integration.skip_transpile
        async with self._turns.of([integration.id]):
            made = self._compiled.get(integration.id)
            if made is None or (made.source, made.transpile) != (source, transpile):
                made = _CompiledHere(source, transpile, *await compiled(self.scripts, source, transpile))
                self._compiled[integration.id] = made
            self._compiled.move_to_end(integration.id)
            if len(self._compiled) > COMPILED_HERE:
                self._compiled.popitem(last=False)
        if made.code is None:
            raise DoesNotCompile(made.error or ScriptError(name="Error", message=""))
        return script_of(integration, made.code, self.setup)

    def forget(self, integration_id: str) -> None:
        """The integration is removed."""
        self._compiled.pop(integration_id, None)
        self.scripts.forget(integration_id)

    def _tell(self, integration: Integration, method: Method, failure: ScriptFailed) -> None:
        if failure.kind == "busy":
            self._refused += 1
            if time.monotonic() - self._refused_since < BUSY_LOG_S:
                return
            log.warning("too many script calls at once", refused=self._refused, integration=integration.id)
            self._refused, self._refused_since = 0, time.monotonic()
            return
        log.warning(
            "script failed",
            integration=integration.id,
            method=method,
            kind=failure.kind,
            line=failure.line,
            column=failure.column,
            ms=round(failure.duration_ms, 1),
        )
