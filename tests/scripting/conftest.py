"""Fixtures of the sandbox's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.scripting.sandboxes import Bench, Runner, bench

HERE: Final = Path(__file__).parent


TIMED: Final = ("test_beside", "test_hostile", "test_soak", "test_state", "test_workers")
"""Files that hold scripts to limits of real time: on a machine that other tests keep busy they would miss them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What measures time runs by itself."""
    for item in items:
        if item.path.parent == HERE and item.path.name.startswith(TIMED):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """A loop in a thread."""
    runner = Runner()
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def shared_sandbox(runner: Runner) -> Iterator[Bench]:
    """A sandbox that all tests share."""
    with bench(runner) as made:
        yield made


@pytest.fixture
def sandbox(shared_sandbox: Bench) -> Bench:
    """The shared sandbox, with nothing fetched yet."""
    shared_sandbox.fetched.clear()
    shared_sandbox.answers.clear()
    return shared_sandbox
