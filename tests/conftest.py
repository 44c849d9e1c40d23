"""Fixtures that every part uses: databases."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings
from tests import postgres
from tests.mailboxes import Mailbox
from tests.running import Api, Server, running

from hookroom.storage.migrations import upgrade

# How long one example takes says more of what else the machine does than of the code.
settings.register_profile("hookroom", deadline=None)
settings.load_profile("hookroom")


LONGEST = (
    *(
        "hooks/test_idempotency.py",
        "delivery/test_crash.py",
        "cli/test_integrations.py",
        "hooks/test_fuzz.py",
    ),
    *("hooks/test_load.py", "matrix/test_matrix.py", "cli/test_upgrade_check.py", "cli/test_users.py"),
    *("rest/test_openapi.py", "rest/test_rooms_hostile.py", "integrations/test_upgrade_check.py"),
)
"""Files that take longest: they are begun first, so that none of them is worked at alone in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    folder = Path(__file__).parent
    places = {folder / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server of this run's own."""
    if postgres.programs() is None and not os.environ.get("CI"):
        pytest.skip(postgres.HOW_TO_GET_IT)
    with postgres.server() as url:
        yield url


_numbers = itertools.count(1)


def _create(server: str, template: str = "template1") -> str:
    """A new database; answers its URL."""
    name = f"test_{next(_numbers)}"

    async def create() -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await connection.close()

    asyncio.run(create())
    return server.rpartition("/")[0] + "/" + name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating anew for each test takes minutes in all."""
    path = tmp_path_factory.mktemp("template") / "hookroom.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a migrated PostgreSQL database to copy."""
    url = _create(postgres_server)
    upgrade(url)
    return url.rpartition("/")[2]


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """URL of a new PostgreSQL database with nothing in it."""
    return _create(postgres_server)


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> str:
    """URL of a new PostgreSQL database: migrated, without rows."""
    return _create(postgres_server, postgres_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a new database with nothing in it: once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hookroom.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a new database, migrated, without rows: once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "data" / "hookroom.db"
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
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


@pytest.fixture(scope="module")
def user(admin: Api) -> Api:
    """Somebody without special roles."""
    return admin.new_user()


@pytest.fixture(scope="module")
def stranger(admin: Api) -> Api:
    """Somebody who is in none of ``user``'s rooms."""
    return admin.new_user()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    with Mailbox() as box:
        yield box


@pytest.fixture
def own_server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A new server of the test's own: once on each kind of database."""
    with running(tmp_path / "data", database_url=database_url) as server:
        yield server
