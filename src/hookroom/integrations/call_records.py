"""The record of calls that went through a script: what is kept of a request, and writing it down.

Nothing secret is kept: the token and what is named like a secret are masked. Bodies are kept as they came, up to a
size: whoever may see the integration wrote the script that sees them.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote_plus

from msgspec import UNSET

from hookroom.integrations.recording import MASK, SECRET, masked
from hookroom.rules.json_body import read_json
from hookroom.rules.script_requests import IncomingCall
from hookroom.storage.statement import Changes
from hookroom.storage.tables import incoming_calls
from hookroom.storage.tables.incoming_calls import KEPT, ReceivedCall, RecordedCall

BURST: Final = 30
"""Calls of an integration that are recorded whatever their rate; then one a second."""
BODY_SIZE: Final = 64 * 1024
"""Bytes of the largest body that is kept."""
QUERY_SIZE: Final = 4 * 1024
"""Characters kept of a query."""
NAME_SIZE: Final = 128
"""Characters kept of the user in the older form of a path."""

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def received(call: IncomingCall, size: int) -> ReceivedCall:
    """``call`` as its record shows it; ``size`` is that of its body in bytes."""
    named = call.user_id[:NAME_SIZE] if call.user_id is not None else None
    user = f"/{named}" if named is not None else ""
    content: Any = UNSET
    body = call.content_raw if size <= BODY_SIZE else None
    is_json = _is_its_text(call)
    if body is not None and not is_json and call.content != body:
        content = call.content
    return ReceivedCall(
        path=f"/hooks/{call.integration_id}{user}/{MASK}",
        query=_masked_query(call.query)[:QUERY_SIZE],
        user_id=named,
        headers=masked(call.headers.items()),
        user=dict(call.poster),
        size=size,
        body=body,
        content=content,
        is_json=is_json,
        is_form=call.is_form,
    )


def replayed(integration_id: str, seen: ReceivedCall) -> IncomingCall | None:
    """The call that a record is of, with what is masked in it; ``None`` where its body was not kept."""
    if seen.body is None:
        return None
    content = seen.body if seen.content is UNSET else seen.content
    return IncomingCall(
        integration_id=integration_id,
        token=MASK,
        path=seen.path,
        query=seen.query,
        user_id=seen.user_id,
        headers=seen.headers,
        poster=seen.user,
        content=read_json(seen.body) if seen.is_json else content,
        content_raw=seen.body,
        is_form=seen.is_form,
    )


class CallRecords:
    """Writes records, and keeps an integration's at a bounded number while they come in.

    After every ``KEPT`` of an integration, those before the last so many go: the newest are always there, and
    never more than twice as many of each node. ``delivery.retention`` does the rest.

    Of a busy integration not every call is written: that would double what its messages cost, to keep a window
    of milliseconds. Calls that went well and those that did not have an allowance each, of ``BURST`` calls and one
    more with every second.
    """

    def __init__(self) -> None:
        self._counted: dict[str, tuple[int, str]] = {}
        self._allowed: dict[tuple[str, bool], tuple[float, int]] = {}

    def add(self, changes: Changes, call: RecordedCall) -> bool:
        """Write ``call`` with ``changes``, unless its integration is too busy; answers whether it does."""
        if not self._allows(call):
            return False
        incoming_calls.insert(changes, call)
        count, first = self._counted.get(call.integration_id, (0, ""))
        if count == 0:
            if first:
                incoming_calls.trim(changes, call.integration_id, incoming_calls.end_of(call.status), first)
            first = call.id
        self._counted[call.integration_id] = ((count + 1) % KEPT, first)
        return True

    def _allows(self, call: RecordedCall) -> bool:
        kind = call.integration_id, call.status < 400
        left, at = self._allowed.get(kind, (BURST, call.at))
        left = min(BURST, left + max(0, call.at - at) / 1000)
        self._allowed[kind] = (left - 1 if left >= 1 else left), max(at, call.at)
        return left >= 1


def _is_its_text(call: IncomingCall) -> bool:
    """Whether reading the body's text as JSON gives the content, so that one of the two is enough."""
    media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        media not in _FORMS
        and isinstance(call.content, dict | list)
        and call.content_raw.removeprefix("\ufeff").lstrip()[:1] in ("{", "[")
    )


def _masked_query(query: str) -> str:
    return "&".join(
        f"{name}={MASK}" if equals and SECRET.search(unquote_plus(name)) else f"{name}{equals}{value}"
        for name, equals, value in (part.partition("=") for part in query.split("&"))
    )
