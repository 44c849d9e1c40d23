"""Outgoing webhooks as the tests set them up, and what they look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from tests.receivers import PATIENCE_S, Receiver
from tests.running import Api, unique

T = TypeVar("T")

RETRYING: Final[Mapping[str, Any]] = {
    "retryFailedCalls": True,
    "retryCount": 10,
    "retryDelay": "powers-of-ten",
}
"""Of an integration: it calls again after 0.1 s, 1 s, 10 s, ..."""


def until(look: Callable[[], T | None], what: str, timeout_s: float = PATIENCE_S) -> T:
    """What ``look`` answers, once that is true."""
    end = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < end, f"no {what} within {timeout_s:g} s"
        time.sleep(0.02)
    return seen


def outgoing(api: Api, receiver: Receiver | str, channel: str = "#general", **fields: Any) -> Any:
    """Create an outgoing webhook that tells ``receiver`` of messages in ``channel``; answers it."""
    url = receiver if isinstance(receiver, str) else receiver.url
    body = {
        "type": "webhook-outgoing",
        "name": unique("hook"),
        "enabled": True,
        "username": "rocket.cat",
        "event": "sendMessage",
        "channel": channel,
        "urls": [url],
        "scriptEnabled": False,
        "token": "outgoing-token",
        **fields,
    }
    return api.post("integrations.create", **body)["integration"]


def change(api: Api, integration: Any, **fields: Any) -> Any:
    """Update an outgoing webhook; what is not named stays."""
    body = {
        key: integration[key]
        for key in ("type", "name", "enabled", "username", "event", "urls", "scriptEnabled", "token")
    }
    body |= {"channel": ",".join(integration["channel"]), "integrationId": integration["_id"], **fields}
    return api.put("integrations.update", **body)["integration"]


def channel(room: Any) -> str:
    """A room as integrations name it."""
    return f"#{room['name']}"


def say(api: Api, text: str, channel: str = "#general") -> Any:
    """Post a message; answers it."""
    return api.post("chat.postMessage", channel=channel, text=text)["message"]


def history(api: Api, integration: Any, **query: Any) -> list[Any]:
    """What an integration did, newest first."""
    entries: list[Any] = api.get("integrations.history", id=integration["_id"], **query)["history"]
    return entries


def finished(api: Api, integration: Any, count: int = 1, timeout_s: float = PATIENCE_S) -> list[Any]:
    """``history``, once it has ``count`` entries that have ended."""

    def look() -> list[Any] | None:
        entries = history(api, integration)
        return entries if len([one for one in entries if one["finished"]]) >= count else None

    return until(look, f"{count} finished deliveries", timeout_s)


def texts(api: Api, room_id: str = "GENERAL") -> list[str]:
    """The messages of a public channel, newest first."""
    found = api.get("channels.messages", roomId=room_id, count=100)["messages"]
    return [message["msg"] for message in found]


def told(receiver: Receiver) -> list[str]:
    """The texts of the messages that a receiver was told of, in the order in which the calls came."""
    return [request.json()["text"] for request in receiver.requests]
