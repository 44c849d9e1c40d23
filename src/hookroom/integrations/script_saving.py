"""What becomes of a script when its integration is saved (contract, section 2, "Scripts on save").

A script that cannot be compiled is saved all the same: losing an edit is worse than a script that does not run.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hookroom.errors import Failure
from hookroom.rules.integration_fields import has_script
from hookroom.rules.model import Integration, ScriptError
from hookroom.rules.source_map import split_map
from hookroom.scripting.model import ScriptFailed
from hookroom.scripting.port import Scripts
from hookroom.workspace.workspace import Workspace

SCRIPTS_OFF: Final = "ScriptsDisabled"
"""The name of the error of scripts that were saved while scripts are turned off."""

_OFF: Final = ScriptError(
    name=SCRIPTS_OFF,
    message="Scripts are turned off on this server: the script was neither checked nor compiled.",
)
_EMPTY: Final = ScriptError(
    name="Error", message="The script has no code in it; it must have a class named Script."
)
_LIMITS: Final = {
    "time": "Compiling the script takes longer than this server's limit.",
    "memory": "Compiling the script takes more memory than this server's limit.",
    "wait": "Compiling the script takes longer than this server's limit.",
    "crash": "The script is nested too deeply to be compiled.",
}
TRY_AGAIN: Final = "The script could not be compiled at the moment, and nothing was saved; please try again."

Outcome = tuple[str | None, ScriptError | None]
"""Code, or why there is none."""


async def compiled(scripts: Scripts, source: str, transpile: bool) -> Outcome:
    """The code that runs for ``source``, never an empty one, or why there is none.

    Raises ``ScriptFailed`` when it cannot be known at the moment: ``busy``, ``unavailable``, ``disabled``.
    """
    try:
        made = await scripts.compile(source, transpile=transpile)
    except ScriptFailed as failure:
        if failure.kind in ("busy", "unavailable", "disabled"):
            raise
        limit = _LIMITS.get(failure.kind)
        if limit is not None:
            return None, ScriptError(name="RangeError", message=limit)
        return None, ScriptError(name=failure.name, message=failure.message, stack=failure.stack)
    if made.error is not None:
        return None, ScriptError(name=made.error.name, message=made.error.message, stack=made.error.stack)
    code = made.code or ""
    return (code, None) if split_map(code)[0].strip() else (None, _EMPTY)


class ScriptSaving:
    """One save. What was compiled once is not compiled again when the save runs again."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._done: dict[tuple[str, bool], Outcome] = {}

    async def settle(self, old: Integration | None, new: Integration, *, sent: bool = True) -> Integration:
        """``new`` with the compiled form of its script, or the error that it has.

        What belongs to another script or mode than that of ``new`` goes; the compiler runs only where it has
        something to do, and where a script was ``sent``. Raises ``Failure`` (503) when it cannot be asked at
        the moment.
        """
        same = old is not None and _made_of(old) == _made_of(new)
        if not has_script(new) or not sent:
            blank = not (new.script or "").strip()
            return new if same and not blank else replace(new, script_compiled=None, script_error=None)
        if same and new.script_compiled:
            return new
        code, error = await self._compiled(new)
        return replace(new, script_compiled=code, script_error=error)

    async def settle_change(
        self, ws: Workspace, old: Integration, new: Integration, *, sent: bool = True
    ) -> Integration:
        """``settle``, and the time of the change is that when this is done."""
        new = await self.settle(old, new, sent=sent)
        return replace(new, updated_at=ws.stamp(old.updated_at))

    async def _compiled(self, new: Integration) -> Outcome:
        wanted = new.script or "", not new.skip_transpile
        if self._scripts.disabled:
            return None, _OFF
        if wanted not in self._done:
            try:
                self._done[wanted] = await compiled(self._scripts, *wanted)
            except ScriptFailed as failure:
                if failure.kind == "disabled":
                    return None, _OFF
                raise Failure(TRY_AGAIN, status=503, code="error-script-compiler-unavailable") from None
        return self._done[wanted]


def _made_of(integration: Integration) -> tuple[str, bool]:
    """What a compiled form depends on."""
    return integration.script or "", bool(integration.skip_transpile)
