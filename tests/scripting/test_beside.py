"""Other scripts' calls while hostile ones run all the time: how much longer they take.

``HOOKROOM_DRILL=1`` takes every kind of them by itself, and more rounds.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from typing import Final

import pytest
from msgspec import Struct
from tests.scripting.bombs import ENDLESS, MICROTASKS, NATIVE, REGEXPS
from tests.scripting.sandboxes import INCOMING, Bench, Runner, bench, method

from hookroom.scripting.model import Fetch, Fetched, Limits, Script, ScriptFailed
from hookroom.scripting.pool import APART

pytestmark = pytest.mark.alone

FACTOR: Final = 3
"""How many times as long as in quiet times a call may take, of a hundred calls the slowest (issue: p99)."""
SLACK_MS: Final = 10.0
"""And this much more, for what else runs on the machine that tests."""
DRILL: Final = os.environ.get("HOOKROOM_DRILL") == "1"
ROUNDS: Final = 9 if DRILL else 3
CALLS: Final = 250
"""In each round, quiet and beside the hostile ones."""
HOSTILE: Final = 6
TRIES: Final = 4
"""How often it may fail: on a machine that is busy with other things it does by chance, in a hole always."""

LIMITS: Final = Limits(time_ms=1000, memory_mb=16, wait_ms=10_000)
BOMB: Final = Limits(time_ms=300, memory_mb=24, wait_ms=600)
"""The default gives them twice the time; the sooner they are stopped, the more often they begin."""

GOOD: Final = """
let calls = 0;
class Script {
  process_incoming_request({ request: { content } }) {
    calls += 1;
    const lines = content.commits.map((one) => `${one.id.slice(0, 7)} ${one.message}`);
    return { content: { text: `[${content.repository.name}] ${lines.join('\\n')}`, attachments: [{ calls }] } };
  }
}"""
PUSH: Final = {
    "request": {
        "content": {
            "repository": {"name": "demo", "url": "http://x/demo"},
            "commits": [
                {
                    "id": f"{number:040x}",
                    "message": f"Commit {number}",
                    "author": {"name": "A", "email": "a@x"},
                }
                for number in range(40)
            ],
        }
    }
}

KINDS: Final = {
    "loops": [ENDLESS["loop"]],
    "memory": [
        "const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));",
        "const a = []; for (;;) { try { a.push('x'.repeat(1e5) + a.length); } catch { a.length = 0; } }",
    ],
    "regular expressions": [REGEXPS["nested plus"], REGEXPS["backreference"]],
    "the clock": [ENDLESS["Date.now"], ENDLESS["new Date"]],
    "jobs": [MICROTASKS["queueMicrotask"], MICROTASKS["await loop"]],
    "requests": [
        "for (;;) HTTP('GET', 'http://x/');",
        "return (async () => { for (;;) await fetch('http://x/'); })();",
    ],
    "all of them": [
        *(
            ENDLESS["loop"],
            NATIVE["join"],
            REGEXPS["two runs"],
            ENDLESS["Date.now"],
            MICROTASKS["async recursion"],
        ),
        "const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));",
    ],
}


class Round(Struct):
    """Milliseconds of the slowest of a hundred calls, and of the middle one."""

    p99: float
    p50: float


def told(milliseconds: list[float]) -> Round:
    ordered = sorted(milliseconds)
    return Round(ordered[int(len(ordered) * 0.99)], ordered[len(ordered) // 2])


SHORT_FORM: Final = [(1, "memory"), (1, "jobs"), (1, "requests"), (2, "all of them")]
PLACES: Final = [(workers, kind) for workers in (1, 2) for kind in KINDS] if DRILL else SHORT_FORM


@pytest.fixture(scope="module")
def places(runner: Runner) -> Iterator[dict[int, Bench]]:
    """Sandboxes by the number of their workers."""
    with bench(runner, workers=1, instances=32) as one, bench(runner, workers=2, instances=32) as two:
        for made in (one, two):
            runner.run(made.sandbox.warm())
        yield {1: one, 2: two}


class Crowd:
    """Scripts that do harm as fast as they can, until told to stop."""

    def __init__(self, made: Bench, bodies: list[str]) -> None:
        self._made = made
        self._scripts = [
            made.script(method(bodies[n % len(bodies)]), key=f"bad {n} {bodies}", legacy=True, limits=BOMB)
            for n in range(HOSTILE)
        ]
        self._over = False
        self.calls = 0
        self.kinds: set[str] = set()

    async def one(self, script: Script) -> None:
        while not self._over:
            try:
                await self._made.sandbox.run(script, INCOMING, {"request": {}})
            except ScriptFailed as failed:
                self.kinds.add(failed.kind)
            self.calls += 1

    async def __aenter__(self) -> Crowd:
        self._tasks = [asyncio.create_task(self.one(script)) for script in self._scripts]
        # Until all have begun, and are known for what they are.
        while self.calls < (APART + 1) * HOSTILE:
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        await asyncio.gather(*self._tasks)


async def good_calls(made: Bench) -> Round:
    scripts = [made.script(GOOD, key=f"good {number}", limits=LIMITS) for number in range(8)]
    took: list[float] = []
    for number in range(CALLS):
        started = time.perf_counter()
        await made.sandbox.run(scripts[number % len(scripts)], INCOMING, PUSH)
        took.append((time.perf_counter() - started) * 1000)
    return told(took)


async def slow_answer(asked: Fetch) -> Fetched:
    await asyncio.sleep(0.05)
    return Fetched(status=200, headers=[], body="{}", url=asked.url)


@pytest.mark.parametrize(("workers", "kind"), PLACES)
def test_calls_beside_hostile_ones(
    places: dict[int, Bench], workers: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quiet and not, in turns, on the same keys in the same workers; the middle of the rounds counts."""
    made, bodies = places[workers], KINDS[kind]
    monkeypatch.setattr(made, "fetch", slow_answer)

    async def measured() -> tuple[list[Round], list[Round], int]:
        quiet, beside, harm = [], [], 0
        await good_calls(made)
        for _ in range(ROUNDS):
            quiet.append(await good_calls(made))
            async with Crowd(made, bodies) as crowd:
                beside.append(await good_calls(made))
            harm += crowd.calls
            assert crowd.kinds <= {"time", "memory", "wait"}
        return quiet, beside, harm

    pids = made.sandbox.pids
    tries: list[str] = []
    while len(tries) < TRIES:
        quiet, beside, harm = made.runner.run(measured())
        assert made.sandbox.pids == pids, "a worker was lost"
        before = statistics.median(one.p99 for one in quiet)
        during = statistics.median(one.p99 for one in beside)
        if during <= FACTOR * before + SLACK_MS:
            return
        tries.append(
            f"p99 was {during:.1f} ms beside {HOSTILE} hostile scripts ({harm} calls of them were stopped), "
            f"{before:.1f} ms without; rounds: {[round(one.p99, 1) for one in beside]} "
            f"against {[round(one.p99, 1) for one in quiet]}; "
            f"middle {statistics.median(one.p50 for one in beside):.2f} against "
            f"{statistics.median(one.p50 for one in quiet):.2f} ms"
        )
    pytest.fail("\n".join(tries))
