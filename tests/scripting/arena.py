"""A sandbox under attack, with a witness: a script with state whose calls must not notice anything."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from tests.scripting.sandboxes import LIMITS, Bench, Runner, bench

from hookroom.scripting.model import Limits, Ran, ScriptFailed

ROOT: Final = Path(__file__).parents[2]
"""Where the tests can be imported."""
LATE_MS: Final = 250
"""How much longer than its limit a script may take to be stopped."""
TRIES: Final = 6
"""How often a script may try to be late: on a busy machine it is so by chance, where there is a hole always."""
SHORT: Final = Limits(time_ms=50, memory_mb=24, wait_ms=3000)
"""Of scripts that are going to be stopped."""

WITNESS: Final = """
let calls = 0;
class Script {
  process_incoming_request({ request }) {
    calls += 1;
    const { proto, a } = JSON.parse('{"a": [1, {"b": "c"}]}');
    const inherited = Object.keys(Object.prototype).length;
    const plain = [proto, a.map((x) => typeof x).join(), inherited, [3, 1, 2].sort().join()];
    return { calls, plain, told: `${request.name}`, names: Object.keys(globalThis) };
  }
}"""
PLAIN: Final = [None, "number,object", 0, "1,2,3"]
"""What language is like where nobody has broken it."""


class Outcome(Struct, frozen=True):
    """What came of a call: ``kind`` of its failure, or ``ok``, within so many milliseconds."""

    kind: str
    ms: float
    value: Any = None
    failure: ScriptFailed | None = None
    ran: Ran | None = None


class Arena:
    """One worker, a witness in it, and whoever attacks."""

    def __init__(self, made: Bench) -> None:
        self.bench = made
        self._calls = 0
        self._seen = self._witness()
        self.pids = made.sandbox.pids

    def attempt(self, source: str, **options: Any) -> Outcome:
        """One call of the living script ``source``; ``options`` are those of ``Bench.call``."""
        limits = options.setdefault("limits", SHORT)
        assert isinstance(limits, Limits)
        started = time.perf_counter()
        try:
            ran = self.bench.call(source, **options)
        except ScriptFailed as failure:
            return Outcome(failure.kind, (time.perf_counter() - started) * 1000, failure=failure)
        return Outcome("ok", (time.perf_counter() - started) * 1000, ran.value, ran=ran)

    def in_time(self, source: str, **options: Any) -> Outcome:
        """What comes of ``source``, which must have an outcome within its limit and a little."""
        limits: Limits = options.get("limits", SHORT)
        tries: list[float] = []
        for number in range(TRIES):
            # One that was stopped has to wait before its next turn.
            outcome = self.attempt(source, key=f"{number} of {hash(source)}", **options)
            tries.append(round(outcome.ms))
            if outcome.ms <= limits.time_ms + LATE_MS:
                return outcome
        raise AssertionError(f"took {tries} ms each time, of {limits.time_ms} and {LATE_MS} more")

    def unharmed(self) -> None:
        """The witness goes on counting where it was, in the same process, in a language that is whole."""
        assert self._witness() == self._seen
        assert self.bench.sandbox.pids == self.pids, "another worker had to be started"

    def rss_mb(self) -> float:
        """Resident memory of the worker."""
        (pid,) = self.pids
        return status(pid)["VmRSS"] / 1024

    def _witness(self) -> Mapping[str, Any]:
        self._calls += 1
        told = self.bench.value(WITNESS, {"request": {"name": "x"}}, key="witness", limits=LIMITS)
        assert told.pop("calls") == self._calls, "the witness has lost its state"
        assert told["plain"] == PLAIN
        assert isinstance(told, Mapping)
        return told


@contextlib.contextmanager
def arena(runner: Runner, **changes: Any) -> Iterator[Arena]:
    """An arena; ``changes`` are to the options of its sandbox."""
    with bench(runner, **changes) as made:
        runner.run(made.sandbox.warm())
        yield Arena(made)


def status(pid: int) -> dict[str, int]:
    """The numbers in ``/proc/<pid>/status``; sizes in KB."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        first = value.split()[0] if value.split() else ""
        if first.isdigit():
            found[name] = int(first)
    return found


def until_gone(pid: int, within_s: float = 10.0) -> None:
    """Wait for the end of a process."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], within_s)[0], f"process {pid} is still there"
    finally:
        os.close(descriptor)


def python(code: str, **options: Any) -> subprocess.Popen[str]:
    """A Python that runs ``code`` and can import the tests."""
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)
