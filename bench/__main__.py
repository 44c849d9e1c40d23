"""``python -m bench [--seconds N] [--rounds N] [--short] [--only NAME]``: prints tables of measures."""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import deliveries, filling, history, realtime, subjects
from bench.scripts import calls as script_calls
from bench.scripts import hooks as scripted_hooks
from bench.subjects import Subject

CONNECTIONS = 64
FLOOR = "(b) echo + durable insert"


@dataclass
class Figure:
    """One measurement of one subject."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


def measure(subject: Subject, seconds: float, connections: int = CONNECTIONS) -> Figure:
    """Load ``subject`` for ``seconds``. Every answer must be a 200."""
    before = subject.cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", "127.0.0.1", str(subject.port), str(connections), str(seconds)],
        input=subject.request,
        capture_output=True,
        check=True,
    )
    result = json.loads(done.stdout)
    if result["failures"]:
        raise SystemExit(f"{subject.name}: {result['failures']} failed: {result['first_failure']}")
    cpu = (subject.cpu_seconds() - before) / result["requests"] * 1e6
    return Figure(result["rate"], result["p50_ms"], result["p99_ms"], cpu)


def in_turn(
    named: dict[str, Subject], seconds: float, rounds: int, connections: int = CONNECTIONS
) -> dict[str, Figure]:
    """Each subject in turn, ``rounds`` times: the medians."""
    found: dict[str, list[Figure]] = {name: [] for name in named}
    for subject in named.values():
        measure(subject, min(seconds, 1.0), connections)
    for _ in range(rounds):
        for name, subject in named.items():
            found[name].append(measure(subject, seconds, connections))
    return {
        name: Figure(
            *(
                statistics.median(getattr(f, part) for f in figures)
                for part in ("rate", "p50_ms", "p99_ms", "cpu_us")
            )
        )
        for name, figures in found.items()
    }


def table(title: str, figures: dict[str, Figure], floor: str) -> None:
    """Print figures with their ratio to ``floor``."""
    base = figures[floor].rate
    print(f"\n{title}\n{'':34}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'ratio':>8}")
    for name, f in figures.items():
        print(f"{name:34}{f.rate:9.0f}{f.p50_ms:9.2f}{f.p99_ms:9.2f}{f.cpu_us:9.1f}{f.rate / base:8.2f}")
    sys.stdout.flush()


def hooks(seconds: float, rounds: int, root: Path, *, short: bool) -> None:
    """Webhooks and messages beside their floors, and as the server fills."""
    with contextlib.ExitStack() as stack:
        echo = stack.enter_context(subjects.floor("echo", root / "echo"))
        insert = stack.enter_context(subjects.floor("insert", root / "insert"))
        server = stack.enter_context(subjects.hookroom(root / "plain"))
        idle = Subject("idle", server.port, server.pid, b"").resident_mb()
        figures = in_turn(
            {
                "(a) echo": echo,
                FLOOR: insert,
                "(c) POST /hooks/…": server.hook,
                "(d) chat.postMessage": server.post,
            },
            seconds,
            rounds,
        )
        table(f"One process, {CONNECTIONS} connections; ratio to (b)", figures, FLOOR)
        print(f"\nstart to first answer {server.started_in:.2f} s; idle memory {idle:.0f} MB")
        if short:
            return
        cases = {
            "10 integrations": (10, 0),
            "10,000 integrations": (10_000, 0),
            "1,000,000 messages": (0, 10**6),
        }
        named: dict[str, Subject] = {"empty": server.hook}
        for name, (integrations, messages) in cases.items():
            directory = root / name.replace(" ", "-")
            with subjects.hookroom(directory):
                pass
            filling.fill(directory, many_integrations=integrations, many_messages=messages)
            filled = stack.enter_context(subjects.hookroom(directory))
            named[name] = filled.hook
            print(f"{name}: start {filled.started_in:.2f} s")
        table("POST /hooks/… as the server fills; ratio to empty", in_turn(named, seconds, rounds), "empty")


def scripts(seconds: float, rounds: int, root: Path) -> None:
    """What a call of a script costs, and scripted webhooks beside the floor of plain ones."""
    print("\nCPU per call of a script, all processes: an 8 KB push in, a message out (µs)")
    for name, cost in script_calls.costs(seconds).items():
        print(f"{name:44}{cost:9.0f}")
    with contextlib.ExitStack() as stack:
        insert = stack.enter_context(subjects.floor("insert", root / "floor"))
        several: dict[str, Subject] = {
            f"{many:,} scripted webhooks": stack.enter_context(
                scripted_hooks.scripted(root / f"s{many}", many)
            )
            for many in (1, 64, 10_000)
        }
        table(
            f"Scripted webhooks, {CONNECTIONS} connections; CPU with the script workers'",
            in_turn({FLOOR: insert, **several}, seconds, rounds),
            FLOOR,
        )
        table(
            "The same with 2 connections, so that nothing waits in line",
            in_turn(several, seconds, rounds, 2),
            next(iter(several)),
        )
        for name, subject in several.items():
            sizes = ", ".join(f"{size:.0f}" for size in scripted_hooks.workers_mb(subject))
            print(f"{name}: server {subject.resident_mb():.0f} MB, script workers {sizes} MB")


def delivered(seconds: float, rounds: int, root: Path) -> None:
    """Deliveries beside a bare HTTP client that calls the same receiver, and how soon they come when idle."""
    found = deliveries.measure(root / "deliveries", seconds, rounds)
    print("\nDeliveries, from message posted to history written, beside a bare HTTP client")
    print(f"{'(a) bare client':34}{found.bare:9.0f} calls/s")
    print(f"{'(b) durable deliveries':34}{found.durable:9.0f} /s{found.durable / found.bare:8.2f} of (a)")
    print(
        f"{'(c) the same, 10 for each message':34}{found.to_ten:9.0f} /s{found.to_ten / found.bare:8.2f} of (a)"
    )
    print(f"{'idle: message to receiver':34}{found.p50_ms:9.2f} ms p50{found.p99_ms:8.2f} ms p99")


def heard(seconds: float, _rounds: int, root: Path) -> None:
    """What clients of the realtime API hear, and what idle ones cost."""
    realtime.measure(seconds, root)


def main() -> None:
    """Run everything, or what is asked for."""
    parts: dict[str, Callable[[float, int, Path], None]] = {
        "hooks": partial(hooks, short=False),
        "deliveries": delivered,
        "scripts": scripts,
        "realtime": heard,
    }
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each; the median counts")
    parser.add_argument("--short", action="store_true", help="only the first table")
    parser.add_argument("--only", choices=[*parts, "history"], help="only these tables")
    parser.add_argument("--entries", type=int, default=10_000_000, help="of the history; 1.2 GB a million")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        if options.short:
            hooks(options.seconds, options.rounds, root, short=True)
            return
        if options.only == "history":  # Minutes and gigabytes: never without being asked for.
            history.measure(root, options.entries, options.seconds)
        for name, part in parts.items():
            if options.only in (None, name):
                part(options.seconds, options.rounds, root)


if __name__ == "__main__":
    main()
