"""PostgreSQL through asyncpg, with the same group commit: one transaction for all changes that wait.

Other nodes hear of touched caches by one ``NOTIFY`` per batch. A connection that breaks fails the batch that
was under way (its outcome is unknown, the caller may try again) and is opened anew for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

import asyncpg
import msgspec

from hookroom.storage.batch import (
    Hearer,
    Listener,
    Listeners,
    Merged,
    Result,
    Waiting,
    settle,
    written_touches,
)
from hookroom.storage.database import Conflict, Kind, Stale, Unavailable
from hookroom.storage.statement import Append, Changes, Column, Params, Revise, Row, Statement, Touch

READERS: Final = 4
CHANNEL: Final = "hookroom_touched"
TRIES: Final = 5
"""How often a batch is written that locked what another node's batch waited for, and the other way round."""
MAX_NOTIFY_BYTES: Final = 7900
"""PostgreSQL refuses a payload of 8000 bytes."""
MAX_NOTICES: Final = 100
"""Of one batch; more touches than they hold tell the others to forget everything."""

_NOTIFY: Final = "SELECT pg_notify($1, notice) FROM unnest($2::text[]) AS notice"

_PAUSE_S: Final = 0.02
_BROKEN: Final = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, TimeoutError)

EVERYTHING: Final[Touch] = ("*", "*")
"""Tells the listeners to forget all that they hold. Its key may be the time (epoch ms) that all was heard till."""


class PostgresDatabase:
    """A PostgreSQL database, reached by a ``postgresql://`` URL. Make one with ``open``."""

    kind: Kind = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._node = secrets.token_hex(6)
        self._waiting: list[Waiting] = []
        self._wake = asyncio.Event()
        self._listeners = Listeners()
        self._hearers: list[Hearer] = []
        self._closed = False
        self._heard_at = time.time_ns() // 1_000_000
        self._readers: asyncpg.Pool[asyncpg.Record]
        self._writer: asyncpg.Connection[asyncpg.Record] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, url: str) -> PostgresDatabase:
        """Connect. Raises ``Unavailable`` when the server cannot be reached."""
        self = cls(url)
        try:
            self._readers = await asyncpg.create_pool(url, min_size=1, max_size=READERS)
            self._writer = await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"PostgreSQL cannot be reached: {type(error).__name__}.") from error
        heard = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._write_for_ever(), name="postgres-writer"),
            asyncio.create_task(self._listen_for_ever(heard), name="postgres-listener"),
        ]
        await heard.wait()
        return self

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
        self._waiting.append((changes, future))
        self._wake.set()
        return await future

    async def fetch(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """See ``Database``."""
        if self._closed:
            raise Unavailable("The server is shutting down.")
        try:
            rows = await self._readers.fetch(numbered(statement), *map(_askable, _ordered(statement, params)))
        except _BROKEN as error:
            raise Unavailable("The database cannot be reached.") from error
        return cast("Sequence[Row]", rows)

    async def close(self) -> None:
        """See ``Database``."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        writer, listener = self._tasks
        await writer
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
        if self._writer is not None:
            await self._writer.close()
        await self._readers.close()

    async def _write_for_ever(self) -> None:
        while self._waiting or not self._closed:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                # One turn of the loop lets the requests that are ready now join the batch.
                await asyncio.sleep(0)
                continue
            batch, self._waiting = self._waiting, []
            try:
                if self._writer is None or self._writer.is_closed():
                    self._writer = await asyncpg.connect(self._url)
                results = await self._write_until_it_is_through(
                    self._writer, [changes for changes, _ in batch]
                )
            except Exception as error:
                if self._writer is not None:
                    self._writer.terminate()
                    self._writer = None
                failure = Unavailable(f"The database refused the write: {type(error).__name__}.")
                failure.__cause__ = error
                results = [failure] * len(batch)
            settle(batch, results, self._listeners, self._hearers)

    async def _write_until_it_is_through(
        self, connection: asyncpg.Connection[asyncpg.Record], batch: list[Changes]
    ) -> list[Result]:
        for _ in range(1, TRIES):
            with contextlib.suppress(asyncpg.DeadlockDetectedError):
                return await self._write_batch(connection, batch)
            # Nothing of it was written: whole batches give way, so that what the other one holds is soon free.
            await asyncio.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - no secret
        return await self._write_batch(connection, batch)

    async def _write_batch(
        self, connection: asyncpg.Connection[asyncpg.Record], batch: list[Changes]
    ) -> list[Result]:
        results: list[Result] = [[] for _ in batch]
        async with connection.transaction():
            for i, changes in enumerate(batch):
                if not changes.commutes:
                    results[i] = await _write_alone(connection, changes)
            together = [i for i, changes in enumerate(batch) if changes.commutes]
            if together:
                try:
                    async with connection.transaction():
                        await _write_together(connection, [batch[i] for i in together])
                except (*_BROKEN, asyncpg.DeadlockDetectedError):
                    raise
                except Exception:
                    for i in together:
                        results[i] = await _write_alone(connection, batch[i])
            touched = written_touches(batch, results)
            if touched:
                await connection.execute(_NOTIFY, CHANNEL, notices(self._node, touched))
        return results

    async def _listen_for_ever(self, heard: asyncio.Event) -> None:
        pause = 0.05
        while True:
            lost = asyncio.Event()
            connection: asyncpg.Connection[asyncpg.Record] | None = None
            try:
                connection = await asyncpg.connect(self._url)
                connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._hear)
                if heard.is_set():
                    # What was said while nobody listened is not known.
                    self._tell([("*", str(self._heard_at))], local=False)
                heard.set()
                pause = 0.05
                await lost.wait()
            except (*_BROKEN, asyncpg.PostgresError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            finally:
                if connection is not None:
                    connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._heard_at = time.time_ns() // 1_000_000
        node, *touched = msgspec.json.decode(cast("str", payload))
        if node != self._node:
            self._tell([(kind, key) for kind, key in touched], local=False)

    def _tell(self, touched: Sequence[Touch], *, local: bool) -> None:
        self._listeners.tell(touched, local=local)


def notices(node: str, touched: Sequence[Touch]) -> list[str]:
    """What other nodes are told of a batch: each touch once, in payloads that PostgreSQL takes."""
    first = msgspec.json.encode(node)
    payloads: list[list[bytes]] = []
    room = 0
    for touch in dict.fromkeys(touched):
        part = msgspec.json.encode(touch)
        if len(part) >= room:
            payloads.append([first])
            room = MAX_NOTIFY_BYTES - len(first) - 2
        payloads[-1].append(part)
        room -= len(part) + 1
    if len(payloads) > MAX_NOTICES:
        payloads = [[first, msgspec.json.encode(EVERYTHING)]]
    return [f"[{b','.join(parts).decode()}]" for parts in payloads]


async def _write_alone(connection: asyncpg.Connection[asyncpg.Record], changes: Changes) -> Result:
    rows: list[Row] = []
    try:
        async with connection.transaction():
            for step in changes.steps:
                text, values = numbered(step.statement), _ordered(step.statement, step.params)
                if step.statement.returns:
                    rows = cast("list[Row]", await connection.fetch(text, *values))
                    count = len(rows)
                else:
                    count = _touched_rows(await connection.execute(text, *values))
                if step.expect is not None and step.expect != count:
                    raise Stale
            await _write_together(connection, [changes])
    except asyncpg.UniqueViolationError as error:
        return Conflict(str(error.constraint_name))
    except (*_BROKEN, asyncpg.DeadlockDetectedError):
        raise
    except Exception as error:
        return error
    return rows


def _touched_rows(status: str) -> int:
    # "UPDATE 1", "INSERT 0 1"
    return int(status.rpartition(" ")[2])


async def _write_together(connection: asyncpg.Connection[asyncpg.Record], batch: list[Changes]) -> None:
    merged = Merged(batch)
    for table, rows in merged.appends.items():
        await connection.execute(_insert(table), *([row[name] for row in rows] for name in table.columns))
    for merge, params in merged.combined():
        for one in params:
            await connection.execute(numbered(merge.statement), *_ordered(merge.statement, one))
    for revise, by_id in merged.revisions.items():
        rows = list(by_id.values())
        await connection.execute(_revise(revise), *([row[name] for row in rows] for name in revise.columns))


_texts: dict[Statement | Append | Revise, str] = {}


def numbered(statement: Statement) -> str:
    """The statement with ``$1``-style parameters."""
    text = _texts.get(statement)
    if text is None:
        text = statement.sql
        for i, name in enumerate(statement.parameters, 1):
            text = _replace(text, name, f"${i}")
        _texts[statement] = text
    return text


def _replace(text: str, name: str, by: str) -> str:
    return re.sub(rf"(?<!:):{name}\b", by, text)


def _ordered(statement: Statement, params: Params) -> list[Any]:
    return [params[name] for name in statement.parameters]


def _askable(value: Any) -> Any:
    # PostgreSQL has no U+0000, in no row, and refuses to be asked for it.
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _arrays(columns: Mapping[str, Column]) -> str:
    return ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(columns.values(), 1))


def _revise(revise: Revise) -> str:
    text = _texts.get(revise)
    if text is None:
        table, columns = revise.table, revise.columns
        sets = ", ".join(f"{name} = new.{name}" for name in columns if name != "id")
        text = (
            f"UPDATE {table} SET {sets} FROM unnest({_arrays(columns)}) AS new({', '.join(columns)})"
            f" WHERE {table}.id = new.id AND NOT ({revise.unless})"
        )
        _texts[revise] = text
    return text


def _insert(table: Append) -> str:
    text = _texts.get(table)
    if text is None:
        arrays = _arrays(table.columns)
        text = f"INSERT INTO {table.table} ({', '.join(table.columns)}) SELECT * FROM unnest({arrays})"
        _texts[table] = text
    return text
