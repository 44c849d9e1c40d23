"""What follows from a call, all in one transaction.

The attempt, the delivery's new state, the message posted from the receiver's answer with the deliveries that
this message causes, and the end of the integration if the receiver is gone for good.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from msgspec import Struct
from msgspec.structs import replace

from hookroom.delivery.exchange import OutgoingResponse
from hookroom.delivery.lane import host_of
from hookroom.delivery.turns import Found
from hookroom.errors import Failure, HookFailure, Refused
from hookroom.integrations.answer import post_answer
from hookroom.integrations.health import Health
from hookroom.integrations.receive import bare
from hookroom.integrations.registry import DISABLED, Registry
from hookroom.integrations.script_notes import stack_of
from hookroom.integrations.switching_off import failing_too_long, gone, switch_off
from hookroom.rules.answers import posted
from hookroom.rules.model import Integration
from hookroom.rules.retries import (
    Answered,
    Finished,
    Outcome,
    RetryDecision,
    decide,
    is_down,
    policy_of,
)
from hookroom.rules.script_results import Content, Default, Processed, Wrong
from hookroom.storage.statement import Changes
from hookroom.storage.tables import attempts, deliveries, integrations
from hookroom.storage.tables.attempts import Attempt
from hookroom.storage.tables.deliveries import Delivery, Progress
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

REMOVED: Final = "The integration was removed."
URL_TAKEN_OUT: Final = "The integration does not call this URL any longer."


class Called(Struct, frozen=True, kw_only=True):
    """A call that was made: its record, what the retry rules see of it, and the answer, if one came.

    ``processed`` is what a script made of the answer. Where a script kept the call from being made, ``step`` is
    the history's name for that, should it be the end.
    """

    attempt: Attempt
    outcome: Outcome
    response: OutgoingResponse | None
    processed: Processed = Default()
    ran_prepare: bool = False
    step: str | None = None


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


def further(delivery: Delivery, step: str, *, error: str | None = None, **fields: Any) -> Progress:
    """The progress of ``delivery`` at ``step``; what became of a prepared message stays in it.

    With an ``error`` it is one; a prepared message that was refused is one as well.
    """
    told = [one for one in (error, delivery.progress.message_refused) if one is not None]
    return replace(
        delivery.progress,
        step=step,
        error=bool(told),
        error_stack="\n".join(told) or None,
        **{"result_message": None, "processed_message": None, **fields},
    )


async def settle(
    ws: Workspace,
    registry: Registry,
    health: Health,
    changes: Changes,
    delivery: Delivery,
    called: Called,
) -> int | None:
    """Add to ``changes`` what follows from a call.

    Answers when to look at the delivery again (epoch milliseconds), ``None`` when it has ended.
    """
    integration = await current(ws, registry, delivery)
    if integration is None:
        # The history went with it; should the delivery still be there, the next look ends it.
        return ws.now()
    if called.ran_prepare:
        delivery = replace(delivery, progress=replace(delivery.progress, ran_prepare=True))
    attempts.insert(changes, called.attempt)
    return await _Settling(ws, registry, health, changes, delivery, integration, called).settle()


@dataclass(slots=True, frozen=True)
class _Settling:
    ws: Workspace
    registry: Registry
    health: Health
    changes: Changes
    delivery: Delivery
    integration: Integration
    called: Called

    async def settle(self) -> int | None:
        now, called, integration = self.ws.now(), self.called, self.integration
        if not isinstance(called.processed, Default):
            self._end(
                "succeeded", await _processed(self.ws, self.changes, self.delivery, integration, called)
            )
            return None
        decision = decide(
            policy_of(integration),
            called.attempt.number,
            called.outcome,
            now,
            random.random(),  # noqa: S311 - no secret
        )
        if isinstance(decision, Finished) and decision.state == "succeeded":
            self._end(
                "succeeded",
                await _answered(self.ws, self.changes, self.delivery, integration, called, decision.step),
            )
            return None
        off = await self._switched_off(decision)
        if isinstance(decision, Finished):
            progress = further(self.delivery, called.step or decision.step, error=_reason(called))
            self._end("dead" if decision.state == "dead" else "failed", progress)
            return None
        if (reason := DISABLED if off else why_not(integration, self.delivery)) is not None:
            self._end("cancelled", further(self.delivery, "cancelled", error=reason))
            return None
        progress = further(self.delivery, decision.step, error=_reason(called))
        deliveries.wait(
            self.changes,
            self.delivery,
            decision.at_ms,
            progress,
            now,
            attempts=called.attempt.number,
            status=called.attempt.status,
        )
        return decision.at_ms

    def _end(self, state: deliveries.End, progress: Progress) -> None:
        attempt = self.called.attempt
        if state == "succeeded":
            self.health.succeeded(self.changes, self.integration.id)
        deliveries.finish(
            self.changes,
            self.delivery,
            state,
            progress,
            self.ws.now(),
            attempts=attempt.number,
            status=attempt.status,
        )

    async def _switched_off(self, decision: RetryDecision) -> bool:
        """Switch the integration off when its receiver wants that, or it failed for too long."""
        integration, health = self.integration, self.health
        if isinstance(decision, Finished) and decision.state == "gone":
            reason = gone(host_of(self.delivery.url))
        elif integration.enabled and await health.failed(self.changes, integration.id):
            reason = failing_too_long(health.longest_ms)
        else:
            return False
        health.succeeded(self.changes, integration.id)
        depth = self.delivery.event.depth + 1
        await switch_off(self.ws, self.registry, self.changes, integration, reason, depth)
        return True


async def _processed(
    ws: Workspace, changes: Changes, delivery: Delivery, integration: Integration, called: Called
) -> Progress:
    """Post what the script made of the answer; that ends the delivery, whatever the status."""
    match called.processed:
        case Content(content=content) if integration.enabled:
            result, refused = await posted_or_refused(ws, changes, integration, delivery, content)
            if refused is None:
                return further(delivery, "after-process-send-message", processed_message=result)
            return further(delivery, "after-process-send-message-failed", error=refused)
        case Wrong(reason):
            return further(delivery, "after-process-send-message-failed", error=reason)
        case _:
            return further(delivery, "after-process-false-result")


async def posted_or_refused(
    ws: Workspace,
    changes: Changes,
    integration: Integration,
    delivery: Delivery,
    content: Mapping[str, Any],
) -> tuple[list[dict[str, Any]] | None, str | None]:
    """Add the message that a receiver or a script wants to be posted; what was posted, or why it was refused."""
    try:
        return await post_answer(ws, changes, integration, delivery.event, content), None
    except (Refused, Failure, HookFailure) as error:
        return None, bare(error)


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
    noted = _noted(called)
    content = posted(response.status, response.headers.get("content-type"), response.body)
    if content is None or not integration.enabled:
        return further(delivery, step, error=noted)
    result, refused = await posted_or_refused(ws, changes, integration, delivery, content)
    if refused is not None:
        return further(delivery, "after-http-call-send-message-failed", error=refused)
    return further(delivery, "url-response-sent-message", error=noted, result_message=result)


def found(called: Called) -> Found | None:
    """What a call told of its receiver: nothing when none was made."""
    if called.attempt.request is None:
        return None
    if is_down(called.outcome):
        return "down"
    return "up" if isinstance(called.outcome, Answered) else None


def _reason(called: Called) -> str:
    attempt = called.attempt
    noted = _noted(called)
    if attempt.request is None and noted is not None:
        return noted
    reason = attempt.error if attempt.error is not None else f"HTTP {attempt.status}"
    return reason if noted is None else f"{reason}\n{noted}"


def _noted(called: Called) -> str | None:
    """What went wrong in the script, if anything."""
    return "\n".join(stack_of(one) for one in called.attempt.failures) or None


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
