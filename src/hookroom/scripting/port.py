"""What the use cases ask of the sandbox. ``sandbox.Sandbox`` is the real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hookroom.scripting.model import Argument, Compiled, Fetcher, Finding, Mended, Method, Ran, Script, Steady


class Scripts(Protocol):
    """Runs and compiles the scripts of one server."""

    @property
    def disabled(self) -> bool:
        """Whether all scripts are turned off on this server."""
        ...

    async def run(self, script: Script, method: Method, argument: Argument) -> Ran:
        """Call ``method`` of the living instance of ``script``, which is loaded where it is not there yet.

        The script's own requests go out through the guarded client. Raises ``ScriptFailed``.
        """
        ...

    def forget(self, key: str) -> None:
        """The living instance ``key`` is not needed any more, nor what it knows."""
        ...

    async def try_out(
        self,
        script: Script,
        method: Method,
        argument: Argument,
        *,
        fetch: Fetcher,
        steady: Steady | None = None,
    ) -> Ran:
        """Call ``method`` of a new instance that is thrown away: the living one is not seen or changed.

        ``fetch`` answers the script's requests. Raises ``ScriptFailed``.
        """
        ...

    async def compile(self, source: str, *, transpile: bool) -> Compiled:
        """The code that runs for ``source``: Babel's output with its map, or the source after a syntax check.

        Raises ``ScriptFailed`` when there is no answer: ``time``, ``memory``, ``busy``, ``disabled``,
        ``unavailable``.
        """
        ...

    async def check(self, source: str) -> Sequence[Finding]:
        """What of ``source`` behaves differently once it is not transpiled. Raises ``ScriptFailed``."""
        ...

    async def mend(self, source: str) -> Mended | None:
        """``source`` with the names declared that it only assigns; ``None`` when there are none.

        Raises ``ScriptFailed``.
        """
        ...
