"""What outgoing integrations did: ``integrations.history``, ``clearHistory``, ``replayOutgoing``."""

from __future__ import annotations

from typing import Final

from hookroom.integrations import history
from hookroom.integrations.visibility import ANY_OF_OUTGOING
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integrations as schemas

routes = Routes("Integrations")

_BY_CHANGE: Final = "_updatedAt"


@routes.get("integrations.history", query=schemas.HISTORY, permissions=ANY_OF_OUTGOING)
async def list_history(call: Call) -> Answer:
    """What an outgoing integration did, newest first: one entry for each event and URL, with its attempts."""
    paging = Paging.of(call, sortable=(_BY_CHANGE,), fields=history.FIELDS, order=((_BY_CHANGE, -1),))
    entries, total = await history.page(
        call.ws,
        call.services.integrations,
        call.user,
        call.query["id"],
        count=paging.limit,
        offset=paging.offset,
        order="ASC" if (_BY_CHANGE, 1) in paging.sort else "DESC",
    )
    answer = paging.answer("history", [paging.fields.of(entry) for entry in entries], total)
    return {**answer, "items": len(entries)}


@routes.post("integrations.clearHistory", body=schemas.CLEAR_HISTORY)
async def clear_history(call: Call) -> Answer:
    """Forget what an outgoing integration did; what it has still to deliver stays."""
    await history.clear(call.ws, call.services.integrations, call.user, call.body["integrationId"])
    return {}


@routes.post("integrations.replayOutgoing", body=schemas.REPLAY_OUTGOING)
async def replay_outgoing(call: Call) -> Answer:
    """Deliver the event of a history entry once more, with the data it had."""
    services = call.services
    await history.replay(
        call.ws,
        services.integrations,
        services.firing,
        call.user,
        call.body["integrationId"],
        call.body["historyId"],
    )
    return {}
