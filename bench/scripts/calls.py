"""CPU per call of a script: through the sandbox, in the bare engine, in Node's vm; all in one run."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.scripts.payload import SCRIPT, push
from hookroom.config import load
from hookroom.scripting.model import Fetch, Fetched, FetchFailed, Limits, Script
from hookroom.scripting.sandbox import Options, Sandbox
from hookroom.scripting.worker import image
from hookroom.scripting.worker.engine import WasmEngine
from hookroom.scripting.worker.live import source
from hookroom.scripting.worker.quickjs import FUNCTIONS, QuickJS

LIMITS: Final = Limits(time_ms=1000, memory_mb=32, wait_ms=10_000)
_HERE: Final = Path(__file__).parent


def costs(seconds: float) -> dict[str, float]:
    """Microseconds of CPU per call, all processes together, by what was measured."""
    found = {"bare engine, warm": bare(seconds)}
    found |= uvloop.run(sandboxed(seconds))
    if shutil.which("node"):
        done = subprocess.run(
            ["node", _HERE / "node.cjs", _HERE / "push.js", json.dumps(push()), str(seconds)],
            capture_output=True,
            check=True,
        )
        node = json.loads(done.stdout)
        found["Node's vm, one context"] = node["warm"]
        found["Node's vm, a context per call"] = node["fresh"]
    return found


def bare(seconds: float) -> float:
    """The engine in this process, without our runtime around the call."""
    engine = WasmEngine(slots=2, memory_bytes=64 << 20)
    module, facts = image.load(engine, "runtime", load().script_cache)
    made = source(engine, module, facts, lambda _: (b"{}", 0.0))
    instance = made.program.instance(FUNCTIONS, memory_bytes=64 << 20)
    inside = QuickJS(instance, facts.undefined, facts.slot)
    call = inside.evaluate(
        f"{SCRIPT}; const instance = new Script(); (text) => JSON.stringify("
        "instance.process_incoming_request({ request: { content: JSON.parse(text) } }))",
        "bench",
    )
    body = json.dumps(push()).encode()
    for _ in range(20):
        inside.ask(call, body, 1 << 20)
    begun, until, calls = time.process_time(), time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        inside.ask(call, body, 1 << 20)
        calls += 1
    return (time.process_time() - begun) / calls * 1e6


async def sandboxed(seconds: float) -> dict[str, float]:
    """Through a worker: to an instance that is there, and to one that has to be woken up or loaded each time."""
    warm = await _measured(seconds, instances=16, keys=1)
    woken = await _measured(seconds, instances=1, keys=2)
    loaded = await _measured(seconds, instances=1, keys=100, snapshots_mb=0)
    return {
        "sandbox, instance alive": warm,
        "sandbox, woken up, another put to sleep": woken,
        "sandbox, loaded from its source": loaded,
    }


async def _measured(seconds: float, *, instances: int, keys: int, snapshots_mb: int = 64) -> float:
    options = Options(
        folder=load().script_cache,
        workers=1,
        queue=100,
        instances=instances,
        live_memory_mb=256,
        snapshots_mb=snapshots_mb,
        max_memory_mb=64,
    )
    sandbox = Sandbox(options, _nothing)
    argument = {"request": {"content": push(), "headers": {"x-github-event": "push"}}}
    scripts = [
        Script(key=f"key {n}", name="bench", code=SCRIPT, legacy=False, limits=LIMITS) for n in range(keys)
    ]
    turns = itertools.cycle(scripts)
    try:

        async def call() -> None:
            ran = await sandbox.run(next(turns), "process_incoming_request", argument)
            made: Any = ran.value
            assert made["content"]["attachments"][4]["title"] == "Fix the cache of pages, part 4"

        for _ in range(max(20, keys)):
            await call()
        return await _cost(call, seconds, sandbox.pids)
    finally:
        await sandbox.stop()


async def _cost(call: Callable[[], Awaitable[None]], seconds: float, pids: list[int]) -> float:
    begun, ours = _cpu(pids), time.process_time()
    until, calls = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        await asyncio.gather(*(call() for _ in range(4)))
        calls += 4
    return (time.process_time() - ours + _cpu(pids) - begun) / calls * 1e6


def _cpu(pids: list[int]) -> float:
    """Processor time that processes have used, in seconds."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


async def _nothing(_: Fetch) -> Fetched:
    raise FetchFailed("nothing is called here")
