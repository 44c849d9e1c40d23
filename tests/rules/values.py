"""Plain values for tests of rules; what a test is about is given by name."""

from __future__ import annotations

from typing import Any

from hookroom.rules.model import Integration, Message, Room, User, UserRef

AT = "2026-01-02T03:04:05.678Z"
LATER = "2026-01-02T04:00:00.000Z"


def an_integration(**fields: Any) -> Integration:
    given: dict[str, Any] = {
        "id": "a" * 24,
        "type": "webhook-outgoing",
        "name": "deploys",
        "enabled": True,
        "username": "rocket.cat",
        "user_id": "catId",
        "channel": ("#general",),
        "token": "outgoing-token",
        "script_enabled": False,
        "event": "sendMessage",
        "created_at": AT,
        "created_by": UserRef(id="adminId", username="admin"),
        "updated_at": AT,
    }
    return Integration(**{**given, **fields})


def a_room(**fields: Any) -> Room:
    given: dict[str, Any] = {"id": "roomId", "type": "c", "name": "general", "read_only": False}
    return Room(**{**given, "created_at": AT, "updated_at": AT, **fields})


def a_message(**fields: Any) -> Message:
    given: dict[str, Any] = {
        "id": "messageId",
        "room_id": "roomId",
        "text": "hello",
        "created_at": AT,
        "user": UserRef(id="annId", username="ann", name="Ann"),
        "updated_at": AT,
    }
    return Message(**{**given, **fields})


def a_user(**fields: Any) -> User:
    given: dict[str, Any] = {
        "id": "annId",
        "username": "ann",
        "name": "Ann",
        "type": "user",
        "active": True,
        "roles": ("user",),
        "status": "online",
        "created_at": AT,
        "updated_at": AT,
    }
    return User(**{**given, **fields})
