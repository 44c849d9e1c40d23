"""What stands in the sandbox's place where scripts are turned off: nothing is started, nothing runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.scripting.model import (
    Argument,
    Compiled,
    Fetcher,
    Finding,
    Mended,
    Method,
    Ran,
    Script,
    ScriptFailed,
    Steady,
)

TURNED_OFF: Final = "Scripts are turned off on this server."


class ScriptsOff:
    """See ``port.Scripts``. Every method raises ``ScriptFailed`` ``disabled``."""

    @property
    def disabled(self) -> bool:
        """True."""
        return True

    async def run(self, script: Script, method: Method, argument: Argument) -> Ran:
        """See ``port.Scripts``."""
        raise ScriptFailed("disabled", TURNED_OFF)

    def forget(self, key: str) -> None:
        """See ``port.Scripts``. There is none."""

    async def try_out(
        self,
        script: Script,
        method: Method,
        argument: Argument,
        *,
        fetch: Fetcher,
        steady: Steady | None = None,
    ) -> Ran:
        """See ``port.Scripts``."""
        raise ScriptFailed("disabled", TURNED_OFF)

    async def compile(self, source: str, *, transpile: bool) -> Compiled:
        """See ``port.Scripts``."""
        raise ScriptFailed("disabled", TURNED_OFF)

    async def check(self, source: str) -> Sequence[Finding]:
        """See ``port.Scripts``."""
        raise ScriptFailed("disabled", TURNED_OFF)

    async def mend(self, source: str) -> Mended | None:
        """See ``port.Scripts``."""
        raise ScriptFailed("disabled", TURNED_OFF)
