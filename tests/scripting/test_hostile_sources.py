"""Sources that no compiler likes: each has an outcome in time, and the next one is compiled as ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import pytest
from tests.scripting.arena import LATE_MS
from tests.scripting.sandboxes import Bench, Runner, bench, method

from hookroom.scripting.model import ScriptFailed

TIME_MS: Final = 1500
MEMORY_MB: Final = 256

SOURCES: Final = {
    "parentheses": "(" * 100_000,
    "brackets": "[" * 100_000 + "]" * 100_000,
    "blocks": "{" * 100_000 + "}" * 100_000,
    "not": "!" * 100_000 + "1",
    "arrows": "a=>" * 20_000 + "1",
    "sums": "1" + "+1" * 200_000,
    "powers": "1" + "**1" * 50_000,
    "templates": "`${" * 50_000,
    "classes": "class A extends " * 20_000 + "B {}",
    "async functions": "async () => {" * 3000 + "await 1;" + "}" * 3000,
    "generators": "function* f() {" * 3000 + "yield 1;" + "}" * 3000,
    "a regular expression": "/" + "(" * 50_000 + ")" * 50_000 + "/",
    "variables": "var " + ",".join(f"v{number}" for number in range(40_000)),
    "a map of its own": "//# sourceMappingURL=data:application/json;base64," + "A" * 300_000,
    "nothing but spaces": " " * 300_000,
    "endless when it is loaded": "for (;;);",
    "breaks out": "}); for (;;); ({",
    "no text": "\0\ufeff\u2028\x7f",
}


@pytest.fixture(scope="module")
def made(runner: Runner) -> Iterator[Bench]:
    with bench(runner, compile_time_ms=TIME_MS, compile_memory_mb=MEMORY_MB) as one:
        assert one.runner.run(one.sandbox.compile("1;", transpile=True)).code
        yield one


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("what", ["transpile", "syntax", "check", "mend"])
def test_every_source_has_an_outcome(made: Bench, what: str, source: str) -> None:
    workshop = made.sandbox._workshop._slot.running
    assert workshop is not None
    started = time.perf_counter()
    try:
        match what:
            case "check":
                made.runner.run(made.sandbox.check(source))
            case "mend":
                made.runner.run(made.sandbox.mend(source))
            case _:
                compiled = made.runner.run(made.sandbox.compile(source, transpile=what == "transpile"))
                assert (compiled.code is None) != (compiled.error is None)
    except ScriptFailed as failed:
        kind = failed.kind
        assert kind in {"time", "memory", "crash"}, kind
    assert (time.perf_counter() - started) * 1000 < TIME_MS + 4 * LATE_MS
    assert made.sandbox._workshop._slot.running is workshop, "the workshop had to be started anew"
    compiled = made.runner.run(made.sandbox.compile(method("return 7;"), transpile=False))
    assert compiled.code == method("return 7;")
