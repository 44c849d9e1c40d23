"""Hundreds of scripts, good ones and bad ones, for a while: every outcome is the right one, and nothing grows.

``HOOKROOM_DRILL=1`` makes it some minutes long.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import Struct
from tests.scripting.arena import status
from tests.scripting.bombs import BEFORE, ENDLESS, MICROTASKS, NATIVE, PROXY, REGEXPS, TOLD
from tests.scripting.sandboxes import INCOMING, Bench, Runner, bench, method

from hookroom.scripting.model import Fetch, Fetched, FetchFailed, Limits, Script, ScriptFailed

DRILL: Final = os.environ.get("HOOKROOM_DRILL") == "1"
SECONDS: Final = 180.0 if DRILL else 5.0
GOOD_KEYS: Final = 300 if DRILL else 60
BAD_KEYS: Final = 200 if DRILL else 40
CALLERS: Final = 6
"""Of good scripts and of bad ones each."""

OPTIONS: Final[dict[str, Any]] = {
    "workers": 2,
    "queue": 1000,
    "instances": 24,
    "live_memory_mb": 96,
    "snapshots_mb": 32,
    "max_memory_mb": 32,
}
GROWTH_MB: Final = 40.0
"""How much more a worker may have at the end than after a third of the time."""

LIMITS: Final = Limits(time_ms=3000, memory_mb=16, wait_ms=30_000)
BOMB: Final = Limits(time_ms=80, memory_mb=24, wait_ms=2_000)

GOOD: Final = """
let calls = 0;
class Script {
  async process_incoming_request({ request: { text, fetches } }) {
    calls += 1;
    Store.set('text', text);
    for (let n = 0; n < fetches; n++) await (await fetch('http://x/ok')).json();
    if (Store.get('text') === 'throw') throw new Error(`thrown at ${calls}`);
    return { calls, content: { text: text.toUpperCase() } };
  }
}"""


class Bad(Struct, frozen=True):
    """A hostile script and what may come of it."""

    source: str
    kinds: frozenset[str]


def bad(kinds: str, *bodies: str) -> list[Bad]:
    return [Bad(method(body), frozenset(kinds.split())) for body in bodies]


BAD: Final[Sequence[Bad]] = [
    *(Bad(source, frozenset({"time"})) for source in BEFORE.values()),
    *bad("time", *(body for name, body in ENDLESS.items() if not name.startswith("HTTP"))),
    *bad("time", *PROXY.values(), *NATIVE.values(), *REGEXPS.values(), *MICROTASKS.values(), *TOLD.values()),
    *bad(
        "memory time",
        "const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));",
        "return 'x'.repeat(2 ** 28);",
    ),
    *bad("crash time", "JSON.parse('['.repeat(1e5));", "eval('!'.repeat(1e5) + '1');"),
    *bad("throw", "const f = () => f(); f();", "throw new Error('x');", "return 1n;"),
    *bad("stuck", "return new Promise(() => {});"),
    *bad("wait", "return fetch('http://x/never');"),
    *bad("throw time", "return fetch('http://x/fails');"),
    *bad("ok", "Object.prototype.toJSON = () => 1; JSON.stringify = null; return {};"),
    *bad("time", "return fetch('http://x/ok').then(() => { for (;;); });"),
]


async def answer(asked: Fetch) -> Fetched:
    await asyncio.sleep(0.02)
    match asked.url:
        case "http://x/never":
            await asyncio.Event().wait()
        case "http://x/fails":
            raise FetchFailed("nobody there")
    return Fetched(status=200, headers=[("content-type", "application/json")], body="{}", url=asked.url)


class Soak:
    """The callers, and what they saw. ``wrong`` are outcomes that should not be."""

    def __init__(self, made: Bench, seed: int) -> None:
        self._made = made
        self._chance = random.Random(seed)
        self._end = time.monotonic() + SECONDS
        self._busy: set[str] = set()
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.sizes: list[list[float]] = []

    async def run(self) -> None:
        callers = [self._caller(self._call_good) for _ in range(CALLERS)]
        callers += [self._caller(self._call_bad) for _ in range(CALLERS)]
        await asyncio.gather(*callers, self._watch())

    async def _caller(self, call: Any) -> None:
        while time.monotonic() < self._end:
            await call()

    async def _watch(self) -> None:
        while time.monotonic() < self._end:
            self.sizes.append([status(pid)["VmRSS"] / 1024 for pid in self._made.sandbox.pids])
            await asyncio.sleep(SECONDS / 60)

    async def _call_good(self) -> None:
        key = f"good {self._chance.randrange(GOOD_KEYS)}"
        text = self._chance.choice(["hello", "throw", "x" * self._chance.randrange(20_000)])
        fetches = self._chance.choice([0, 0, 0, 0, 1, 3])
        script = self._made.script(GOOD, key=key, limits=LIMITS)
        argument = {"request": {"text": text, "fetches": fetches}}
        try:
            ran = await self._made.sandbox.run(script, INCOMING, argument)
        except ScriptFailed as failed:
            self.seen["good threw"] += 1
            # While it fetched, another call of it may have come in between, and have said what to throw.
            may = failed.message.startswith("thrown at") and (text == "throw" or fetches)
            if failed.kind != "throw" or not may:
                self.wrong.append(f"good: {failed.kind}, {failed.message}")
            return
        self.seen["good"] += 1
        if not isinstance(ran.value, dict) or ran.value["content"] != {"text": text.upper()}:
            self.wrong.append(f"good: {ran.value}")

    async def _call_bad(self) -> None:
        number = self._chance.randrange(BAD_KEYS)
        one = self._chance.choice(BAD) if self._chance.random() < 0.3 else BAD[number % len(BAD)]
        script = Script(key=f"bad {number}", name="bad", code=one.source, legacy=True, limits=BOMB)
        kind = "ok"
        try:
            await self._made.sandbox.run(script, INCOMING, {"request": {}})
        except ScriptFailed as failed:
            kind = failed.kind
        self.seen[kind] += 1
        # Another version may have come in between, or others of its kind have used the time up.
        if kind not in one.kinds | {"wait", "crash"}:
            self.wrong.append(f"bad: {kind} of {one.source}")
        if self._chance.random() < 0.02:
            self._made.sandbox.forget(f"bad {number}")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Sizes of processes are read from /proc")
def test_a_long_time_with_all_kinds_of_scripts(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = random.randrange(1 << 32)
    with bench(runner, **OPTIONS) as made:
        monkeypatch.setattr(made, "fetch", answer)
        runner.run(made.sandbox.warm())
        pids = made.sandbox.pids
        soak = Soak(made, seed)
        asyncio.run_coroutine_threadsafe(soak.run(), runner.loop).result(SECONDS + 120)
        assert soak.wrong == [], f"seed {seed}, {soak.seen}"
        assert made.sandbox.pids == pids, f"a worker was lost; seed {seed}, {soak.seen}"
        assert soak.seen["good"] > 20 * SECONDS, soak.seen
        assert soak.seen["time"] > SECONDS, soak.seen
        for worker in range(len(pids)):
            sizes = [at[worker] for at in soak.sizes if len(at) == len(pids)]
            third = len(sizes) // 3
            early, late = max(sizes[third : 2 * third]), max(sizes[2 * third :])
            assert late < early + GROWTH_MB, f"worker {worker} grew: {[round(size) for size in sizes]}"
        assert len(made.sandbox._open) == 0
        assert len(made.sandbox._pool._keys) == 0
