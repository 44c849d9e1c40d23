"""Workers that die, hang or are full: what becomes of the calls that they had, and of those that come."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.scripting.arena import Arena, arena, until_gone
from tests.scripting.sandboxes import INCOMING, Bench, Runner, bench, method

from hookroom.scripting.model import Fetch, Fetched, Limits, Ran, ScriptFailed
from hookroom.scripting.pool import AHEAD, APART, PAUSE_S
from hookroom.scripting.process import GRACE_MS
from hookroom.scripting.requests import AT_ONCE

LIMITS = Limits(time_ms=2000, memory_mb=16, wait_ms=20_000)
linux = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux confines processes so")


@pytest.fixture
def place(runner: Runner) -> Iterator[Arena]:
    with arena(runner) as made:
        yield made


class Calls:
    """Calls under way at once."""

    def __init__(self, made: Bench) -> None:
        self._bench = made

    def __call__(self, *calls: tuple[str, str], then: Any = None, **options: Any) -> list[Ran | ScriptFailed]:
        """Calls of (key, body), and once all are given to their worker, ``then()``; what comes of them."""

        async def one(key: str, body: str) -> Ran | ScriptFailed:
            script = self._bench.script(
                method(body, asynchronous=True), key=key, legacy=True, limits=options.get("limits", LIMITS)
            )
            try:
                return await self._bench.sandbox.run(
                    script, INCOMING, {"request": options.get("request", {})}
                )
            except ScriptFailed as failed:
                return failed

        async def all_() -> list[Ran | ScriptFailed]:
            tasks = [asyncio.create_task(one(key, body)) for key, body in calls]
            if then is not None:
                await then()
            return await asyncio.gather(*tasks)

        return self._bench.runner.run(all_())


def kinds(outcomes: list[Ran | ScriptFailed]) -> list[str]:
    return [one.kind if isinstance(one, ScriptFailed) else "ok" for one in outcomes]


def made_event(place: Arena) -> asyncio.Event:
    """An event of the loop that the sandbox is on."""

    async def make() -> asyncio.Event:
        return asyncio.Event()

    return place.bench.runner.run(make())


class Standing:
    """A receiver that does not answer; ``asked`` is set when somebody waits for it."""

    def __init__(self, place: Arena) -> None:
        self.requests = 0
        self.asked = made_event(place)

    async def fetch(self, asked: Fetch) -> Fetched:
        self.requests += 1
        self.asked.set()
        await asyncio.Event().wait()
        return Fetched(status=200, headers=[], body="", url=asked.url)


def test_a_call_whose_worker_is_killed_is_done_again_where_that_is_harmless(place: Arena) -> None:
    (pid,) = place.pids

    async def kill() -> None:
        os.kill(pid, signal.SIGKILL)

    until = {"until": time.time() * 1000 + 300}
    outcomes = Calls(place.bench)(
        ("a", "while (Date.now() < request.until); return 1;"), ("b", "return 2;"), then=kill, request=until
    )
    assert kinds(outcomes) == ["ok", "ok"]
    assert place.bench.sandbox.pids != [pid]
    until_gone(pid)


@pytest.mark.parametrize("waits", ["await fetch('http://x/');", "HTTP('GET', 'http://x/');"])
def test_a_call_that_called_out_is_not_done_again(
    place: Arena, waits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pid,) = place.pids
    standing = Standing(place)
    monkeypatch.setattr(place.bench, "fetch", standing.fetch)

    async def kill() -> None:
        await standing.asked.wait()
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(until_gone, pid)

    async def answer(asked: Fetch) -> Fetched:
        await kill()
        return Fetched(status=200, headers=[], body="", url=asked.url)

    if "await" in waits:
        # A call that waits is not in the worker: it finds out when it goes on.
        standing.asked.set()
        monkeypatch.setattr(place.bench, "fetch", answer)
        outcomes = Calls(place.bench)(("a", f"{waits} return 1;"))
    else:
        outcomes = Calls(place.bench)(("a", f"{waits} return 1;"), then=kill)
        assert standing.requests == 1
    assert kinds(outcomes) == ["crash"]
    assert kinds(Calls(place.bench)(("a", "return 1;"))) == ["ok"]


@linux
def test_a_worker_that_ignores_its_limits_is_ended(place: Arena) -> None:
    (pid,) = place.pids
    limits = Limits(time_ms=100, memory_mb=16, wait_ms=5000)
    longer = Limits(time_ms=2000, memory_mb=16, wait_ms=5000)
    os.kill(pid, signal.SIGSTOP)
    started = time.perf_counter()
    made = place.bench

    async def both() -> list[Any]:
        stuck = made.script(method("return 1;"), key="a", limits=limits)
        other = made.script(method("return 2;"), key="b", limits=longer)
        calls = (made.sandbox.run(one, INCOMING, {"request": {}}) for one in (stuck, other))
        return await asyncio.gather(*calls, return_exceptions=True)

    stuck, other = made.runner.run(both())
    assert isinstance(stuck, ScriptFailed)
    assert stuck.kind == "time"
    assert isinstance(other, Ran), "who shared the worker was done again"
    assert other.value == 2
    assert time.perf_counter() - started > (limits.time_ms + GRACE_MS) / 1000
    assert made.sandbox.pids != [pid]
    until_gone(pid)


def test_a_call_that_nobody_waits_for_any_more_holds_its_instance(place: Arena) -> None:
    """Two turns in one instance would be two threads in one WebAssembly store."""
    short = Limits(time_ms=1000, memory_mb=16, wait_ms=30)
    source = """
      let inside = 0;
      class Script { process_incoming_request({ request }) {
        inside += 1;
        for (let end = Date.now() + (request.ms ?? 0), x = {}; Date.now() < end; ) x = { x: [Math.random()] };
        return inside--;
      } }"""
    waited: list[float] = []
    for _ in range(5):
        outcome = place.attempt(source, argument={"request": {"ms": 200}}, key="held", limits=short)
        assert outcome.kind == "wait"
        # The next one waits until that has left.
        after = place.attempt(source, argument={"request": {}}, key="held", limits=LIMITS)
        assert (after.kind, after.value) == ("ok", 1)
        waited.append(after.ms)
    assert max(waited) > 100
    place.unharmed()


@pytest.mark.parametrize("ends", ["forget", "version"])
def test_an_instance_that_is_dropped_while_it_runs(place: Arena, ends: str) -> None:
    made = place.bench

    async def drop() -> None:
        while not made.sandbox._pool.slot("a").running or not made.sandbox._pool.slot("a").running.turns:  # type: ignore[union-attr]
            await asyncio.sleep(0)
        for number in range(8):
            made.sandbox.forget(f"a{number}")

    body = (
        "for (let end = Date.now() + 100, x = {}; Date.now() < end; ) x = { x: [Math.random()] }; return 1;"
    )
    calls = [(f"a{number}", body) for number in range(8)]
    if ends == "version":
        calls += [(key, f"/* new */ {body}") for key, body in calls]
    outcomes = Calls(made)(*calls, then=drop if ends == "forget" else None)
    assert set(kinds(outcomes)) == {"ok"}
    place.unharmed()


@pytest.mark.parametrize(
    "body", ["for (let end = Date.now() + 300; Date.now() < end; );", "HTTP('GET', 'http://x/');"]
)
def test_calls_of_one_script_one_after_the_other(
    place: Arena, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its whole time, however long it stood behind others."""

    limits = Limits(time_ms=550, memory_mb=16, wait_ms=20_000)

    async def fetch(asked: Fetch) -> Fetched:
        # The receiver is slower than the limit, and its time must not count: there is only time to wait for.
        await asyncio.sleep(1.1 * limits.time_ms / 1000)
        return Fetched(status=200, headers=[], body="", url=asked.url)

    monkeypatch.setattr(place.bench, "fetch", fetch)
    outcomes = Calls(place.bench)(*[("one", f"{body} return 1;")] * 4, limits=limits)
    assert kinds(outcomes) == ["ok"] * 4
    place.unharmed()


def test_a_script_that_was_stopped_waits_a_moment_before_its_next_turn(place: Arena) -> None:
    """One that is called all the time would keep its worker busy with ending and making its instance."""
    source = "class Script { process_incoming_request({ request }) { if (request.end) for (;;); return 1; } }"
    limits = Limits(time_ms=300, memory_mb=16, wait_ms=5000)
    assert place.attempt(source, argument={"request": {"end": True}}, key="one", limits=limits).kind == "time"
    after = place.attempt(source, argument={"request": {}}, key="one", limits=limits)
    assert (after.value, after.ms > 0.8 * PAUSE_S * 1000) == (1, True)
    quick = [place.attempt(source, argument={"request": {}}, key="one", limits=limits).ms for _ in range(20)]
    assert min(quick) < 0.5 * PAUSE_S * 1000


def test_one_that_is_stopped_again_and_again_runs_apart_until_it_ends_well(runner: Runner) -> None:
    source = """let calls = 0;
        class Script {
          process_incoming_request({ request }) { calls += 1; if (request.end) for (;;); return calls; }
        }"""
    limits = Limits(time_ms=50, memory_mb=16, wait_ms=5000)

    def call(*, end: bool) -> object:
        try:
            return made.value(source, {"request": {"end": end}}, key="one", limits=limits)
        except ScriptFailed as failed:
            return failed.kind

    with bench(runner) as made:
        assert [call(end=False), call(end=False)] == [1, 2]
        assert [call(end=True) for _ in range(APART - 1)] == ["time"] * (APART - 1)
        assert made.sandbox.apart is None
        home = made.sandbox.pids
        assert [call(end=True), call(end=True)] == ["time", "time"]
        assert made.sandbox.apart is not None
        assert made.value(method("return 1;"), key="two") == 1
        # Where it runs apart it has no state; from then on it is at home again.
        assert [call(end=False), call(end=False), call(end=False)] == [1, 1, 2]
        assert made.sandbox.pids == home


def test_twenty_four_that_never_end_at_once(place: Arena) -> None:
    """As many as a worker takes: each is stopped, and the worker is not taken for one that hangs."""
    limits = Limits(time_ms=100, memory_mb=16, wait_ms=20_000)
    for _ in range(2):
        outcomes = Calls(place.bench)(*((f"loop {n}", "for (;;);") for n in range(30)), limits=limits)
        assert set(kinds(outcomes)) == {"time"}
    place.unharmed()


def test_requests_that_hang_leave_turns_for_others(place: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = Standing(place)
    monkeypatch.setattr(place.bench, "fetch", standing.fetch)
    limits = Limits(time_ms=500, memory_mb=16, wait_ms=700)
    seen: list[float] = []

    async def others() -> None:
        await standing.asked.wait()
        script = place.bench.script(method("return 1;"), key="other", limits=LIMITS)
        for _ in range(20):
            started = time.perf_counter()
            assert (await place.bench.sandbox.run(script, INCOMING, {"request": {}})).value == 1
            seen.append(time.perf_counter() - started)

    body = "return String(HTTP('GET', 'http://x/').error);"
    outcomes = Calls(place.bench)(*((f"hang {n}", body) for n in range(40)), then=others, limits=limits)
    assert sorted(set(kinds(outcomes))) == ["ok", "wait"]
    assert {one.value for one in outcomes if isinstance(one, Ran)} == {
        "Error: too many scripts wait for requests"
    }
    assert sorted(seen)[10] < 0.3
    place.unharmed()


def test_a_script_has_so_many_requests_under_way_at_once(
    place: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest wait for them, and those of other scripts do not."""
    under_way, most = 0, 0
    full, go_on = made_event(place), made_event(place)

    async def fetch(asked: Fetch) -> Fetched:
        nonlocal under_way, most
        if "other" in asked.url:
            await full.wait()
            go_on.set()
        else:
            under_way += 1
            most = max(most, under_way)
            if under_way == AT_ONCE:
                full.set()
            await go_on.wait()
            under_way -= 1
        return Fetched(status=200, headers=[], body="", url=asked.url)

    monkeypatch.setattr(place.bench, "fetch", fetch)
    many = "return (await Promise.all(Array.from({ length: 50 }, () => fetch('http://x/')))).length;"
    outcomes = Calls(place.bench)(
        ("one", many), ("one", many), ("other", "await fetch('http://other/'); return 1;")
    )
    assert [one.value for one in outcomes if isinstance(one, Ran)] == [50, 50, 1]
    assert (most, under_way) == (AT_ONCE, 0)


def test_a_queue_that_is_full_answers_at_once(runner: Runner) -> None:
    loop = "for (let end = Date.now() + 60; Date.now() < end; ); return 1;"
    with bench(runner, queue=8) as made:
        runner.run(made.sandbox.warm())
        for key in ("one", *(f"key {n}" for n in range(6))):
            # So that their worker knows them.
            assert kinds(Calls(made)((key, loop))) == ["ok"]
        # Of one script a quarter may wait, besides those that its worker has.
        outcomes = Calls(made)(*[("one", loop)] * 6, ("other", "return 1;"))
        assert sorted(kinds(outcomes)) == ["busy"] * (4 - AHEAD) + ["ok"] * (3 + AHEAD)
        assert isinstance(outcomes[-1], Ran)
        # Of many scripts so many.
        outcomes = Calls(made)(*((f"key {n % 6}", loop) for n in range(30)))
        taken = 6 * AHEAD + 8
        assert sorted(kinds(outcomes)) == ["busy"] * (30 - taken) + ["ok"] * taken
        assert kinds(Calls(made)(("one", "return 1;"))) == ["ok"]


def test_who_gave_up_waiting_leaves_the_queue(runner: Runner) -> None:
    hasty = Limits(time_ms=1000, memory_mb=16, wait_ms=40)
    loop = "for (let end = Date.now() + 100; Date.now() < end; ); return 1;"
    with bench(runner, queue=40) as made:
        runner.run(made.sandbox.warm())
        for _ in range(3):
            assert set(kinds(Calls(made)(*[("one", loop)] * 8, limits=hasty))) == {"wait"}
        assert kinds(Calls(made)(*[("one", "return 1;")] * 4)) == ["ok"] * 4


def test_what_is_larger_than_a_message_is_refused(place: Arena) -> None:
    outcome = place.attempt(method("return 1;"), argument={"request": {"a": "x" * (65 << 20)}}, limits=LIMITS)
    assert outcome.kind == "memory"
    place.unharmed()
