"""The request of a delivery as it is without a script (contract, section 4, "The request")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from hookroom.delivery.exchange import OutgoingRequest
from hookroom.rules.model import Email, Integration
from hookroom.rules.outgoing_payload import payload
from hookroom.rules.script_results import ToSend
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.workspace import Workspace

WEBHOOK_ID: Final = "webhook-id"
"""The header that is the same with every attempt of a delivery."""

_encode: Final = msgspec.json.Encoder().encode


async def told(ws: Workspace, integration: Integration, delivery: Delivery) -> dict[str, Any]:
    """What the receiver of ``delivery`` is told, as the integration is now."""
    data = delivery.event.data
    return payload(integration, data, delivery.trigger_word, await _emails(ws, integration, data))


def plain(delivery: Delivery, data: Mapping[str, Any]) -> OutgoingRequest:
    """The request that tells ``data``."""
    return OutgoingRequest(
        url=delivery.url,
        headers=(("Content-Type", "application/json"), (WEBHOOK_ID, delivery.id)),
        body=_encode(data),
    )


def scripted(delivery: Delivery, wanted: ToSend) -> OutgoingRequest:
    """The request that a script wants to be sent."""
    headers = [(name, value) for name, value in wanted.headers if name.lower() != WEBHOOK_ID]
    return OutgoingRequest(
        url=wanted.url,
        method=wanted.method,
        headers=(*headers, (WEBHOOK_ID, delivery.id)),
        body=wanted.body,
        timeout_s=wanted.timeout_s,
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
