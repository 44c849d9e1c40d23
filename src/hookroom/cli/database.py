"""``hookroom db``: the schema of the database."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import cyclopts

from hookroom.config import load
from hookroom.errors import HookroomError
from hookroom.storage.migrations import HEAD
from hookroom.storage.opening import current_version, database_url, open_database

app = cyclopts.App(name="db", help="The schema of the database.")


@app.command
def upgrade(
    *,
    data: Path | None = None,
    database_url_: Annotated[str | None, cyclopts.Parameter(name="--database-url")] = None,
) -> None:
    """Bring the database to the schema of this program; `serve` does it too.

    Parameters
    ----------
    data:
        directory of the embedded database (default ./data)
    database_url_:
        PostgreSQL instead of the embedded database
    """
    config = load(data=data, database_url=database_url_)
    try:
        before = asyncio.run(_upgrade(database_url(config.database_url, config.data)))
    except HookroomError as error:
        sys.exit(str(error))
    print(f"The database is at {HEAD}" + (f", it was at {before}." if before != HEAD else " already."))


async def _upgrade(url: str) -> str | None:
    before = await current_version(url)
    db = await open_database(url)
    await db.close()
    return before
