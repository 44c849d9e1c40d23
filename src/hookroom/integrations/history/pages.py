"""A page of history: which entries it shows, how many there are, and where the next one begins.

No page looks at more than a bounded number of entries, so that the last of ten million is as near as the
first (docs/decisions/0011).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from hookroom.errors import InvalidParams
from hookroom.integrations.history.document import document, shown_integration
from hookroom.integrations.history.reading import PAGE_BYTES, Read, Reading, read
from hookroom.integrations.registry import Registry
from hookroom.integrations.visibility import manages
from hookroom.rules.history_filter import HistoryFilter, Key
from hookroom.rules.history_search import Needle
from hookroom.rules.model import Integration, User
from hookroom.storage.database import Database
from hookroom.storage.tables import delivery_history, history_keys
from hookroom.storage.tables.history_keys import COUNTED, Found
from hookroom.storage.tables.history_statements import Order
from hookroom.workspace.workspace import Workspace

MAX_OFFSET: Final = COUNTED
"""Most entries that ``offset`` skips, of a whole history."""
MAX_FILTERED_OFFSET: Final = 5000
"""The same where states or statuses are asked for."""
SEARCHED: Final = 2000
"""Entries whose contents are looked at for one page."""
SEARCHED_BYTES: Final = 4 * 1024 * 1024
"""Characters of those."""
SEARCHED_S: Final = 0.010
"""How long they are looked at, which on a busy server are fewer."""


class Page(Struct, frozen=True, kw_only=True):
    """Entries as clients read them.

    ``total`` is how many there are, or at least are if ``more`` is set. ``next`` is where to go on, ``None`` at
    the end.
    """

    entries: Sequence[dict[str, Any]] = ()
    total: int = 0
    more: bool = False
    next: Key | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """Which page is asked for: ``count`` entries after a key, or after ``offset`` others."""

    wanted: HistoryFilter
    count: int
    offset: int = 0
    after: Key | None = None
    order: Order = "DESC"


async def page(ws: Workspace, registry: Registry, caller: User, integration_id: str, asked: Asked) -> Page:
    """Entries of an integration by ``_updatedAt``.

    An integration that is not there, or not the caller's to see, has none. Raises ``InvalidParams`` for an
    ``offset`` that is too large, or beside a cursor.
    """
    _check_offset(asked)
    integration = _visible(ws, registry, caller, integration_id)
    if integration is None:
        return Page()
    if asked.wanted.by_content:
        return await _searched(ws.db, integration, asked)
    found, (total, more) = await asyncio.gather(
        history_keys.find(
            ws.db,
            integration_id,
            asked.wanted,
            asked.order,
            after=asked.after,
            count=asked.count,
            skipped=asked.offset,
        ),
        history_keys.count(ws.db, integration_id, asked.wanted),
    )
    reading = Reading(ws.db, found.keys, size=PAGE_BYTES)
    shown: list[Read] = []
    while reading.goes_on:
        shown += await reading.group()
    if rest := found.keys[reading.done :]:
        shown += await read(ws.db, rest, briefly=True)
    return Page(entries=_documents(integration, shown), total=total, more=more, next=found.end)


async def one(ws: Workspace, registry: Registry, caller: User, integration_id: str, entry_id: str) -> Page:
    """An entry alone, as far as it was kept; nothing where there is none for the caller."""
    integration = _visible(ws, registry, caller, integration_id)
    if integration is None or await delivery_history.one(ws.db, integration_id, entry_id) is None:
        return Page()
    shown = await read(ws.db, [Key(0, entry_id)])
    return Page(entries=_documents(integration, shown), total=len(shown))


async def _searched(db: Database, integration: Integration, asked: Asked) -> Page:
    """A page of entries that have to be read to know: what is found in a bounded number of them."""
    found = await history_keys.find(
        db, integration.id, asked.wanted, asked.order, after=asked.after, count=SEARCHED, looked=SEARCHED
    )
    reading = Reading(db, found.keys, size=SEARCHED_BYTES, seconds=SEARCHED_S)
    shown, end = await _matching(reading, found, asked)
    return Page(
        entries=_documents(integration, shown),
        total=len(shown),
        more=end is not None or asked.after is not None,
        next=end,
    )


async def _matching(reading: Reading, found: Found, asked: Asked) -> tuple[Sequence[Read], Key | None]:
    """Those of the entries found that match, and where looking for them went no further."""
    needle = Needle(asked.wanted.text) if asked.wanted.text else None
    shown: list[Read] = []
    size = 0
    while reading.goes_on:
        for one in await reading.group():
            if _matches(one, asked.wanted.event, needle):
                shown.append(one)
                size += one.size
            if len(shown) == asked.count or size > PAGE_BYTES:
                at = next(i for i, key in enumerate(found.keys) if key.id == one.stored.id)
                return shown, _end(found, at + 1)
    return shown, _end(found, reading.done)


def _end(found: Found, done: int) -> Key | None:
    return found.keys[done - 1] if done < len(found.keys) else found.end


def _matches(one: Read, event: str, needle: Needle | None) -> bool:
    entry = one.stored
    if event and entry.event_name != event:
        return False
    return (
        needle is None
        or needle.in_json(entry.data or "null")
        or needle.in_text(entry.url)
        or needle.in_text(entry.trigger_word)
        or needle.in_json(entry.progress)
        or any(needle.in_json(attempt.doc or "null") for attempt in one.attempts)
    )


def _documents(integration: Integration, shown: Sequence[Read]) -> Sequence[dict[str, Any]]:
    of = shown_integration(integration)
    return [document(one, integration, of) for one in shown]


def _visible(ws: Workspace, registry: Registry, caller: User, integration_id: str) -> Integration | None:
    integration = registry.get(integration_id)
    return integration if integration is not None and manages(ws, caller, integration) else None


def _check_offset(asked: Asked) -> None:
    if asked.after is not None and asked.offset:
        raise InvalidParams(["offset must be 0 beside a cursor"])
    wanted = asked.wanted
    most = 0 if wanted.by_content else MAX_FILTERED_OFFSET if wanted.is_narrow else MAX_OFFSET
    if asked.offset > most:
        raise InvalidParams(
            [f'offset must be <= {most} here; every page has a "next" to go on with as "cursor"']
        )
