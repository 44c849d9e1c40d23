"""Entries with their attempts, read in groups that get smaller the larger the entries are.

What entries hold is bounded, but a hundred of the largest are more than anybody wants in one answer, or in
memory: once a page has its bytes, the entries after that are read briefly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hookroom.rules.history_filter import Key
from hookroom.storage.database import Database
from hookroom.storage.tables import attempts, delivery_history
from hookroom.storage.tables.attempts import StoredAttempt
from hookroom.storage.tables.delivery_history import StoredEntry

PAGE_BYTES: Final = 1024 * 1024
"""Characters of the entries of a page that are shown whole."""
FIRST: Final = 8
"""Entries that are read before anything is known of their size."""
LEAST: Final = 64
"""Entries that are read whatever the time."""
MOST: Final = 250
"""Entries that are read at a time."""


class Read(Struct, frozen=True):
    """An entry and its attempts, as stored. ``brief``: without the documents of its attempts, or long data."""

    stored: StoredEntry
    attempts: Sequence[StoredAttempt]
    brief: bool = False

    @property
    def size(self) -> int:
        """Characters that were read."""
        docs = sum(len(one.doc or "") for one in self.attempts)
        return docs + len(self.stored.progress) + len(self.stored.data or "")


class Reading:
    """Reads the entries of ``keys`` in groups, until it has ``size`` characters or ``seconds`` have passed.

    ``LEAST`` entries are read however long that takes.
    """

    def __init__(self, db: Database, keys: Sequence[Key], *, size: int, seconds: float = math.inf) -> None:
        self._db = db
        self._keys = keys
        self._size = size
        self._seconds = seconds
        self._start = time.monotonic()
        self._read = 0
        self.done = 0
        """Keys whose entries have been read, or are gone."""

    @property
    def goes_on(self) -> bool:
        """Whether there is something left to read, and characters and time to read it."""
        if self.done >= len(self._keys) or self._read >= self._size:
            return False
        return self.done < LEAST or self._passed < self._seconds

    async def group(self) -> Sequence[Read]:
        """The next entries that are still there, in order."""
        count = FIRST
        if self._read:
            in_size = (self._size - self._read) * self.done // self._read
            in_time = max((self._seconds / self._passed - 1) * self.done, LEAST - self.done)
            count = int(max(1, min(in_size, in_time, MOST)))
        group = self._keys[self.done : self.done + count]
        self.done += len(group)
        found = await read(self._db, group)
        self._read += sum(one.size for one in found)
        return found

    @property
    def _passed(self) -> float:
        return time.monotonic() - self._start


async def read(db: Database, keys: Sequence[Key], *, briefly: bool = False) -> Sequence[Read]:
    """The entries of ``keys`` that are still there, in their order."""
    ids = [key.id for key in keys]
    # One after the other, without what was tried in between: an entry comes with the attempts that it tells of.
    entries = await delivery_history.of_ids(db, ids, briefly=briefly)
    made = await attempts.stored(db, ids, whole=0 if briefly else attempts.SHOWN)
    of: dict[str, list[StoredAttempt]] = {}
    for attempt in made:
        of.setdefault(attempt.delivery_id, []).append(attempt)
    return [
        Read(entry, [one for one in of.get(entry.id, ()) if one.number <= entry.attempts], briefly)
        for entry in entries
    ]
