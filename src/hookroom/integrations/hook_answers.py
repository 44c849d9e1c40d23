"""What the caller of an incoming webhook is answered, for those who show it and send it nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookroom.errors import HookFailure, HookroomError, ScriptRefusal
from hookroom.integrations.receive import bare


def accepted(answer: Any) -> Any:
    """The body of a success: ``answer`` with ``success``, or what is no mapping as it is."""
    return {**answer, "success": True} if isinstance(answer, Mapping) else answer


def refusal(error: HookroomError) -> Any:
    """The body of a refusal (contract, section 3, row "errors of a hook")."""
    if isinstance(error, HookFailure | ScriptRefusal):
        return error.wire()
    return {"success": False, "error": bare(error)}
