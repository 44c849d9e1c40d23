"""What histories keep of a script that ran: its console, and why it failed."""

from __future__ import annotations

from msgspec import Struct


class ConsoleLine(Struct, frozen=True, omit_defaults=True):
    """A line that a script wrote. ``method`` names the one that ran, where there may be several."""

    level: str
    text: str
    method: str | None = None


class ScriptFailure(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why a call of a script came to nothing. The texts are the script's own, for its owner.

    ``kind`` is that of ``scripting.model.FailureKind``, or ``compile``, or ``result`` for a result that nothing
    can be done with. ``line`` and ``column`` count from 1 in the user's source.
    """

    method: str
    kind: str
    name: str
    message: str
    stack: str = ""
    line: int | None = None
    column: int | None = None
