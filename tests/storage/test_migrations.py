"""Migrations and the schema agree."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

import hookroom.storage.migrations as migrations
from hookroom.storage.migrations import new_database
from hookroom.storage.schema import metadata
from hookroom.storage.schema.search import is_ours


def differences(connection: Connection) -> list[object]:
    return list(
        compare_metadata(MigrationContext.configure(connection, opts={"include_name": is_ours}), metadata)
    )


async def postgres_differences(url: str) -> list[object]:
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    return found


def test_migrating_an_empty_database_makes_the_schema(empty_database_url: str) -> None:
    import asyncio

    migrations.upgrade(empty_database_url)
    if empty_database_url.startswith("sqlite"):
        engine = create_engine(empty_database_url)
        with engine.connect() as connection:
            assert differences(connection) == []
        engine.dispose()
    else:
        assert asyncio.run(postgres_differences(empty_database_url)) == []


def test_new_databases_are_as_migrated_ones(tmp_path: Path) -> None:
    migrated, new = tmp_path / "migrated.db", tmp_path / "new.db"
    migrations.upgrade(f"sqlite:///{migrated}")

    assert new_database.SCRIPT.read_text() == new_database.script(migrated), "run: make docs"
    assert new_database.create(new)
    assert new_database.script(new) == new_database.script(migrated)
    assert not new_database.create(new)


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD
