"""Fixtures of the delivery tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from tests.delivery.calls import Run
from tests.delivery.servers import serving
from tests.running import Api, Server


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


@pytest.fixture(scope="session")
def quiet_server(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Server]:
    """A server for tests that listen to all of it: nothing goes on in the background once a test is over."""
    with serving(tmp_path_factory.mktemp("quiet"), sqlite_template) as server:
        yield server
