"""Subscribing to messages and unsubscribing, as Zapier-style services do (contract, section 3, last row).

A subscription is an outgoing integration like any other: its user needs the permissions to manage these.
"""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Failure
from hookroom.integrations import manage_outgoing, removal
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.rules.integration_fields import OUTGOING, Body
from hookroom.rules.model import Integration, User
from hookroom.workspace.workspace import Workspace

POSTER: Final = "rocket.cat"
"""Who posts what a subscriber answers."""

USERNAME_REQUIRED: Final = "username-required"
NOT_FOUND: Final = "integration-not-found"


async def subscribe(
    ws: Workspace, registry: Registry, host: ScriptHost, user: User, body: Body
) -> Integration:
    """Create the outgoing integration that ``body`` (of ``hooks/add``) asks for.

    ``newMessageOnChannel`` listens to ``data.channel_name``, ``newMessageToUser`` to ``data.username``.
    Raises ``Failure`` without a user name, and what creating an outgoing integration raises.
    """
    data = body.get("data", {})
    wanted: dict[str, Any] = {
        "type": OUTGOING,
        "name": body["name"],
        "enabled": True,
        "username": POSTER,
        "event": "sendMessage",
        "channel": _channel(body["event"], data),
        "urls": [body["target_url"]],
        "scriptEnabled": False,
        "script": "",
    }
    if "trigger_words" in data:
        wanted["triggerWords"] = data["trigger_words"]
    return await manage_outgoing.create(ws, registry, host, user, wanted)


async def unsubscribe(ws: Workspace, registry: Registry, user: User, target_url: str) -> None:
    """Remove the outgoing integration that calls ``target_url``, the oldest of several.

    Raises ``Failure`` when there is none, ``Refused`` when it is not the user's to remove.
    """
    found = registry.calling(target_url)
    if found is None:
        raise Failure(NOT_FOUND)
    await removal.remove_outgoing(ws, registry, user, {"integrationId": found.id})


def _channel(event: str, data: Body) -> str:
    if event == "newMessageOnChannel":
        return _prefixed("#", data.get("channel_name", ""))
    username = _prefixed("@", data.get("username", ""))
    if not username:
        raise Failure(USERNAME_REQUIRED)
    return username


def _prefixed(prefix: str, name: str) -> str:
    name = name.strip()
    return name if not name or name.startswith(prefix) else prefix + name
