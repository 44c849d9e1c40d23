"""Statistics as the original writes them; what this server does not have is left out, not 0."""

from __future__ import annotations

import platform
from typing import Any

from hookroom import __version__
from hookroom.rest import machine
from hookroom.rest.info import ROCKET_CHAT
from hookroom.rules.ids import random_id
from hookroom.rules.times import iso
from hookroom.services import Services
from hookroom.storage.tables.statistics import Numbers


def document(services: Services, numbers: Numbers) -> dict[str, Any]:
    """``numbers`` and what the process knows of itself, as of now."""
    ws = services.ws
    now = ws.now()
    rooms = _rooms(numbers)
    last = max((one.last_at for one in numbers.rooms if one.last_at), default=None)
    return {
        "_id": random_id(),
        "uniqueId": ws.settings["uniqueID"],
        "version": ROCKET_CHAT,
        "hookroom": {"version": __version__},
        **({"installedAt": iso(numbers.first_user_at)} if numbers.first_user_at else {}),
        **_users(numbers),
        **rooms,
        "totalMessages": sum(one.messages for one in numbers.rooms),
        "uploadsTotal": numbers.uploads,
        "uploadsTotalSize": numbers.upload_bytes,
        "teams": {"totalTeams": numbers.teams},
        "totalCustomEmojis": numbers.emojis,
        **({"lastLogin": iso(numbers.last_login_at)} if numbers.last_login_at else {}),
        **({"lastMessageSentAt": iso(last)} if last else {}),
        "integrations": _integrations(services),
        "os": machine.operating_system(),
        "process": {**machine.process(now), "pythonVersion": platform.python_version()},
        "database": ws.db.kind,
        "createdAt": iso(now),
        "_updatedAt": iso(now),
    }


def _users(numbers: Numbers) -> dict[str, int]:
    users = numbers.users
    active = users.get(("user", True), 0)
    there = {status: numbers.presences.get(status, 0) for status in ("online", "away", "busy")}
    connected = sum(there.values())
    return {
        "totalUsers": sum(users.values()),
        "activeUsers": active,
        "nonActiveUsers": sum(count for (_, is_active), count in users.items() if not is_active),
        "appUsers": sum(users.get(("app", is_active), 0) for is_active in (True, False)),
        "botUsers": sum(users.get(("bot", is_active), 0) for is_active in (True, False)),
        **{f"{status}Users": count for status, count in there.items()},
        "totalConnectedUsers": connected,
        "offlineUsers": max(sum(users.values()) - connected, 0),
    }


def _rooms(numbers: Numbers) -> dict[str, int]:
    def of(field: str, kind: str) -> int:
        found = (one for one in numbers.rooms if one.type == kind and not one.discussions)
        return sum(getattr(one, field) for one in found)

    discussions = [one for one in numbers.rooms if one.discussions]
    return {
        "totalRooms": sum(one.rooms for one in numbers.rooms),
        "totalChannels": of("rooms", "c"),
        "totalPrivateGroups": of("rooms", "p"),
        "totalDirect": of("rooms", "d"),
        "totalDiscussions": sum(one.rooms for one in discussions),
        "totalChannelMessages": of("messages", "c"),
        "totalPrivateGroupMessages": of("messages", "p"),
        "totalDirectMessages": of("messages", "d"),
        "totalDiscussionsMessages": sum(one.messages for one in discussions),
    }


def _integrations(services: Services) -> dict[str, int]:
    incoming = [one for one in services.integrations.all() if one.is_incoming]
    outgoing = [one for one in services.integrations.all() if not one.is_incoming]
    return {
        "totalIntegrations": len(incoming) + len(outgoing),
        "totalIncoming": len(incoming),
        "totalIncomingActive": sum(one.enabled for one in incoming),
        "totalOutgoing": len(outgoing),
        "totalOutgoingActive": sum(one.enabled for one in outgoing),
        "totalWithScriptEnabled": sum(one.script_enabled for one in (*incoming, *outgoing)),
    }
