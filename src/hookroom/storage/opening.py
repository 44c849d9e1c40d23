"""Opening a database: which driver a URL means, and bringing the schema up to date."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import sqlite3
import sys
from pathlib import Path
from typing import IO

import asyncpg

from hookroom.storage.database import Database, Unavailable
from hookroom.storage.migrations import HEAD, new_database
from hookroom.storage.postgres import PostgresDatabase
from hookroom.storage.sqlite import SQLiteDatabase

_VERSION = "SELECT version_num FROM alembic_version"


def database_url(url: str | None, data: Path) -> str:
    """The URL in use: ``url`` when given, else the SQLite file in the data directory."""
    return url or f"sqlite:///{data / 'hookroom.db'}"


def sqlite_path(url: str) -> Path | None:
    """The file of a ``sqlite:///`` URL, ``None`` for another database."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


async def open_database(url: str) -> Database:
    """Open the database at ``url`` and migrate it if needed.

    Raises:
        Unavailable: it cannot be reached, or its schema is newer than this program.
    """
    path = sqlite_path(url)
    current = await current_version(url)
    if current != HEAD:
        if current is not None and current > HEAD:
            raise Unavailable(f"The database has schema {current}, newer than this program's {HEAD}.")
        if path is None or current is not None or not new_database.create(path):
            await _upgrade(url)
    return SQLiteDatabase(path) if path else await PostgresDatabase.open(url)


async def _upgrade(url: str) -> None:
    # In a process of its own: what migrating loads would stay in the server's memory for ever. The URL goes
    # by standard input, because everybody on the machine can read a command line.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hookroom.storage.migrations",
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await child.communicate(url.encode())
    if child.returncode != 0:
        reason = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise Unavailable(f"The schema could not be brought up to date: {reason}")


async def current_version(url: str) -> str | None:
    """The schema revision of a database; ``None`` when it is empty or absent."""
    path = sqlite_path(url)
    if path:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            return None
        with contextlib.closing(sqlite3.connect(path)) as connection:
            try:
                row = connection.execute(_VERSION).fetchone()
            except sqlite3.OperationalError:
                return None
            return row[0] if row else None
    try:
        postgres = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"PostgreSQL cannot be reached: {type(error).__name__}.") from error
    try:
        version: str | None = await postgres.fetchval(_VERSION)
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await postgres.close()
    return version


class DataLock:
    """Keeps a second server off the same data directory; the lock goes with the process."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (data / "hookroom.lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise Unavailable(f"Another Hookroom is running on {data}.") from error

    def release(self) -> None:
        """Let the next server in."""
        self._file.close()
