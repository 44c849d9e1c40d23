"""Reporting messages, and ignoring members of a room."""

from __future__ import annotations

from typing import Any

from hookroom.messages import reports
from hookroom.methods.params import flag, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms import ignoring

methods = Methods("Moderation")


@methods.add("reportMessage")
async def report_message(call: MethodCall, message_id: Any, description: Any) -> bool:
    """Tell the moderators of a message."""
    reported, why = text(message_id, "messageId"), text(description, "description")
    await reports.report_message(call.ws, call.user, reported, why)
    return True


@methods.add("ignoreUser")
async def ignore_user(call: MethodCall, data: Any) -> bool:
    """Ignore another member of a room (``{rid, userId, ignore}``), or do so no longer."""
    given = record(data)
    room_id, ignored = text(given.get("rid"), "rid"), text(given.get("userId"), "userId")
    await ignoring.ignore(
        call.ws, call.user, room_id, ignored, flag(given.get("ignore"), "ignore", default=True)
    )
    return True
