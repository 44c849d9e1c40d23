"""Every listing refuses what it does not know, and pages as the others do (contract, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from tests.running import Api, unique

from hookroom.rest.answers.table import answers

_ROOM: Final = {"roomId": "ROOM"}
_GROUP: Final = {"roomId": "GROUP"}
_DIRECT: Final = {"roomId": "DIRECT"}
_ME: Final = {"userId": "ME"}

NEEDED: Final[Mapping[str, Mapping[str, str]]] = {
    "roles.getUsersInRole": {"role": "admin"},
    "chat.getPinnedMessages": _ROOM,
    "chat.getStarredMessages": _ROOM,
    "chat.getMentionedMessages": _ROOM,
    "chat.getDeletedMessages": {**_ROOM, "since": "2020-01-01T00:00:00.000Z"},
    "chat.getThreadsList": {"rid": "ROOM"},
    "chat.getThreadMessages": {"tmid": "MESSAGE"},
    "chat.getDiscussions": _ROOM,
    "rooms.getDiscussions": _ROOM,
    "rooms.images": _ROOM,
    "rooms.membersOrderedByRole": _ROOM,
    "channels.messages": _ROOM,
    "channels.members": _ROOM,
    "channels.files": _ROOM,
    "channels.getAllUserMentionsByChannel": _ROOM,
    "channels.getIntegrations": _ROOM,
    "groups.messages": _GROUP,
    "groups.members": _GROUP,
    "groups.files": _GROUP,
    "groups.getIntegrations": _GROUP,
    "im.messages": _DIRECT,
    "im.members": _DIRECT,
    "im.files": _DIRECT,
    "integrations.history": {"id": "HOOK"},
    "integrations.calls": {"integrationId": "HOOK"},
    "moderation.reports": {"msgId": "MESSAGE"},
    "moderation.user.reportedMessages": _ME,
    "moderation.user.reportsByUserId": _ME,
    "teams.members": {"teamId": "TEAM"},
    "teams.listRooms": {"teamId": "TEAM"},
    "teams.listRoomsOfUser": {"teamId": "TEAM", **_ME},
    "teams.listChildren": {"teamId": "TEAM"},
}
"""What a listing needs besides; capitals stand for the ids of ``ids``."""

ELSEWHERE: Final = {
    "directory": "its query is a text and a kind, as older clients send them: test_spotlight.py",
    "channels.anonymousread": "needs a setting: test_reading_of_others.py",
    "im.messages.others": "needs a setting: test_reading_of_others.py",
    "rooms.autocomplete.channelAndPrivate.withPagination": "answers total alone, as the original",
}


def listings() -> list[str]:
    """Paths of all routes that answer a ``total``; ``dm.*`` are other names of ``im.*``."""
    found = {
        path
        for (method, path), schema in answers().items()
        if method == "GET" and "total" in schema["properties"] and not path.startswith("dm.")
    }
    return sorted(found - ELSEWHERE.keys())


@pytest.fixture(scope="module")
def ids(admin: Api) -> dict[str, str]:
    """Something of each kind."""
    room = admin.new_channel()
    other = admin.new_user().username()
    hook: dict[str, Any] = {"type": "webhook-outgoing", "event": "sendMessage", "channel": "#general"}
    hook |= {"name": "listed", "enabled": False, "username": "rocket.cat", "scriptEnabled": False}
    return {
        "ROOM": room["_id"],
        "GROUP": admin.post("groups.create", name=unique("group"))["group"]["_id"],
        "DIRECT": admin.post("im.create", username=other)["room"]["_id"],
        "MESSAGE": admin.post("chat.postMessage", roomId=room["_id"], text="x")["message"]["_id"],
        "TEAM": admin.post("teams.create", name=unique("team"), type=0)["team"]["_id"],
        "HOOK": admin.post("integrations.create", **hook, urls=["http://127.0.0.1:9/"])["integration"]["_id"],
        "ME": admin.user_id,
    }


@pytest.mark.parametrize("path", listings())
def test_a_listing(admin: Api, ids: dict[str, str], path: str) -> None:
    needed = {name: ids.get(value, value) for name, value in NEEDED.get(path, {}).items()}
    page = admin.get(path, **needed, count=1, offset=1000)
    assert (page["count"], page["offset"]) == (0, 1000)
    assert isinstance(page["total"], int)
    for name, value in (
        ("sort", '{"none": 1}'),
        ("fields", '{"none": 1}'),
        ("query", '{"_id": {"$where": "1"}}'),
        ("count", "-1"),
    ):
        answer = admin.refused("GET", path, params={**needed, name: value})
        assert answer["errorType"] in ("invalid-params", f"error-invalid-{name}"), path
