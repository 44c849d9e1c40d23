"""Servers of a module's own that start quickly: their database is copied, migrated already."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.running import Server, running


@contextlib.contextmanager
def serving(data: Path, database: Path | str, **settings: object) -> Iterator[Server]:
    """A server with its data in ``data``; ``settings`` are those of the deliveries (``timeout_s=0.5``).

    ``database`` is a migrated SQLite file to begin with (the fixture ``sqlite_template``), or the URL of a
    database. A server that is started again goes on with what is in ``data``.
    """
    url = database if isinstance(database, str) else None
    if isinstance(database, Path) and not (data / "hookroom.db").exists():
        data.mkdir(parents=True, exist_ok=True)
        shutil.copy(database, data / "hookroom.db")
    environment = {f"HOOKROOM_DELIVERIES_{name.upper()}": str(value) for name, value in settings.items()}
    with running(data, database_url=url, environment=environment) as server:
        yield server
