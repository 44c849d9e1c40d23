"""The statements that look through a history, made once for each kind of question.

Everything here reads an index alone: ``deliveries_history_idx``, or ``deliveries_trouble_idx`` where only
entries in trouble are wanted.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from hookroom.rules.history_filter import MAX_STATUSES, TROUBLE, HistoryFilter, Key
from hookroom.storage.statement import Statement

Order = Literal["ASC", "DESC"]

_COLUMNS: Final = "updated_at, id, state, status"
_WITHIN: Final[Mapping[Order, str]] = {
    "DESC": "integration_id = :integration_id AND (updated_at, id) < (:time, :id) AND updated_at >= :bound",
    "ASC": "integration_id = :integration_id AND (updated_at, id) > (:time, :id) AND updated_at <= :bound",
}
_RANGES: Final = "abcdef"[:MAX_STATUSES]
"""Each a range of statuses: ``:low_a`` to ``:high_a``."""


class Statements(NamedTuple):
    """What a page needs: keys of wanted entries, the last that was looked at, and how many there are."""

    keys: Statement
    last: Statement
    total: Statement


class Shape(NamedTuple):
    """What of a question is in the text of its statements, so that a database sees how to answer it."""

    order: Order
    states: tuple[str, ...]
    in_trouble: bool
    ranges: int
    no_answer: bool

    @property
    def wanted(self) -> str:
        """The condition on what is looked at; empty if all of it is wanted."""
        conditions = []
        if self.states and not self.in_trouble:
            conditions.append(_one_of(self.states))
        statuses = [f"status BETWEEN :low_{one} AND :high_{one}" for one in _RANGES[: self.ranges]]
        if self.no_answer:
            statuses.append("(status IS NULL AND state <> 'pending')")
        if statuses:
            conditions.append(f"({' OR '.join(statuses)})")
        return " AND ".join(conditions)


def _one_of(states: Sequence[str]) -> str:
    return f"state IN ({', '.join(repr(state) for state in states)})"


_IN_TROUBLE: Final = _one_of(TROUBLE)
"""As the partial index has it: SQLite uses it only where it is said in the same words."""


@functools.cache
def statements_of(shape: Shape) -> Statements:
    """Over the stretches of the index of trouble that ``shape`` asks for, or else over the whole history."""
    order = shape.order
    by = f"ORDER BY updated_at {order}, id {order}"
    rest = f"{_WITHIN[order]} {by} LIMIT :looked"
    if shape.in_trouble:
        stretches = (
            f"SELECT * FROM (SELECT {_COLUMNS} FROM deliveries WHERE {_IN_TROUBLE} AND state = '{state}'"
            f" AND {rest}) AS {state}"
            for state in shape.states
        )
        source = " UNION ALL ".join(stretches)
    else:
        source = f"SELECT {_COLUMNS} FROM deliveries WHERE {rest}"
    merged = (
        f"SELECT * FROM ({source}) AS stretches {by} LIMIT :looked"
        if len(shape.states) > 1 and shape.in_trouble
        else source
    )
    looked = f"FROM ({merged}) AS looked"
    wanted = shape.wanted
    where = f" WHERE {wanted}" if wanted else ""
    counted = f"count(CASE WHEN {wanted} THEN 1 END)" if wanted else "count(*)"
    return Statements(
        keys=Statement(f"SELECT updated_at, id {looked}{where} {by} LIMIT :count OFFSET :skipped"),
        last=Statement(f"SELECT updated_at, id {looked} {by} LIMIT 1 OFFSET :skipped"),
        total=Statement(f"SELECT count(*), {counted} FROM ({source}) AS looked"),
    )


def shape_of(wanted: HistoryFilter, order: Order) -> Shape:
    """The shape of a question."""
    return Shape(
        order, tuple(sorted(wanted.states)), wanted.in_trouble, len(wanted.statuses), wanted.no_answer
    )


def params_of(integration_id: str, wanted: HistoryFilter, order: Order, after: Key | None) -> dict[str, Any]:
    """The parameters of its statements, but for ``looked``, ``count`` and ``skipped``."""
    start = Key(wanted.until + 1, "") if order == "DESC" else Key(wanted.since, "")
    if after is not None:
        start = min(start, after) if order == "DESC" else max(start, after)
    ranges = list(zip(_RANGES, wanted.statuses, strict=False))
    return {
        "integration_id": integration_id,
        "time": start.time,
        "id": start.id,
        "bound": wanted.since if order == "DESC" else wanted.until,
        **{f"low_{one}": low for one, (low, _) in ranges},
        **{f"high_{one}": high for one, (_, high) in ranges},
    }
