"""Looking through an integration's calls. There are never more than a few hundred: all of them may be counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hookroom.rules.call_filter import CallFilter
from hookroom.rules.history_filter import LAST_KEY, MAX_STATUSES, Key
from hookroom.storage.database import Database
from hookroom.storage.statement import Statement

_RANGES: Final = "abcdef"[:MAX_STATUSES]
_STATUS: Final = " OR ".join(f"status BETWEEN :low_{one} AND :high_{one}" for one in _RANGES)
_WANTED: Final = (
    "FROM incoming_calls WHERE integration_id = :integration_id"
    " AND created_at BETWEEN :since AND :until"
    f" AND ({_STATUS})"
    " AND (status < 400 AND messages > 0 AND :posted = 1"
    " OR status < 400 AND messages = 0 AND :nothing = 1"
    " OR status >= 400 AND :refused = 1)"
)
_KEYS: Final = Statement(
    f"SELECT created_at, id {_WANTED} AND id < :before ORDER BY id DESC LIMIT :count OFFSET :skipped"
)
_COUNT: Final = Statement(f"SELECT count(*) {_WANTED}")

_AFTER_ALL: Final = "~"
"""Above every id."""


async def find(
    db: Database,
    integration_id: str,
    wanted: CallFilter,
    *,
    after: Key = LAST_KEY,
    count: int,
    skipped: int = 0,
) -> Sequence[Key]:
    """Where the next ``count`` wanted calls after a key stand, newest first; their texts are not looked at."""
    rows = await db.fetch(
        _KEYS,
        **_params(integration_id, wanted),
        before=after.id or _AFTER_ALL,
        count=count,
        skipped=skipped,
    )
    return [Key(row[0], row[1]) for row in rows]


async def total(db: Database, integration_id: str, wanted: CallFilter) -> int:
    """How many wanted calls there are, whatever their texts."""
    [row] = await db.fetch(_COUNT, **_params(integration_id, wanted))
    return int(row[0])


def _params(integration_id: str, wanted: CallFilter) -> dict[str, Any]:
    ranges = wanted.statuses or ((0, 999),)
    # The ranges that are not used are those of nothing.
    ranges += ((1, 0),) * (MAX_STATUSES - len(ranges))
    states = wanted.states or {"posted", "nothing", "refused"}
    return {
        "integration_id": integration_id,
        "since": wanted.since,
        "until": wanted.until,
        **{f"low_{one}": low for one, (low, _) in zip(_RANGES, ranges, strict=True)},
        **{f"high_{one}": high for one, (_, high) in zip(_RANGES, ranges, strict=True)},
        **{state: int(state in states) for state in ("posted", "nothing", "refused")},
    }
