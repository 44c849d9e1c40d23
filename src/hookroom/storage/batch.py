"""What both databases share of group commit: how a batch is ordered, merged and settled.

Changes that must run alone (they carry ordinary statements) come first, one after the other, each in its own
savepoint. Those that commute are merged: all rows of a table in one statement, all uses of a merging update
combined. If the merged part fails, its changes are written one by one instead, so that only the one at
fault fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence

from hookroom.storage.statement import Append, Changes, Merge, Params, Revise, Row, Touch

Result = list[Row] | Exception
"""Of one change: the rows it returned, or why nothing of it was written."""

Waiting = tuple[Changes, asyncio.Future[list[Row]]]
Listener = Callable[[Sequence[Touch], bool], None]
Hearer = Callable[[Sequence[object]], None]


class Listeners:
    """Who is told of touches."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: list[tuple[Listener, frozenset[str]]] = []

    def add(self, listener: Listener, kinds: Collection[str]) -> None:
        """Tell ``listener`` of batches that have touches of these kinds, of any where there are none."""
        self._listeners.append((listener, frozenset(kinds)))

    def tell(self, touched: Sequence[Touch], *, local: bool) -> None:
        """Tell those who want to know; each gets the whole batch."""
        present = {kind for kind, _ in touched}
        for listener, kinds in self._listeners:
            if not kinds or not kinds.isdisjoint(present):
                listener(touched, local)


class Merged:
    """The commuting changes of a batch, by statement."""

    __slots__ = ("appends", "merges", "revisions")

    def __init__(self, batch: Iterable[Changes]) -> None:
        self.appends: dict[Append, list[Params]] = {}
        self.merges: dict[Merge, list[Params]] = {}
        self.revisions: dict[Revise, dict[str, Params]] = {}
        for changes in batch:
            for table, row in changes.appends:
                self.appends.setdefault(table, []).append(row)
            for merge, params in changes.merges:
                self.merges.setdefault(merge, []).append(params)
            for revise, params in changes.revisions:
                self.revisions.setdefault(revise, {})[params["id"]] = params

    def combined(self) -> Iterable[tuple[Merge, Sequence[Params]]]:
        """Each merging update with its combined parameters."""
        for merge, params in self.merges.items():
            yield merge, params if len(params) == 1 else merge.combine(params)


def written_touches(batch: Iterable[Changes], results: Iterable[Result]) -> list[Touch]:
    """What caches must forget after a batch: the touches of the changes that were written."""
    return [
        touch
        for changes, result in zip(batch, results, strict=True)
        if not isinstance(result, Exception)
        for touch in changes.touched
    ]


def settle(
    batch: Sequence[Waiting],
    results: Sequence[Result],
    listeners: Listeners,
    hearers: Sequence[Hearer] = (),
) -> None:
    """On the event loop: tell the caches and those who hear, run what follows, then answer every caller."""
    touched = written_touches((changes for changes, _ in batch), results)
    if touched:
        listeners.tell(touched, local=True)
    if hearers:
        told = [
            one
            for (changes, _), result in zip(batch, results, strict=True)
            if not isinstance(result, Exception)
            for one in changes.told
        ]
        for hear in hearers if told else ():
            hear(told)
    for (changes, future), result in zip(batch, results, strict=True):
        if isinstance(result, Exception):
            if not future.cancelled():
                future.set_exception(result)
            continue
        for callback in changes.after:
            callback()
        if not future.cancelled():
            future.set_result(result)
