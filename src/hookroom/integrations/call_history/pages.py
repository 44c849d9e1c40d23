"""A page of what came in: which calls it shows, how many there are, and where the next one begins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from msgspec import Struct

from hookroom.errors import InvalidParams
from hookroom.integrations.call_history.document import document
from hookroom.integrations.registry import Registry
from hookroom.integrations.visibility import manages
from hookroom.rules.call_filter import CallFilter
from hookroom.rules.history_filter import LAST_KEY, Key
from hookroom.rules.history_search import Needle
from hookroom.rules.model import Integration, User
from hookroom.storage.database import Database
from hookroom.storage.statement import Row
from hookroom.storage.tables import incoming_call_pages, incoming_calls
from hookroom.workspace.workspace import Workspace

PAGE_BYTES: Final = 1024 * 1024
"""Characters of the calls of a page that are shown whole; what comes after those is shown briefly."""
SEARCHED_BYTES: Final = 4 * 1024 * 1024
"""Characters that are looked through for one page."""
GROUP: Final = 8
"""Calls that are read at a time: each may have a quarter of a megabyte."""
MOST: Final = 10_000
"""More than are ever kept of an integration."""


class CallPage(Struct, frozen=True, kw_only=True):
    """Calls as clients read them.

    ``total`` is how many there are, or at least are if ``more`` is set. ``next`` is where to go on, ``None`` at
    the end.
    """

    entries: Sequence[dict[str, Any]] = ()
    total: int = 0
    more: bool = False
    next: Key | None = None


class AskedCalls(Struct, frozen=True, kw_only=True):
    """Which page is asked for: ``count`` calls after a key, or after ``offset`` others."""

    wanted: CallFilter
    count: int
    offset: int = 0
    after: Key | None = None


async def page(
    ws: Workspace, registry: Registry, caller: User, integration_id: str, asked: AskedCalls
) -> CallPage:
    """Calls of an integration, newest first.

    An integration that is not there, or not the caller's to see, has none. Raises ``InvalidParams`` for an
    ``offset`` beside a cursor or a text.
    """
    if asked.offset and (asked.after is not None or asked.wanted.text):
        raise InvalidParams(["offset must be 0 beside a cursor or a text"])
    if visible(ws, registry, caller, integration_id) is None:
        return CallPage()
    if asked.wanted.text:
        return await _searched(ws.db, integration_id, asked)
    keys = await incoming_call_pages.find(
        ws.db,
        integration_id,
        asked.wanted,
        after=asked.after or LAST_KEY,
        count=asked.count + 1,
        skipped=asked.offset,
    )
    entries: list[dict[str, Any]] = []
    size = 0
    async for row in _rows(ws.db, keys[: asked.count]):
        entries.append(document(incoming_calls.call_of(row), brief=size >= PAGE_BYTES))
        size += len(row[4])
    return CallPage(
        entries=entries,
        total=await incoming_call_pages.total(ws.db, integration_id, asked.wanted),
        next=keys[asked.count - 1] if len(keys) > asked.count else None,
    )


async def one(ws: Workspace, registry: Registry, caller: User, integration_id: str, call_id: str) -> CallPage:
    """A call alone, as far as it was kept; nothing where there is none for the caller."""
    if visible(ws, registry, caller, integration_id) is None:
        return CallPage()
    call = await incoming_calls.one(ws.db, integration_id, call_id)
    return CallPage(entries=[document(call)], total=1) if call is not None else CallPage()


def visible(ws: Workspace, registry: Registry, caller: User, integration_id: str) -> Integration | None:
    """The integration, if it is an incoming one that the caller manages."""
    found = registry.get(integration_id)
    return found if found is not None and found.is_incoming and manages(ws, caller, found) else None


async def _searched(db: Database, integration_id: str, asked: AskedCalls) -> CallPage:
    """A page of calls that have to be read to know: what is found in a bounded number of characters."""
    needle = Needle(asked.wanted.text)
    keys = await incoming_call_pages.find(
        db, integration_id, asked.wanted, after=asked.after or LAST_KEY, count=MOST
    )
    entries: list[dict[str, Any]] = []
    size = shown = 0
    last = ""
    async for row in _rows(db, keys):
        if len(entries) == asked.count or size >= SEARCHED_BYTES:
            break
        last = row[0]
        size += len(row[4])
        if needle.in_json(row[4]) or needle.in_text(row[0]):
            entries.append(document(incoming_calls.call_of(row), brief=shown >= PAGE_BYTES))
            shown += len(row[4])
    end = next((key for key in keys if key.id == last), None)
    if end is None or end == keys[-1]:
        end = None
    return CallPage(
        entries=entries,
        total=len(entries),
        more=end is not None or asked.after is not None,
        next=end,
    )


async def _rows(db: Database, keys: Sequence[Key]) -> AsyncIterator[Row]:
    """The rows of ``keys`` that are still there, in order."""
    for first in range(0, len(keys), GROUP):
        for row in await incoming_calls.of_ids(db, [key.id for key in keys[first : first + GROUP]]):
            yield row
