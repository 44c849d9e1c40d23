"""Channels and groups in tests that hold for both."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests.running import Api, unique


class Kind(NamedTuple):
    """A kind of room: the prefix of its endpoints, its key in answers, its ``t``, and its noun."""

    prefix: str
    one: str
    type: str
    noun: str

    def path(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def create(self, api: Api, **fields: Any) -> Any:
        """A new room of ``api``'s."""
        return api.post(self.path("create"), **{"name": unique("room"), **fields})[self.one]

    def info(self, api: Api, room: Any) -> Any:
        return api.get(self.path("info"), roomId=room["_id"])[self.one]


_people: dict[tuple[str, int], Api] = {}


def person(admin: Api, number: int = 0) -> Api:
    """An ordinary user whom tests share, for rooms that a test makes itself. Making users takes long."""
    if (admin.url, number) not in _people:
        _people[admin.url, number] = admin.new_user()
    return _people[admin.url, number]


CHANNEL = Kind("channels", "channel", "c", "channel")
GROUP = Kind("groups", "group", "p", "private group")

both_kinds = pytest.mark.parametrize("kind", [CHANNEL, GROUP], ids=["channels", "groups"])


def said(api: Api, kind: Kind, room: Any) -> list[tuple[str, str, str]]:
    """The system messages of a room, oldest first: type, text, and who."""
    messages = api.get(kind.path("messages"), roomId=room["_id"])["messages"]
    return [(m["t"], m["msg"], m["u"]["username"]) for m in reversed(messages) if "t" in m]
