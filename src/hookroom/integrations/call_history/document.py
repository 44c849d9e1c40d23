"""A recorded call as clients read it. Ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET, to_builtins

from hookroom.integrations.call_request import can_run_again
from hookroom.rules.call_filter import call_state
from hookroom.rules.times import iso
from hookroom.storage.tables.incoming_calls import ReceivedCall, RecordedCall

TYPE: Final = "incoming-call"

FIELDS: Final = (
    *("_id", "type", "integrationId", "_createdAt", "state", "status", "error", "refusedAt"),
    *("address", "request", "verification", "script", "warnings", "messageIds", "durationMs"),
    *("replayOf", "rerunOf", "rerunBy", "tryOut", "cut"),
)
"""Names of an entry's fields."""


def document(call: RecordedCall, *, brief: bool = False) -> dict[str, Any]:
    """The entry of ``call``; a ``brief`` one has neither body nor console, and says so with ``cut``."""
    shown: dict[str, Any] = {
        "_id": call.id,
        "type": TYPE,
        "integrationId": call.integration_id,
        "_createdAt": iso(call.at),
        "state": call_state(call.status, len(call.message_ids)),
        "status": call.status,
        "request": _request(call.request, brief=brief),
        "messageIds": list(call.message_ids),
        "durationMs": call.took_ms,
    }
    optional = {
        "error": call.error,
        "refusedAt": call.stage,
        "address": call.address or None,
        "verification": _verification(call),
        "script": _script(call, brief=brief),
        "warnings": list(call.warnings) or None,
        "replayOf": call.replay_of,
        "rerunOf": call.rerun_of,
        "rerunBy": to_builtins(call.rerun_by) if call.rerun_by is not None else None,
        "tryOut": try_out_of(call),
        "cut": True if brief else None,
    }
    return shown | {name: value for name, value in optional.items() if value is not None}


def try_out_of(call: RecordedCall) -> Mapping[str, str] | None:
    """The body for ``integrations.test`` that tries the integration out on ``call``; none if it cannot be."""
    if not can_run_again(call.request):
        return None
    return {"integrationId": call.integration_id, "recorded": call.id}


def _request(seen: ReceivedCall, *, brief: bool) -> dict[str, Any]:
    """``method``, ``query``, ``headers`` and ``body`` are named as ``integrations.test`` names them."""
    shown: dict[str, Any] = {
        "method": seen.method,
        "path": seen.path,
        "query": seen.query,
        "headers": seen.headers,
        "size": seen.size,
    }
    if brief:
        return shown
    if seen.body is not None:
        shown["body"] = seen.body
    elif seen.size:
        shown["bodyKept"] = False
    if seen.is_base64:
        shown["bodyEncoding"] = "base64"
    if seen.content is not UNSET:
        shown["content"] = seen.content
    return shown


def _verification(call: RecordedCall) -> dict[str, Any] | None:
    verified = call.verification
    if verified is None:
        return None
    reason = {"reason": verified.reason} if verified.reason is not None else {}
    return {"scheme": verified.scheme, "ok": verified.ok, **reason}


def _script(call: RecordedCall, *, brief: bool) -> dict[str, Any] | None:
    if not (call.memory_bytes or call.duration_ms or call.failure is not None or call.console):
        return None
    shown: dict[str, Any] = {
        "durationMs": round(call.duration_ms, 3),
        "memoryBytes": call.memory_bytes,
    }
    if not brief:
        shown["console"] = to_builtins(call.console)
    if call.console_dropped:
        shown["consoleDropped"] = call.console_dropped
    if call.failure is not None:
        shown["error"] = to_builtins(call.failure)
    return shown
