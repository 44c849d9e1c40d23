"""SQLite: one writer thread with group commit, reader threads with connections of their own.

The event loop gathers the changes of one turn and hands them over as a list; the writer takes every list
that waits and writes them all in one transaction. WAL with ``synchronous=FULL``: a commit that returned is on
disk. Statements run in C without the interpreter lock; many rows in one statement keep its hand-overs few.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from hookroom.storage.batch import Hearer, Listener, Listeners, Merged, Result, Waiting, settle
from hookroom.storage.database import Conflict, Kind, Stale, Unavailable
from hookroom.storage.statement import Append, Changes, Params, Revise, Row, Statement

READERS: Final = 2
CACHE_KIB: Final = 16 * 1024
CHECKPOINT_PAGES: Final = 4000
MAX_ROWS: Final = 64
"""Rows in one INSERT; larger lists are split into powers of two, so that few texts are compiled."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the settings that every use here needs."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    return connection


class SQLiteDatabase:
    """A database file. Create it inside a running event loop."""

    kind: Kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._gathered: list[Waiting] = []
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._listeners = Listeners()
        self._hearers: list[Hearer] = []
        self._closed = False
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._connections: list[sqlite3.Connection] = []
        # Opened here, so that what is wrong with the file is found at the start and not in a thread; and before
        # any other: a new file is switched to WAL by one connection alone.
        connection = connect(path)
        self._writer = threading.Thread(
            target=self._write_for_ever, args=(connection,), name="sqlite-writer", daemon=True
        )
        self._writer.start()

    def on_touched(self, listener: Listener, kinds: Collection[str] = ()) -> None:
        """See ``Database``."""
        self._listeners.add(listener, kinds)

    def on_told(self, listener: Hearer) -> None:
        """See ``Database``."""
        self._hearers.append(listener)

    async def commit(self, changes: Changes) -> list[Row]:
        """See ``Database``."""
        if self._closed:
            raise Unavailable("The server is shutting down.")
        future: asyncio.Future[list[Row]] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append((changes, future))
        # A caller that goes away cancels only its future: what was handed over is written all the same.
        return await future

    async def fetch(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """See ``Database``."""
        if self._closed:
            raise Unavailable("The server is shutting down.")
        return await self._loop.run_in_executor(self._readers, self._read, statement, params)

    async def close(self) -> None:
        """See ``Database``."""
        if self._closed:
            return
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._writer.join)
        await asyncio.sleep(0)  # The last batch settles in a callback that is due now.
        self._readers.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _read(self, statement: Statement, params: Params) -> Sequence[Row]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self._path)
            connection.execute("PRAGMA query_only=ON")
            self._local.connection = connection
            self._connections.append(connection)
        return connection.execute(statement.sql, params).fetchall()

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _write_for_ever(self, connection: sqlite3.Connection) -> None:
        going = True
        while going:
            waiting = self._queue.get()
            batch: list[Waiting] = []
            while waiting is not None:
                batch += waiting
                try:
                    waiting = self._queue.get_nowait()
                except Empty:
                    break
            else:
                going = False
            if batch:
                results = write_batch(connection, [changes for changes, _ in batch])
                self._loop.call_soon_threadsafe(settle, batch, results, self._listeners, self._hearers)
        connection.close()


def write_batch(connection: sqlite3.Connection, batch: list[Changes]) -> list[Result]:
    """Write concurrent changes in one transaction; one result for each, in order."""
    results: list[Result] = [[] for _ in batch]
    try:
        connection.execute("BEGIN IMMEDIATE")
        alone = [i for i, changes in enumerate(batch) if not changes.commutes]
        for i in alone:
            results[i] = _write_alone(connection, batch[i])
        together = [i for i, changes in enumerate(batch) if changes.commutes]
        if together:
            try:
                with _savepoint(connection):
                    _write_together(connection, [batch[i] for i in together])
            except Exception:
                for i in together:
                    results[i] = _write_alone(connection, batch[i])
        connection.execute("COMMIT")
    except Exception as error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        failure = Unavailable(f"The database refused the write: {type(error).__name__}.")
        failure.__cause__ = error
        return [failure] * len(batch)
    return results


@contextlib.contextmanager
def _savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT change")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO change")
        connection.execute("RELEASE change")
        raise
    connection.execute("RELEASE change")


def _write_alone(connection: sqlite3.Connection, changes: Changes) -> Result:
    rows: list[Row] = []
    try:
        with _savepoint(connection):
            for step in changes.steps:
                cursor = connection.execute(step.statement.sql, step.params)
                if cursor.description is not None:
                    rows = cursor.fetchall()
                if step.expect is not None and step.expect != cursor.rowcount:
                    raise Stale
            _write_together(connection, [changes])
    except sqlite3.IntegrityError as error:
        # "UNIQUE constraint failed: rooms.name_key"
        return Conflict(str(error).rpartition(": ")[2])
    except Exception as error:
        if not connection.in_transaction:
            raise  # The disk is full or broken: the whole transaction is gone.
        return error
    return rows


def _write_together(connection: sqlite3.Connection, batch: list[Changes]) -> None:
    merged = Merged(batch)
    for table, rows in merged.appends.items():
        _append(connection, table, rows)
    for merge, params in merged.combined():
        for one in params:
            connection.execute(merge.statement.sql, one)
    for revise, by_id in merged.revisions.items():
        _in_pieces(connection, list(by_id.values()), tuple(revise.columns), partial(_revise, revise))


def _append(connection: sqlite3.Connection, table: Append, rows: list[Params]) -> None:
    columns = tuple(table.columns)
    _in_pieces(connection, rows, columns, partial(_insert, table))


def _in_pieces(
    connection: sqlite3.Connection, rows: list[Params], columns: tuple[str, ...], text: Callable[[int], str]
) -> None:
    """Write many rows in few statements: each gives the lock of this process's threads away and waits for it."""
    start, count = 0, len(rows)
    size = MAX_ROWS
    while start < count:
        while size > count - start:
            size //= 2
        values = [row[name] for row in rows[start : start + size] for name in columns]
        connection.execute(text(size), values)
        start += size


_texts: dict[tuple[Append | Revise, int], str] = {}


def _values(columns: Sized, rows: int) -> str:
    one = f"({', '.join('?' * len(columns))})"
    return f"VALUES {', '.join([one] * rows)}"


def _insert(table: Append, rows: int) -> str:
    text = _texts.get((table, rows))
    if text is None:
        columns = table.columns
        text = f"INSERT INTO {table.table} ({', '.join(columns)}) {_values(columns, rows)}"
        _texts[(table, rows)] = text
    return text


def _revise(revise: Revise, rows: int) -> str:
    text = _texts.get((revise, rows))
    if text is None:
        table, columns = revise.table, revise.columns
        sets = ", ".join(f"{name} = new.column{i}" for i, name in enumerate(columns, 1) if i > 1)
        text = (
            f"UPDATE {table} SET {sets} FROM ({_values(columns, rows)}) AS new"
            f" WHERE {table}.id = new.column1 AND NOT ({revise.unless})"
        )
        _texts[(revise, rows)] = text
    return text
