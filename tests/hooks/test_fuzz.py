"""Whatever is sent to a webhook's address: no fault of the server, no empty message, no leak, no silence.

``HOOKROOM_DRILL=1`` runs the long form; ``HOOKROOM_FUZZ_SEED`` chooses the calls.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hooks.fuzz.framing import Call
from tests.hooks.fuzz.run import Canary, Run, beside
from tests.hooks.fuzz.stored import News, read_now, reader
from tests.hooks.fuzz.strategies import bodies
from tests.hooks.fuzz.targets import House, Target, furnish
from tests.hooks.hooks import Hook
from tests.running import Api, Server, running

DRILL: Final = os.environ.get("HOOKROOM_DRILL") == "1"
CALLS: Final = 60_000 if DRILL else 4_500
"""On each kind of database."""
EXAMPLES: Final = 5_000 if DRILL else 500
"""Calls of Hypothesis."""
SEED: Final = os.environ.get("HOOKROOM_FUZZ_SEED", "hookroom")
PASSWORD: Final = "Correct-horse-1"
USUAL: Final = {200, 204, 400, 401, 404, 405, 413, 415, 422, 429, 503}

ENVIRONMENT: Final = {
    "ADMIN_USERNAME": "keeper",
    "ADMIN_PASS": PASSWORD,
    "HOOKROOM_MAX_BODY_BYTES": "65536",
    "HOOKROOM_TRUSTED_PROXIES": "127.0.0.1",
    "HOOKROOM_HOOKS_ADDRESS_RATE_CALLS": "600",
}


@contextmanager
def fuzzed(database_url: str, data: Path, copies: int = 2) -> Iterator[tuple[Server, Api, House, News]]:
    """A server with all its limits, and all kinds of webhooks; in the end its log must tell of no fault."""
    with running(data, test_mode=False, database_url=database_url, environment=ENVIRONMENT) as server:
        admin = Api.login(server.url, "keeper", PASSWORD)
        house = furnish(admin, copies)
        yield server, admin, house, reader(database_url, data)
        assert server.process.poll() is None
        log = (data / "server.log").read_text()
    assert not re.search(r"Traceback|\[error|\bERROR\b|CRITICAL", log), log[-8000:]
    assert not any(secret in log for secret in house.secrets)


def test_a_grammar_of_calls(database_url: str, tmp_path: Path) -> None:
    with fuzzed(database_url, tmp_path / "data") as (server, admin, house, news):
        hook = Hook(admin)
        canary = Canary(server.url + hook.path)
        run = Run(server.url, house, news, SEED, tmp_path, [hook.id])
        began = time.perf_counter()
        asyncio.run(beside(canary, run, CALLS))
        took = time.perf_counter() - began
        print(
            f"\n{run.calls} calls, {run.calls / took:.0f}/s, {run.messages} messages, "
            f"canary {len(canary.sent)} calls, slowest {canary.slowest_s:.2f} s\n"
            f"{sorted(run.statuses.items())}\n{sorted(run.kinds.items())}"
        )
        assert not run.faults, "\n\n".join(run.faults)
        assert canary.slowest_s < 10
        sung = [
            one.doc["msg"]
            for one in read_now(reader(database_url, tmp_path / "data"))
            if one.integration == hook.id
        ]
        assert sorted(sung) == sorted(canary.sent)
        # The calls must be of all sorts, or nothing is shown by them.
        assert run.statuses.keys() >= USUAL
        assert run.messages > run.calls / 5


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, House]]:
    """A few webhooks of a server that is asked one thing at a time."""
    folder = tmp_path_factory.mktemp("small")
    url = f"sqlite:///{folder / 'data' / 'hookroom.db'}"
    with fuzzed(url, folder / "data", copies=0) as (server, _, house, news):
        read_now(news)
        yield Run(server.url, house, news, "hypothesis", folder, []), house


def test_calls_as_small_as_they_can_be(small_house: tuple[Run, House]) -> None:
    run, house = small_house

    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(target=st.sampled_from(house.targets), sent=bodies())
    def one(target: Target, sent: tuple[dict[str, str], bytes]) -> None:
        headers, raw = sent
        lines = [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
        lines += [f"Content-Length: {len(raw)}".encode(), b"Connection: close"]
        lines += [f"X-Forwarded-For: 10.{run.judged % 256}.4.1".encode()]
        head = b"\r\n".join((f"POST /hooks/{target.id}/{target.token} HTTP/1.1".encode(), *lines))
        made = Call(run.judged, target, "POST", head + b"\r\n\r\n" + raw, silent=target.shut)
        asyncio.run(run.one(made))

    one()
    print(f"\n{run.judged} calls, {sorted(run.statuses.items())}")
