"""What outgoing integrations did: ``integrations.history``, ``clearHistory``, ``replay…``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from hookroom.errors import InvalidParams
from hookroom.integrations.history import clearing, pages, replaying
from hookroom.integrations.history.document import FIELDS
from hookroom.integrations.history.pages import Asked, Page
from hookroom.integrations.visibility import ANY_OF_OUTGOING
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_history as schemas
from hookroom.rules.history_filter import (
    ENDED_BADLY,
    HistoryFilter,
    Unreadable,
    cursor,
    history_filter,
    key_of,
    moment,
    states,
)
from hookroom.rules.times import FIRST_MS, LAST_MS

routes = Routes("Integrations")

T = TypeVar("T")

_BY_CHANGE: Final = "_updatedAt"
_REPLAYED: Final = 1000
"""Entries that are replayed at once where no ``limit`` is given."""


@routes.get("integrations.history", query=schemas.HISTORY, permissions=ANY_OF_OUTGOING)
async def list_history(call: Call) -> Answer:
    """What an outgoing integration did, newest first: one entry for each event and URL, with its attempts."""
    paging = Paging.of(call, sortable=(_BY_CHANGE,), fields=FIELDS, order=((_BY_CHANGE, -1),))
    asked = _readable(lambda: _asked(call, paging))
    found = await _found(call, asked)
    answer = {
        **paging.answer("history", [paging.fields.of(entry) for entry in found.entries], found.total),
        "items": len(found.entries),
    }
    if found.more:
        answer["totalIsLowerBound"] = True
    if found.next is not None:
        answer["next"] = cursor(found.next)
    return answer


@routes.post("integrations.clearHistory", body=schemas.CLEAR_HISTORY)
async def clear_history(call: Call) -> Answer:
    """Forget what an outgoing integration did; what it has still to deliver stays."""
    await clearing.clear(call.ws, call.services.integrations, call.user, call.body["integrationId"])
    return {}


@routes.post("integrations.replayOutgoing", body=schemas.REPLAY_OUTGOING)
async def replay_outgoing(call: Call) -> Answer:
    """Deliver the event of a history entry once more, with the data it had."""
    services = call.services
    await replaying.replay(
        call.ws,
        services.integrations,
        services.firing,
        call.user,
        call.body["integrationId"],
        call.body["historyId"],
    )
    return {}


@routes.post("integrations.replayFailed", body=schemas.REPLAY_FAILED)
async def replay_failed(call: Call) -> Answer:
    """Deliver once more what ended badly since a time, each entry once, in the original order."""
    services, body = call.services, call.body
    wanted = _readable(lambda: _failed(body))
    after = _readable(lambda: _key(body))
    done = await replaying.replay_failed(
        call.ws,
        services.integrations,
        services.firing,
        call.user,
        body["integrationId"],
        wanted,
        after=after,
        limit=body.get("limit") or _REPLAYED,
    )
    answer: dict[str, Any] = {"replayed": done.count, "remaining": done.next is not None}
    if done.next is not None:
        answer["next"] = cursor(done.next)
    return answer


async def _found(call: Call, asked: Asked) -> Page:
    integrations, integration_id = call.services.integrations, call.query["id"]
    if entry_id := call.query.get("historyId"):
        return await pages.one(call.ws, integrations, call.user, integration_id, entry_id)
    return await pages.page(call.ws, integrations, call.user, integration_id, asked)


def _asked(call: Call, paging: Paging) -> Asked:
    most: int = call.ws.settings["API_Upper_Count_Limit"]
    return Asked(
        wanted=history_filter(call.query),
        # There may be millions: none, elsewhere all of them, is the most that a page has.
        count=max(1, paging.count or most),
        offset=paging.offset,
        after=_key(call.query),
        order="ASC" if (_BY_CHANGE, 1) in paging.sort else "DESC",
    )


def _failed(body: dict[str, Any]) -> HistoryFilter:
    return HistoryFilter(
        states=states(body.get("state") or "", ENDED_BADLY) or frozenset(ENDED_BADLY),
        since=moment("since", body["since"].strip(), FIRST_MS),
        until=moment("until", (body.get("until") or "").strip(), LAST_MS),
    )


def _key(given: dict[str, Any]) -> Any:
    text = given.get("cursor")
    return key_of(text) if text else None


def _readable(read: Callable[[], T]) -> T:
    try:
        return read()
    except Unreadable as error:
        raise InvalidParams([str(error)]) from None
