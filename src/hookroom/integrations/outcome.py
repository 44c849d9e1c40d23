"""What follows from a call, all in one transaction.

The attempt, the delivery's new state, the message posted from the receiver's answer with the deliveries that
this message causes, and the end of the integration if the receiver is gone for good.
"""

from __future__ import annotations

import random
from typing import Final

import structlog
from msgspec import Struct
from msgspec.structs import replace

from hookroom.delivery.exchange import OutgoingResponse
from hookroom.errors import Failure, HookFailure, Refused
from hookroom.integrations.answer import post_answer
from hookroom.integrations.receive import bare
from hookroom.integrations.registry import DISABLED, Registry
from hookroom.rules.answers import posted
from hookroom.rules.model import Integration
from hookroom.rules.retries import Outcome, Retry, decide, policy_of
from hookroom.storage.statement import Changes
from hookroom.storage.tables import attempts, deliveries, integrations
from hookroom.storage.tables.attempts import Attempt
from hookroom.storage.tables.deliveries import Delivery, Progress
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

REMOVED: Final = "The integration was removed."
URL_TAKEN_OUT: Final = "The integration does not call this URL any longer."


class Called(Struct, frozen=True):
    """A call that was made: its record, what the retry rules see of it, and the answer, if one came."""

    attempt: Attempt
    outcome: Outcome
    response: OutgoingResponse | None


async def current(ws: Workspace, registry: Registry, delivery: Delivery) -> Integration | None:
    """The integration of a delivery; one that another node just made may not have been heard of here."""
    return registry.get(delivery.integration_id) or await integrations.by_id(ws.db, delivery.integration_id)


def why_not(integration: Integration | None, delivery: Delivery) -> str | None:
    """Why no (further) call may be made, if so."""
    if integration is None:
        return REMOVED
    if not integration.enabled:
        return DISABLED
    return None if delivery.url in (integration.urls or ()) else URL_TAKEN_OUT


async def settle(
    ws: Workspace, registry: Registry, changes: Changes, delivery: Delivery, called: Called
) -> int | None:
    """Add to ``changes`` what follows from a call.

    Answers when to look at the delivery again (epoch milliseconds), ``None`` when it has ended.
    """
    now = ws.now()
    integration = await current(ws, registry, delivery)
    if integration is None:
        # The history went with it; should the delivery still be there, the next look ends it.
        return now
    number = called.attempt.number
    decision = decide(policy_of(integration), number, called.outcome, now, random.random())  # noqa: S311
    attempts.insert(changes, called.attempt)
    if isinstance(decision, Retry):
        if (reason := why_not(integration, delivery)) is not None:
            progress = Progress(step="cancelled", error=True, error_stack=reason)
            deliveries.finish(changes, delivery, "cancelled", progress, now, attempts=number)
            return None
        progress = Progress(step=decision.step, error=True, error_stack=_reason(called.attempt))
        deliveries.wait(changes, delivery, decision.at_ms, progress, now, attempts=number)
        return decision.at_ms
    if decision.state == "succeeded":
        progress = await _answered(ws, changes, delivery, integration, called, decision.step)
        deliveries.finish(changes, delivery, "succeeded", progress, now, attempts=number)
        return None
    if decision.state == "gone":
        await _disable(ws, registry, changes, integration)
    progress = Progress(step=decision.step, error=True, error_stack=decision.reason)
    deliveries.finish(changes, delivery, "failed", progress, now, attempts=number)
    return None


async def _answered(
    ws: Workspace,
    changes: Changes,
    delivery: Delivery,
    integration: Integration,
    called: Called,
    step: str,
) -> Progress:
    """Post the receiver's answer, if it is a message and the integration was not disabled meanwhile."""
    response = called.response
    assert response is not None
    content = posted(response.status, response.headers.get("content-type"), response.body)
    if content is None or not integration.enabled:
        return Progress(step=step)
    try:
        result = await post_answer(ws, changes, integration, delivery.event, content)
    except (Refused, Failure, HookFailure) as error:
        return Progress(step="after-http-call-send-message-failed", error=True, error_stack=bare(error))
    return Progress(step="url-response-sent-message", result_message=result)


async def _disable(ws: Workspace, registry: Registry, changes: Changes, integration: Integration) -> None:
    stored = await integrations.by_id(ws.db, integration.id)
    if stored is not None and stored.enabled:
        stamp = ws.stamp(stored.updated_at)
        registry.update(changes, stored, replace(stored, enabled=False, updated_at=stamp))


def _reason(attempt: Attempt) -> str:
    return attempt.error if attempt.error is not None else f"HTTP {attempt.status}"


def tell(delivery: Delivery, attempt: Attempt, again: int | None) -> None:
    """One log line for each attempt."""
    line = log.debug if attempt.status is not None and attempt.status < 300 else log.info
    line(
        "delivery attempted",
        delivery=delivery.id,
        integration=delivery.integration_id,
        receiver=delivery.lane,
        attempt=attempt.number,
        status=attempt.status,
        error=attempt.error,
        ms=attempt.duration_ms,
        again_at=again,
    )
