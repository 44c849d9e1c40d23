"""An entry of history as clients read it (contract, section 4, "History")."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.integrations.history.reading import Read
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.json_cut import cut_json
from hookroom.rules.model import Integration
from hookroom.rules.outgoing_payload import payload
from hookroom.rules.times import iso
from hookroom.storage.tables.attempts import Attempt

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
    *("error", "errorStack", "nextAttemptAt", "attempts", "replayedAs", "cut"),
)
"""Names of an entry's fields. The last two are ours, as are ``state``, ``nextAttemptAt`` and ``attempts``."""

MAX_DATA: Final = 16 * 1024
"""Characters that are shown of an event's data, and of each message that a delivery posted."""


def shown_integration(integration: Integration) -> dict[str, Any]:
    """An integration as its entries show it: without its scripts."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(integration))
    for key in _BULKY:
        document.pop(key, None)
    return document


def document(read: Read, integration: Integration, shown: dict[str, Any]) -> dict[str, Any]:
    """The entry; ``shown`` is its integration.

    What is longer than ``MAX_DATA`` is cut, and the entry says so with ``cut``; so it does where it was read
    briefly, for want of room on its page.
    """
    entry = read.stored.entry()
    progress = entry.progress
    made = [one.attempt() for one in read.attempts]
    long_data = len(read.stored.data or "") > MAX_DATA
    long_progress = len(read.stored.progress) > MAX_DATA
    data = payload(integration, entry.event.data, entry.trigger_word)
    document: dict[str, Any] = {
        "_id": entry.id,
        "type": TYPE,
        "step": progress.step,
        "integration": shown,
        "event": entry.event.name,
        "_createdAt": iso(entry.created_at),
        "_updatedAt": iso(entry.updated_at),
        "data": cut_json(data, MAX_DATA) if long_data else data,
        "ranPrepareScript": progress.ran_prepare,
        "finished": entry.state not in ("pending", "waiting"),
        "url": entry.url,
        "error": progress.error,
        "state": entry.state,
        "attempts": [_attempt(one) for one in made],
    }
    optional = {
        "triggerWord": entry.trigger_word,
        "errorStack": progress.error_stack,
        "prepareSentMessage": progress.prepared_message,
        "processSentMessage": progress.processed_message,
        "resultMessage": progress.result_message,
        "nextAttemptAt": iso(entry.next_at) if entry.state == "waiting" else None,
        "replayedAs": entry.replayed_as,
        "cut": True if read.brief or long_data or long_progress else None,
    }
    document |= {
        name: cut_json(value, MAX_DATA) if long_progress else value
        for name, value in optional.items()
        if value is not None
    }
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


_BULKY: Final = ("script", "scriptCompiled")


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
