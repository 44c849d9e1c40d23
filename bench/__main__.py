"""``python -m bench [--seconds N] [--rounds N] [--short]``: prints the tables of this page's measures."""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import filling, subjects
from bench.subjects import Subject

CONNECTIONS = 64


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


def in_turn(named: dict[str, Subject], seconds: float, rounds: int) -> dict[str, Figure]:
    """Each subject in turn, ``rounds`` times: the medians."""
    found: dict[str, list[Figure]] = {name: [] for name in named}
    for subject in named.values():
        measure(subject, min(seconds, 1.0))
    for _ in range(rounds):
        for name, subject in named.items():
            found[name].append(measure(subject, seconds))
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


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each; the median counts")
    parser.add_argument("--short", action="store_true", help="only the first table")
    options = parser.parse_args()
    seconds, rounds = options.seconds, options.rounds
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        root = Path(scratch)
        echo = stack.enter_context(subjects.floor("echo", root / "echo"))
        insert = stack.enter_context(subjects.floor("insert", root / "insert"))
        server = stack.enter_context(subjects.hookroom(root / "plain"))
        idle = Subject("idle", server.port, server.pid, b"").resident_mb()
        hook_floor = "(b) echo + durable insert"
        figures = in_turn(
            {
                "(a) echo": echo,
                hook_floor: insert,
                "(c) POST /hooks/…": server.hook,
                "(d) chat.postMessage": server.post,
            },
            seconds,
            rounds,
        )
        table(f"One process, {CONNECTIONS} connections; ratio to (b)", figures, hook_floor)
        print(f"\nstart to first answer {server.started_in:.2f} s; idle memory {idle:.0f} MB")
        if options.short:
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


if __name__ == "__main__":
    main()
