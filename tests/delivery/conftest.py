"""Fixtures of the delivery tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import uvloop
from tests.delivery.calls import Run


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run
