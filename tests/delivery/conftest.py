"""Fixtures of the delivery tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import uvloop
from tests.delivery.calls import Run
from tests.running import Api


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run


@pytest.fixture
def room(admin: Api) -> Any:
    """A channel of the test's own on the shared server, with rocket.cat in it."""
    room = admin.new_channel()
    admin.post("channels.invite", roomId=room["_id"], userId="rocket.cat")
    return room
