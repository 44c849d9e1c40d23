"""Events that caused deliveries: what happened, once for all the receivers that are told of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from hookroom.storage.statement import Append, Changes

_encode: Final = msgspec.json.Encoder().encode

_APPEND: Final = Append(
    "events",
    {"id": "text", "name": "text", "depth": "bigint", "created_at": "bigint", "data": "text"},
)


class StoredEvent(Struct, frozen=True, kw_only=True):
    """An event as deliveries carry it. ``data`` is what ``rules.outgoing_payload.event_data`` made.

    ``depth`` counts the integrations that led to it; ``at`` is in epoch milliseconds.
    """

    id: str
    name: str
    depth: int
    at: int
    data: dict[str, Any]


def insert(changes: Changes, event: StoredEvent) -> None:
    """A new event. Commutes: many are written together."""
    changes.append(
        _APPEND,
        id=event.id,
        name=event.name,
        depth=event.depth,
        created_at=event.at,
        data=_encode(event.data).decode(),
    )
