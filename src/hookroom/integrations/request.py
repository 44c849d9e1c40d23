"""The request of a delivery (contract, section 4, "The request")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from hookroom.delivery.exchange import OutgoingRequest
from hookroom.rules.model import Email, Integration
from hookroom.rules.outgoing_payload import payload
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.workspace import Workspace

NO_SCRIPTS: Final = "scripts are not available on this server yet"
"""A script decides what is sent, and whether: without it nothing may be."""

_encode: Final = msgspec.json.Encoder().encode


class NotCalled(Struct, frozen=True):
    """Nothing is sent; ``step`` and ``reason`` are for the history."""

    step: str
    reason: str


async def prepare(ws: Workspace, integration: Integration, delivery: Delivery) -> OutgoingRequest | NotCalled:
    """What to send to ``delivery.url``: the same id with every attempt, the rest as the integration is now."""
    if integration.script_enabled and (integration.script or "").strip():
        return NotCalled("execute-script-getting-script", NO_SCRIPTS)
    data = delivery.event.data
    body = payload(integration, data, delivery.trigger_word, await _emails(ws, integration, data))
    return OutgoingRequest(
        url=delivery.url,
        headers=(("Content-Type", "application/json"), ("webhook-id", delivery.id)),
        body=_encode(body),
    )


async def _emails(
    ws: Workspace, integration: Integration, data: Mapping[str, Any]
) -> Mapping[str, Sequence[Email]]:
    """The e-mails of the users in ``data``, if the integration's creator may see them."""
    ids = [data[key]["_id"] for key in ("user", "owner") if key in data]
    if not ids:
        return {}
    creator = await ws.directory.user(integration.created_by.id)
    if creator is None or not ws.authority.allows("view-full-other-user-info", creator):
        return {}
    users = [await ws.directory.user(user_id) for user_id in ids]
    return {user.id: user.emails for user in users if user is not None}
