"""One attempt of a delivery whose integration has a script (contract, section 5).

::

    prepare_outgoing_request ─┬─▶ throws, does not load ────────▶ failed; nobody is called
                              ├─▶ cannot run at the moment ─────▶ as if the receiver could not be reached
                              ├─▶ nothing ──────────────────────▶ succeeded; nobody is called
                              ├─▶ a message ────────────────────▶ posted; succeeded
                              └─▶ a request, a message before it
                                     │ posted, once and for all attempts
                                     ▼
                                   the call ─── an answer ──▶ process_outgoing_response ─┬─▶ content: posted
                                     │                                                   ├─▶ false: nothing
                                     ▼                                                   ▼
                                  no answer ───────────────────────────────────────▶ as without a script
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec.structs import replace

from hookroom.delivery.dispatcher import Answered
from hookroom.integrations.calling import Caller, write
from hookroom.integrations.health import Health
from hookroom.integrations.outcome import (
    Called,
    current,
    further,
    posted_or_refused,
    settle,
    tell,
    why_not,
)
from hookroom.integrations.outgoing_script import (
    PREPARE,
    Before,
    NotPrepared,
    OutgoingScripts,
    TooBusy,
)
from hookroom.integrations.registry import Registry
from hookroom.integrations.request import scripted, told
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.script_notes import wrong_result
from hookroom.rules import retries
from hookroom.rules.model import Integration
from hookroom.rules.script_results import Nothing, Prepared, ToSend, Wrong
from hookroom.storage.statement import Changes
from hookroom.storage.tables import attempts, deliveries
from hookroom.storage.tables.attempts import Attempt
from hookroom.storage.tables.deliveries import Delivery, Progress
from hookroom.storage.tables.script_notes import ScriptFailure
from hookroom.workspace.workspace import Workspace

BUSY_MS: Final = 1000
"""When there is no room for a script, its delivery waits for so long, and up to as much again."""

Message = Mapping[str, Any] | Wrong
"""A message that a script wants to be posted."""


class ScriptedAttempts:
    """Makes the attempts of integrations with scripts."""

    def __init__(
        self, ws: Workspace, registry: Registry, health: Health, caller: Caller, host: ScriptHost
    ) -> None:
        self._ws = ws
        self._health = health
        self._registry = registry
        self._caller = caller
        self._scripts = OutgoingScripts(host)

    async def attempt(self, integration: Integration, delivery: Delivery, answered: Answered) -> int | None:
        """See ``Outgoing.attempt``. Raises ``AlreadyRecorded``."""
        started = self._ws.now()
        data = await told(self._ws, integration, delivery)
        before = await self._scripts.before(integration, delivery.url, data)
        match before:
            case TooBusy():
                return await self._wait(delivery)
            case NotPrepared():
                return await self._settle(delivery, self._not_called(delivery, before, started))
            case Before(wanted=Prepared(message=message, request=ToSend() as request)):
                if message is not None and not delivery.progress.message_settled:
                    noted = await self._post_first(delivery, message)
                    if noted is None:
                        return self._ws.now()
                    delivery = noted
                return await self._call(integration, delivery, before, request, answered)
            case _:
                await self._end(delivery, before, started)
                return None

    async def _call(
        self,
        integration: Integration,
        delivery: Delivery,
        before: Before,
        request: ToSend,
        answered: Answered,
    ) -> int | None:
        called = await self._caller.call(integration, delivery, scripted(delivery, request), scripted=True)
        attempt = replace(called.attempt, console=before.console)
        called = replace(called, attempt=attempt, ran_prepare=before.ran)
        if called.response is not None:
            after = await self._scripts.after(integration, request.document, called.response)
            attempt = replace(attempt, console=(*before.console, *after.console), failures=after.failures)
            called = replace(called, attempt=attempt, processed=after.processed)
        return await self._settle(delivery, called)

    async def _settle(self, delivery: Delivery, called: Called) -> int | None:
        again = await write(
            self._ws,
            delivery,
            lambda changes: settle(self._ws, self._registry, self._health, changes, delivery, called),
        )
        tell(delivery, called.attempt, again)
        return again

    def _not_called(self, delivery: Delivery, before: NotPrepared, started: int) -> Called:
        # The script's own words are in the failure, which no log shows.
        error = f"{PREPARE} came to nothing ({before.failure.kind})"
        attempt = self._uncalled(delivery, started, error, before)
        return Called(
            attempt=attempt,
            outcome=retries.NotReached(error, permanent=not before.passing),
            response=None,
            ran_prepare=before.failure.kind != "compile",
            step=None if before.passing else before.step,
        )

    def _uncalled(
        self, delivery: Delivery, started: int, error: str | None, run: Before | NotPrepared
    ) -> Attempt:
        failures: tuple[ScriptFailure, ...] = ()
        if isinstance(run, NotPrepared):
            failures = (run.failure,)
        elif isinstance(run.wanted, Prepared):
            wrong = (run.wanted.message, run.wanted.request)
            failures = tuple(wrong_result(PREPARE, one.reason) for one in wrong if isinstance(one, Wrong))
        return Attempt(
            delivery_id=delivery.id,
            number=delivery.attempts + 1,
            started_at=started,
            duration_ms=self._ws.now() - started,
            status=None,
            request=None,
            error=error,
            console=run.console,
            failures=failures,
        )

    async def _wait(self, delivery: Delivery) -> int:
        """Leave it for later; this was no attempt."""
        now = self._ws.now()
        until = now + BUSY_MS + int(BUSY_MS * random.random())  # noqa: S311 - no secret
        progress = further(delivery, f"execute-script-before-running-{PREPARE}")

        async def add(changes: Changes) -> None:
            deliveries.wait(
                changes,
                delivery,
                until,
                progress,
                now,
                attempts=delivery.attempts,
                status=delivery.status,
            )

        await write(self._ws, delivery, add)
        return until

    async def _post_first(self, delivery: Delivery, message: Message) -> Delivery | None:
        """Post a message before the call, and note that it was; answers the delivery as it is then.

        ``None`` when the delivery was written meanwhile: cancelled, or tried by another node.
        """

        async def add(changes: Changes) -> Delivery | None:
            integration = await current(self._ws, self._registry, delivery)
            if (
                integration is None
                or why_not(integration, delivery) is not None
                or not await deliveries.is_as_seen(self._ws.db, delivery)
            ):
                return None
            progress, _ = await self._message(changes, integration, delivery, message)
            return deliveries.note(changes, delivery, progress, self._ws.now())

        return await write(self._ws, delivery, add)

    async def _message(
        self, changes: Changes, integration: Integration, delivery: Delivery, message: Message
    ) -> tuple[Progress, bool]:
        """Add a prepared message to ``changes``; the progress that this is, and whether it was posted."""
        if isinstance(message, Wrong):
            result, refused = None, message.reason
        else:
            result, said = await posted_or_refused(self._ws, changes, integration, delivery, message)
            refused = said or ""
        settled = replace(
            delivery.progress,
            ran_prepare=True,
            message_settled=True,
            prepared_message=result,
            message_refused=None if result is not None else refused,
        )
        step = "after-prepare-send-message" + ("" if result is not None else "-failed")
        return further(replace(delivery, progress=settled), step), result is not None

    async def _end(self, delivery: Delivery, before: Before, started: int) -> None:
        """Nobody is called: the script wanted nothing, a message only, or a request that cannot be sent."""
        ws = self._ws
        wanted = before.wanted
        problem = (
            wanted.request.reason
            if isinstance(wanted, Prepared) and isinstance(wanted.request, Wrong)
            else None
        )
        attempt = self._uncalled(delivery, started, "the request cannot be sent" if problem else None, before)

        async def add(changes: Changes) -> None:
            seen = replace(delivery, progress=replace(delivery.progress, ran_prepare=before.ran))
            integration = await current(ws, self._registry, seen)
            reason = why_not(integration, seen)
            attempts.insert(changes, attempt)
            state: Literal["succeeded", "failed", "cancelled"] = "succeeded"
            if integration is None or reason is not None:
                state, progress = "cancelled", further(seen, "cancelled", error=reason)
            elif isinstance(wanted, Nothing):
                progress = further(seen, "after-prepare-no-opts")
            else:
                posted = True
                if wanted.message is not None and not seen.progress.message_settled:
                    progress, posted = await self._message(changes, integration, seen, wanted.message)
                    seen = replace(seen, progress=progress)
                if problem is not None:
                    state, progress = "failed", further(seen, "pre-http-call", error=problem)
                elif not posted:
                    state, progress = "failed", seen.progress
                else:
                    progress = further(seen, "after-prepare-no-url_or_method")
            deliveries.finish(changes, seen, state, progress, ws.now(), attempts=attempt.number)

        await write(ws, delivery, add)
        tell(delivery, attempt, None)
