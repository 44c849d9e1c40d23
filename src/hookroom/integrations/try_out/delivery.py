"""One delivery in a try-out: what would be sent to a URL, and what would follow from an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, to_builtins

from hookroom.delivery.exchange import NotReached, OutgoingRequest, OutgoingResponse
from hookroom.delivery.lane import lane_of
from hookroom.delivery.request_head import checked_headers, checked_method, target
from hookroom.integrations.outcome import posted_or_refused
from hookroom.integrations.outgoing_script import Before, NotPrepared, OutgoingScripts, TooBusy
from hookroom.integrations.recording import sent
from hookroom.integrations.request import plain, scripted, told
from hookroom.integrations.try_out.host import CannotRun, TryOutHost, masked_url
from hookroom.integrations.try_out.requests import TriedEvent
from hookroom.rules import answers
from hookroom.rules.ids import timed_id
from hookroom.rules.integration_fields import has_script
from hookroom.rules.model import Integration
from hookroom.rules.retries import Answered, Retry, decide, policy_of
from hookroom.rules.script_requests import outgoing_request
from hookroom.rules.script_results import Content, Default, Nothing, Prepared, ToSend, Wrong
from hookroom.storage.statement import Changes
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.workspace import Workspace


class TriedDelivery(Struct, frozen=True):
    """What would become of a delivery, and the request of it, as histories show requests."""

    told: dict[str, Any]
    call: dict[str, Any] | None = None


async def tried_delivery(
    ws: Workspace, host: TryOutHost, integration: Integration, tried: TriedEvent, url: str
) -> TriedDelivery:
    """Tell ``url`` of the event, up to the call; and go on from the answer, where one was given.

    ``told.state``: ``called`` (what follows is the receiver's to say), or that which history would show:
    ``succeeded``, ``failed``, ``waiting`` for a retry. ``told.step`` is the history's, ``told.errors`` say
    what was refused. Raises ``CannotRun``.
    """
    return await _Trial(ws, host, integration, tried, url).run()


class _Trial:
    def __init__(
        self, ws: Workspace, host: TryOutHost, integration: Integration, tried: TriedEvent, url: str
    ) -> None:
        self._ws = ws
        self._host = host
        self._integration = integration
        self._tried = tried
        self._errors: list[str] = []
        now = ws.now()
        self._delivery = Delivery(
            id=timed_id(now),
            integration_id=integration.id,
            url=url,
            lane=lane_of(url, integration.id),
            trigger_word=tried.word,
            event=tried.event,
            attempts=0,
            created_at=now,
            as_of=now,
        )

    async def run(self) -> TriedDelivery:
        delivery, integration = self._delivery, self._integration
        data = await told(self._ws, integration, delivery)
        if not has_script(integration):
            return await self._call(plain(delivery, data), outgoing_request(delivery.url, data, {}))
        scripts = OutgoingScripts(self._host)
        match await scripts.before(integration, delivery.url, data):
            case TooBusy():
                raise CannotRun("busy")
            case NotPrepared(step=step, passing=passing):
                return self._end("waiting" if passing else "failed", step)
            case Before(wanted=Prepared(message=message, request=request)):
                if message is not None:
                    await self._post(message)
                if isinstance(request, ToSend):
                    return await self._call(scripted(delivery, request), request.document, scripts)
                if isinstance(request, Wrong):
                    self._host.wrong(request.reason)
                    self._errors.append(request.reason)
                    return self._end("failed", "pre-http-call")
                if self._errors:
                    return self._end("failed", "after-prepare-send-message-failed")
                return self._end("succeeded", "after-prepare-no-url_or_method")
            case _:
                return self._end("succeeded", "after-prepare-no-opts")

    async def _call(
        self,
        request: OutgoingRequest,
        document: Mapping[str, Any],
        scripts: OutgoingScripts | None = None,
    ) -> TriedDelivery:
        call = _shown(request)
        try:
            target(request.url)
            checked_method(request.method)
            checked_headers(request.headers)
        except NotReached as error:
            self._errors.append(error.reason)
            return self._end("failed", "after-http-call", {**call, "error": error.reason})
        response = self._tried.response
        if response is None:
            return self._end("called", "pre-http-call", call)
        if scripts is not None:
            match (await scripts.after(self._integration, document, response)).processed:
                case Content(content=content):
                    posted = await self._post(content)
                    step = "after-process-send-message" + ("" if posted else "-failed")
                    return self._end("succeeded", step, call)
                case Wrong(reason=reason):
                    self._host.wrong(reason)
                    self._errors.append(reason)
                    return self._end("succeeded", "after-process-send-message-failed", call)
                case Nothing():
                    return self._end("succeeded", "after-process-false-result", call)
                case Default():
                    pass
        return await self._answered(response, call)

    async def _answered(self, response: OutgoingResponse, call: dict[str, Any]) -> TriedDelivery:
        """What follows from an answer that no script has handled."""
        outcome = Answered(response.status, response.headers)
        decision = decide(policy_of(self._integration), 1, outcome, self._ws.now(), 0.0)
        if isinstance(decision, Retry):
            return self._end("waiting", decision.step, call)
        if decision.state != "succeeded":
            self._errors.append(decision.reason)
            return self._end("failed", decision.step, call)
        content = answers.posted(response.status, response.headers.get("content-type"), response.body)
        if content is None:
            return self._end("succeeded", decision.step, call)
        posted = await self._post(content)
        step = "url-response-sent-message" if posted else "after-http-call-send-message-failed"
        return self._end("succeeded", step, call)

    async def _post(self, message: Mapping[str, Any] | Wrong) -> bool:
        if isinstance(message, Wrong):
            self._host.wrong(message.reason)
            self._errors.append(message.reason)
            return False
        _, refused = await posted_or_refused(self._ws, Changes(), self._integration, self._delivery, message)
        if refused is not None:
            self._errors.append(refused)
        return refused is None

    def _end(self, state: str, step: str, call: dict[str, Any] | None = None) -> TriedDelivery:
        told: dict[str, Any] = {"url": masked_url(self._delivery.url), "state": state, "step": step}
        if self._errors:
            told["errors"] = self._errors
        return TriedDelivery(told, call)


def _shown(request: OutgoingRequest) -> dict[str, Any]:
    """As histories show requests, with the body whoever made it."""
    shown: dict[str, Any] = to_builtins(sent(request, scripted=True))
    return shown
