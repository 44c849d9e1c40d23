"""Fixtures of the sandbox's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.scripting.sandboxes import Bench, Runner, bench


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
