"""What an outgoing integration did: reading it, clearing it, doing it again (contract, section 4, "History")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from hookroom.errors import Refused
from hookroom.integrations.checks import check_managed, check_permission
from hookroom.integrations.firing import Firing
from hookroom.integrations.registry import Registry
from hookroom.integrations.visibility import manages
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.model import Integration, User
from hookroom.rules.outgoing_payload import payload
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import attempts, deliveries, delivery_history
from hookroom.storage.tables.attempts import Attempt
from hookroom.storage.tables.delivery_history import Entry
from hookroom.workspace.workspace import Workspace

TYPE: Final = "outgoing-webhook"

FIELDS: Final = (
    *(
        "_id",
        "type",
        "step",
        "state",
        "integration",
        "event",
        "_createdAt",
        "_updatedAt",
        "data",
        "triggerWord",
    ),
    *("ranPrepareScript", "prepareSentMessage", "processSentMessage", "resultMessage", "finished"),
    *("url", "httpCallData", "httpError", "httpResult"),
    *("error", "errorStack", "nextAttemptAt", "attempts"),
)
"""Names of an entry's fields."""

_CLEAR: Final = "clearIntegrationHistory"
_REPLAY: Final = "replayOutgoingIntegration"
_BULKY: Final = ("script", "scriptCompiled")


async def page(
    ws: Workspace,
    registry: Registry,
    caller: User,
    integration_id: str,
    *,
    count: int,
    offset: int,
    order: Literal["ASC", "DESC"] = "DESC",
) -> tuple[Sequence[dict[str, Any]], int]:
    """Entries of an integration as clients read them, by ``_updatedAt``, and how many there are.

    An integration that is not there, or not the caller's to see, has none.
    """
    integration = registry.get(integration_id)
    if integration is None or not manages(ws, caller, integration):
        return [], 0
    total = await delivery_history.total(ws.db, integration_id)
    entries = await delivery_history.page(ws.db, integration_id, count=count, offset=offset, order=order)
    if not entries:
        return [], total
    times = [entry.updated_at for entry in entries]
    made: dict[str, list[Attempt]] = {}
    for attempt in await attempts.of_span(ws.db, integration_id, min(times), max(times)):
        made.setdefault(attempt.delivery_id, []).append(attempt)
    shown = _integration(integration)
    return [_document(entry, integration, shown, made.get(entry.id, [])) for entry in entries], total


async def clear(ws: Workspace, registry: Registry, caller: User, integration_id: str) -> None:
    """Forget what an integration did; what it still has to deliver stays.

    Raises ``Refused``: ``not_authorized``, ``error-invalid-integration``.
    """
    integration = _managed(ws, registry, caller, integration_id, _CLEAR)
    changes = Changes()
    deliveries.clear(changes, integration.id)
    await ws.db.commit(changes)


async def replay(
    ws: Workspace, registry: Registry, firing: Firing, caller: User, integration_id: str, entry_id: str
) -> None:
    """Tell the URL of an entry of its event once more, with the data it had; the new delivery has its own entry.

    Nothing happens while the integration is disabled. Raises ``Refused``: ``not_authorized``,
    ``error-invalid-integration``, ``integration-type-must-be-outgoing``, ``error-invalid-integration-history``.
    """
    integration = _managed(ws, registry, caller, integration_id, _REPLAY)
    if integration.is_incoming:
        raise Refused(
            "integration-type-must-be-outgoing",
            "The integration type to replay must be an outgoing webhook.",
            method=_REPLAY,
        )
    entry = await delivery_history.one(ws.db, integration.id, entry_id)
    if entry is None:
        raise Refused("error-invalid-integration-history", "Invalid Integration History", method=_REPLAY)
    if not integration.enabled:
        return
    changes = Changes()
    firing.again(changes, entry.event, integration, entry.url, entry.trigger_word, ws.now())
    await ws.db.commit(changes)


def _managed(
    ws: Workspace, registry: Registry, caller: User, integration_id: str, method: str
) -> Integration:
    check_permission(ws, caller, "outgoing", method)
    integration = registry.get(integration_id)
    if integration is None:
        raise Refused("error-invalid-integration", "Invalid integration", method=method)
    check_managed(ws, caller, integration, method)
    return integration


def _integration(integration: Integration) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(integration))
    for key in _BULKY:
        document.pop(key, None)
    return document


def _document(
    entry: Entry, integration: Integration, shown: dict[str, Any], made: Sequence[Attempt]
) -> dict[str, Any]:
    progress = entry.progress
    document: dict[str, Any] = {
        "_id": entry.id,
        "type": TYPE,
        "step": progress.step,
        "integration": shown,
        "event": entry.event.name,
        "_createdAt": iso(entry.created_at),
        "_updatedAt": iso(entry.updated_at),
        "data": payload(integration, entry.event.data, entry.trigger_word),
        "ranPrepareScript": progress.ran_prepare,
        "finished": entry.state not in ("pending", "waiting"),
        "url": entry.url,
        "error": progress.error,
        "state": entry.state,
        "attempts": [_attempt(one) for one in made],
    }
    if entry.trigger_word is not None:
        document["triggerWord"] = entry.trigger_word
    if progress.error_stack is not None:
        document["errorStack"] = progress.error_stack
    posted = {
        "prepareSentMessage": progress.prepared_message,
        "processSentMessage": progress.processed_message,
        "resultMessage": progress.result_message,
    }
    document |= {name: messages for name, messages in posted.items() if messages is not None}
    if entry.state == "waiting":
        document["nextAttemptAt"] = iso(entry.next_at)
    calls = [(attempt, attempt.request) for attempt in made if attempt.request is not None]
    if calls:
        last, request = calls[-1]
        document["httpCallData"] = document["data"] if request.body is None else _body(request.body)
        document["httpResult"] = last.response.body if last.response is not None else None
        if last.error is not None:
            document["httpError"] = {"message": last.error}
        if request.body is not None:
            document["url"] = request.url
    return document


def _body(text: str) -> Any:
    """What a script sent: data, or a text where it is none, or is cut."""
    try:
        return read_json(text)
    except NotJson:
        return text


def _attempt(attempt: Attempt) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "number": attempt.number,
        "startedAt": iso(attempt.started_at),
        "durationMs": attempt.duration_ms,
    }
    for name, value in (
        ("status", attempt.status),
        ("request", attempt.request),
        ("response", attempt.response),
        ("error", attempt.error),
        ("console", attempt.console or None),
        ("scriptErrors", attempt.failures or None),
    ):
        if value is not None:
            shown[name] = msgspec.to_builtins(value)
    return shown
