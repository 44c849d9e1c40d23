"""What histories keep of a script that ran: its console and its failure, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.integrations.script_host import DoesNotCompile
from hookroom.scripting.model import Line, Method, ScriptFailed
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

LINES: Final = 200
"""Console lines kept of a call."""
CONSOLE_SIZE: Final = 16 * 1024
"""Characters kept of them together."""
TEXT_SIZE: Final = 4 * 1024
"""Characters kept of an error's message, and of its stack."""


def console(lines: Sequence[Line], method: Method | None = None) -> tuple[ConsoleLine, ...]:
    """The first of ``lines``; ``method`` wrote them, where that must be said."""
    kept: list[ConsoleLine] = []
    left = CONSOLE_SIZE
    for line in lines[:LINES]:
        if left <= 0:
            break
        kept.append(ConsoleLine(line.level, line.text[:left], method))
        left -= len(line.text)
    return tuple(kept)


def failure(method: Method, error: ScriptFailed | DoesNotCompile) -> ScriptFailure:
    """Why ``method`` came to nothing."""
    if isinstance(error, DoesNotCompile):
        broken = error.error
        return ScriptFailure(
            method=method,
            kind="compile",
            name=broken.name,
            message=broken.message[:TEXT_SIZE],
            stack=broken.stack[:TEXT_SIZE],
        )
    return ScriptFailure(
        method=method,
        kind=error.kind,
        name=error.name[:TEXT_SIZE],
        message=error.message[:TEXT_SIZE],
        stack=error.stack[:TEXT_SIZE],
        line=error.line,
        column=error.column,
    )


def wrong_result(method: Method, reason: str) -> ScriptFailure:
    """Nothing can be done with what ``method`` returned."""
    return ScriptFailure(method=method, kind="result", name="TypeError", message=reason)


def stack_of(failed: ScriptFailure) -> str:
    """A failure as one text: its stack, which begins with name and message, or these."""
    return (
        failed.stack
        if failed.message in failed.stack and failed.stack
        else f"{failed.name}: {failed.message}"
    )
