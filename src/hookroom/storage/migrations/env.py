"""What Alembic runs: connects to the database named by ``upgrade`` and applies the missing steps."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hookroom.storage.schema import metadata
from hookroom.storage.schema.search import is_ours

_LOCK = 0x686F6F6B
"""Key of the PostgreSQL advisory lock that lets one of several starting nodes migrate."""


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=is_ours,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        context.run_migrations()


async def _migrate_postgres(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


url: str = context.config.attributes["url"]
if url.startswith("sqlite"):
    with create_engine(url, poolclass=NullPool).begin() as sqlite_connection:
        _migrate(sqlite_connection)
else:
    _, _, rest = url.partition("://")
    asyncio.run(_migrate_postgres(f"postgresql+asyncpg://{rest}"))
