"""What a try-out runs on: a request or event that was given, one that is on record, or a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hookroom.delivery.exchange import OutgoingResponse
from hookroom.errors import Refused
from hookroom.integrations.call_request import called, reread
from hookroom.integrations.recording import MASK
from hookroom.integrations.script_samples.incoming import JSON, PLAIN, incoming_call
from hookroom.integrations.script_samples.outgoing import ROOM, sample_data, with_trigger
from hookroom.integrations.try_out.draft import METHOD, Draft
from hookroom.rooms.access import may_see
from hookroom.rules.ids import timed_id
from hookroom.rules.incoming_body import Decoded, decode
from hookroom.rules.integration_fields import Body
from hookroom.rules.model import Integration, Room, User
from hookroom.rules.script_requests import IncomingCall, poster_of
from hookroom.rules.times import iso
from hookroom.rules.triggers import EVENTS, Match, trigger_word
from hookroom.storage.tables import attempts, delivery_history, incoming_calls
from hookroom.storage.tables.delivery_history import Entry
from hookroom.storage.tables.events import StoredEvent
from hookroom.storage.tables.incoming_calls import RecordedCall
from hookroom.workspace.workspace import Workspace

Source = Literal["given", "recorded", "sample"]

LAST: Final = "last"
"""What ``recorded`` calls the newest record, whatever its id."""
NOT_KEPT: Final = "The body of that call was too large to be kept"


class TriedCall(Struct, frozen=True):
    """A call of an incoming webhook, and what its body holds."""

    source: Source
    call: IncomingCall
    decoded: Decoded


class TriedEvent(Struct, frozen=True, kw_only=True):
    """An event, the URLs that are told of it, and the receiver's answer, where there is one to be tried.

    ``fires`` is false where the text has none of the trigger words; ``word`` is the one that it has.
    """

    source: Source
    event: StoredEvent
    urls: tuple[str, ...]
    word: str | None
    fires: bool = True
    response: OutgoingResponse | None = None


async def tried_call(ws: Workspace, draft: Draft, body: Body) -> TriedCall:
    """The call that ``body`` asks for.

    Raises ``Refused`` where there is no such record, ``HookFailure`` for a body that cannot be read.
    """
    if recorded := body.get("recorded"):
        stored = _recordable(draft)
        record = await _recorded_call(ws, stored.id, recorded)
        decoded = reread(record.request)
        if decoded is None:
            raise Refused("error-invalid-integration-history", NOT_KEPT, method=METHOD)
        call = called(stored.id, record.request, decoded)
        return TriedCall("recorded", msgspec.structs.replace(call, poster=poster_of(draft.user)), decoded)
    given = body.get("request")
    if given is None:
        call = incoming_call(
            PLAIN, integration_id=draft.integration.id, token=MASK, poster=poster_of(draft.user)
        )
        return TriedCall("sample", call, decode(JSON, PLAIN.body))
    raw, headers = _sent(given)
    # Read by what the sender says it is, which may be nothing.
    decoded = decode(headers.get("content-type"), raw)
    call = IncomingCall(
        integration_id=draft.integration.id,
        token=MASK,
        path=f"/hooks/{draft.integration.id}/{MASK}",
        query=(given.get("query") or "").removeprefix("?"),
        headers=headers,
        content=decoded.content,
        content_raw=decoded.raw,
        is_form=decoded.kind == "form",
        poster=poster_of(draft.user),
    )
    return TriedCall("given", call, decoded)


async def tried_event(ws: Workspace, draft: Draft, caller: User, body: Body) -> TriedEvent:
    """The event that ``body`` asks for, by default one that ``caller`` causes in a room of the integration's.

    Raises ``Refused`` where there is no such record.
    """
    integration = draft.integration
    given = _response(body.get("response"))
    if recorded := body.get("recorded"):
        stored = _recordable(draft)
        entry = await _recorded_entry(ws, stored.id, recorded)
        if given is None:
            given = await _recorded_response(ws, entry, stored)
        return TriedEvent(
            source="recorded", event=entry.event, urls=(entry.url,), word=entry.trigger_word, response=given
        )
    now = ws.now()
    text, _ = with_trigger(integration)
    room = await _room(ws, caller, integration)
    sample = sample_data(integration, text=text, room=room, user=caller, at=iso(now), site_url=ws.site_url)
    data = {**sample, **(body.get("data") or {})}
    if "channel_id" not in data:
        # Threads are of rooms.
        data.pop("tmid", None)
    event = StoredEvent(id=timed_id(now), name=integration.event or "", depth=0, at=now, data=data)
    has_words = EVENTS[event.name].trigger_words
    matched = trigger_word(integration, data["text"]) if has_words else Match()
    return TriedEvent(
        source="given" if body.get("data") else "sample",
        event=event,
        urls=tuple(url for url in integration.urls or () if url.strip()),
        word=matched.word if matched is not None else None,
        fires=matched is not None,
        response=given,
    )


async def _room(ws: Workspace, caller: User, integration: Integration) -> Room:
    """The first room that the integration names and ``caller`` sees, else one that is made up."""
    for name in integration.channel:
        if name.startswith("#"):
            room = await ws.directory.room(name[1:]) or await ws.directory.room_named(name[1:])
            if room is not None and await may_see(ws, caller, room):
                return room
    return await ws.directory.room(ROOM.id) or ROOM


def _recordable(draft: Draft) -> Integration:
    if draft.stored is None:
        raise Refused(
            "error-invalid-integration", "Only a stored integration has recorded requests", method=METHOD
        )
    return draft.stored


async def _recorded_call(ws: Workspace, integration_id: str, recorded: str) -> RecordedCall:
    if recorded != LAST:
        found = await incoming_calls.one(ws.db, integration_id, recorded)
    else:
        found = next(iter(await incoming_calls.page(ws.db, integration_id, count=1)), None)
    if found is None:
        raise _no_record()
    return found


async def _recorded_entry(ws: Workspace, integration_id: str, recorded: str) -> Entry:
    if recorded != LAST:
        stored = await delivery_history.one(ws.db, integration_id, recorded)
        found = stored.entry() if stored is not None else None
    else:
        found = next(iter(await delivery_history.newest(ws.db, integration_id, 1)), None)
    if found is None:
        raise _no_record()
    return found


def _no_record() -> Refused:
    return Refused("error-invalid-integration-history", "Invalid Integration History", method=METHOD)


def _sent(given: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers, whose names are in small letters; a body that is no text goes as JSON."""
    content = given.get("body", "")
    headers = {name.lower(): str(value) for name, value in (given.get("headers") or {}).items()}
    if isinstance(content, str):
        return content.encode("utf-8", "replace"), headers
    headers.setdefault("content-type", JSON)
    return msgspec.json.encode(content), headers


def _response(given: Mapping[str, Any] | None) -> OutgoingResponse | None:
    if given is None:
        return None
    raw, headers = _sent(given)
    return OutgoingResponse(
        status=int(given.get("status") or 200), headers=headers, body=raw, truncated=False, duration_ms=0
    )


async def _recorded_response(ws: Workspace, entry: Entry, stored: Integration) -> OutgoingResponse | None:
    """What the receiver answered last, as far as it was kept."""
    for attempt in reversed(await attempts.of_deliveries(ws.db, [entry.id])):
        seen, status = attempt.response, attempt.status
        if seen is not None and status is not None:
            return OutgoingResponse(
                status=status,
                headers=seen.headers,
                body=seen.body.encode(),
                truncated=seen.truncated,
                duration_ms=attempt.duration_ms,
            )
    return None
