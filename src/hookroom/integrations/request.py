"""The request of a delivery as it is without a script (contract, section 4, "The request")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from hookroom.delivery.exchange import OutgoingRequest
from hookroom.rules.model import Email, Integration
from hookroom.rules.outgoing_payload import payload
from hookroom.rules.script_results import ToSend
from hookroom.rules.signatures import HEADERS, ID_HEADER
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.workspace import Workspace

_encode: Final = msgspec.json.Encoder().encode


async def told(ws: Workspace, integration: Integration, delivery: Delivery) -> dict[str, Any]:
    """What the receiver of ``delivery`` is told, as the integration is now."""
    data = delivery.event.data
    return payload(integration, data, delivery.trigger_word, await _emails(ws, integration, data))


def plain(delivery: Delivery, data: Mapping[str, Any]) -> OutgoingRequest:
    """The request that tells ``data``."""
    return OutgoingRequest(
        url=delivery.url,
        headers=(("Content-Type", "application/json"), (ID_HEADER, delivery.id)),
        body=_encode(data),
    )


def scripted(delivery: Delivery, wanted: ToSend) -> OutgoingRequest:
    """The request that a script wants to be sent. What the headers of Standard Webhooks say is not its to set."""
    return OutgoingRequest(
        url=wanted.url,
        method=wanted.method,
        headers=(*without_webhook_headers(wanted.headers), (ID_HEADER, delivery.id)),
        body=wanted.body,
        timeout_s=wanted.timeout_s,
    )


def without_webhook_headers(headers: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """``headers`` without those of Standard Webhooks, however they are written.

    With an underscore too: many receivers take ``webhook_id`` for the same name (CGI, WSGI).
    """
    return [(name, value) for name, value in headers if name.lower().replace("_", "-") not in HEADERS]


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
