"""What came in through an incoming integration: ``integrations.calls``, ``replayCall``. Both are ours."""

from __future__ import annotations

from typing import Any, Final

from msgspec import to_builtins

from hookroom.errors import InvalidParams
from hookroom.integrations.call_history import pages
from hookroom.integrations.call_history.document import FIELDS
from hookroom.integrations.call_history.pages import AskedCalls, CallPage
from hookroom.integrations.call_history.rerun import Reruns
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_calls as schemas
from hookroom.rules.call_filter import call_filter
from hookroom.rules.history_filter import Unreadable, cursor, key_of

routes = Routes("Integrations")

ANY_OF_INCOMING: Final = ("manage-incoming-integrations", "manage-own-incoming-integrations")


@routes.get("integrations.calls", query=schemas.CALLS, permissions=ANY_OF_INCOMING)
async def list_calls(call: Call) -> Answer:
    """What came in through an incoming integration, newest first: what was sent, and what became of it."""
    paging = Paging.of(call, fields=FIELDS)
    try:
        asked = _asked(call, paging)
    except Unreadable as error:
        raise InvalidParams([str(error)]) from None
    found = await _found(call, asked)
    answer: dict[str, Any] = {
        **paging.answer("calls", [paging.fields.of(entry) for entry in found.entries], found.total),
        "items": len(found.entries),
    }
    if found.more:
        answer["totalIsLowerBound"] = True
    if found.next is not None:
        answer["next"] = cursor(found.next)
    services, integration_id = call.services, call.query["integrationId"]
    if pages.visible(call.ws, services.integrations, call.user, integration_id) is not None:
        answer["sinceStart"] = to_builtins(services.incoming_records.counts(integration_id))
    return answer


@routes.post("integrations.replayCall", body=schemas.REPLAY_CALL)
async def replay_call(call: Call) -> Answer:
    """Run a recorded call again, as the integration is now; what a sender would have been answered."""
    services, body = call.services, call.body
    reruns = Reruns(
        call.ws,
        services.integrations,
        services.script_host,
        services.chains,
        services.incoming_records,
        services.config.max_body_bytes,
    )
    done = await reruns.run(call.user, body["integrationId"], body["callId"])
    answer: dict[str, Any] = {"status": done.status, "answer": done.answer}
    if done.call_id is not None:
        answer["callId"] = done.call_id
    return answer


async def _found(call: Call, asked: AskedCalls) -> CallPage:
    integrations, integration_id = call.services.integrations, call.query["integrationId"]
    if call_id := call.query.get("callId"):
        return await pages.one(call.ws, integrations, call.user, integration_id, call_id)
    return await pages.page(call.ws, integrations, call.user, integration_id, asked)


def _asked(call: Call, paging: Paging) -> AskedCalls:
    most: int = call.ws.settings["API_Upper_Count_Limit"]
    after = call.query.get("cursor")
    return AskedCalls(
        wanted=call_filter(call.query),
        # There may be hundreds of large ones: none, elsewhere all of them, is the most that a page has.
        count=max(1, paging.count or most),
        offset=paging.offset,
        after=key_of(after) if after else None,
    )
