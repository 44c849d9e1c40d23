"""Fixtures that every part uses: databases."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests import postgres
from tests.running import Api, Server, running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server of this run's own."""
    if postgres.programs() is None and not os.environ.get("CI"):
        pytest.skip(postgres.HOW_TO_GET_IT)
    with postgres.server() as url:
        yield url


_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """URL of a new, empty PostgreSQL database."""
    name = f"test_{next(_numbers)}"

    async def create() -> None:
        connection = await asyncpg.connect(postgres_server)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    return postgres_server.rpartition("/")[0] + "/" + name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a new, empty database: once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hookroom.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on SQLite in test mode that all tests share: use names of your own (``unique``)."""
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def admin(server: Server) -> Api:
    """The administrator of ``server``."""
    return server.admin()


@pytest.fixture
def own_server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A new server of the test's own: once on each kind of database."""
    with running(tmp_path / "data", database_url=database_url) as server:
        yield server
