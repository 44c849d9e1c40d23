"""What a script keeps between its calls, and when it begins anew (contract, section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.scripting.sandboxes import INCOMING, Bench, Runner, bench, method

from hookroom.scripting.model import Limits, ScriptFailed

LIMITS: Final = Limits(time_ms=1000, memory_mb=16, wait_ms=5000)
INSTANCES: Final = 4

COUNTER: Final = """
let top = 0;
globalThis.open = 0;
class Script {
  constructor() { this.own = 0; }
  process_incoming_request({ request }) {
    top += 1; open += 1; this.own += 1;
    Store.set('stored', (Store.get('stored') ?? 0) + 1);
    if (request.end) eval(request.end);
    return [top, open, this.own, Store.get('stored')];
  }
}"""


@pytest.fixture(scope="module")
def made(runner: Runner) -> Iterator[Bench]:
    with bench(runner, instances=INSTANCES) as one:
        yield one


def count(
    made: Bench, key: str, *, end: str = "", source: str = COUNTER, limits: Limits = LIMITS
) -> int | str:
    """How often ``key`` has counted; the kind of failure when it did not."""
    try:
        told = made.value(source, {"request": {"end": end}}, key=key, limits=limits)
    except ScriptFailed as failed:
        return failed.kind
    assert len(set(told)) == 1, told
    assert isinstance(told[0], int)
    return told[0]


def test_everything_lives_on_between_calls(made: Bench) -> None:
    assert [count(made, "lives") for _ in range(5)] == [1, 2, 3, 4, 5]


def test_more_scripts_than_may_live_at_once_keep_their_state(made: Bench) -> None:
    keys = [f"evicted {number}" for number in range(3 * INSTANCES)]
    for round_ in range(1, 5):
        assert [count(made, key) for key in keys] == [round_] * len(keys)


def test_state_of_every_kind_survives(made: Bench) -> None:
    source = """
      let calls = 0;
      const bytes = new Uint8Array(100_000).fill(7);
      const kept = { map: new Map([['a', { b: 1 }]]), set: new Set([1]), bytes, date: new Date(5) };
      kept.self = kept;
      const weak = new WeakMap([[kept, 'weak']]);
      const key = Symbol('key');
      class Base { #hidden = 1; more() { return ++this.#hidden; } }
      const one = new Base();
      function* numbers() { let n = 0; for (;;) yield n++; }
      const running = numbers();
      const expression = /a/g;
      kept[key] = 'symbol';
      Promise.resolve().then(() => { kept.later = 'later'; });
      class Script {
        async process_incoming_request() {
          calls += 1;
          expression.test('aaa');
          return [calls, kept.map.get('a').b, kept.set.has(1), kept.bytes[99_999], kept.bytes.length, +kept.date,
            kept.self === kept, weak.get(kept), kept[key], one.more(), running.next().value, expression.lastIndex,
            kept.later];
        }
      }"""
    for call in range(1, 4):
        told = made.value(source, key="kinds", limits=LIMITS)
        assert told == [
            call,
            1,
            True,
            7,
            100_000,
            5,
            True,
            "weak",
            "symbol",
            call + 1,
            call - 1,
            call,
            "later",
        ]
        for number in range(2 * INSTANCES):
            count(made, f"pushes it out {number}")


def test_a_new_version_begins_anew(made: Bench) -> None:
    assert [count(made, "versions") for _ in range(2)] == [1, 2]
    assert count(made, "versions", source=f"{COUNTER} // changed") == 1
    assert count(made, "versions", source=f"{COUNTER} // changed") == 2
    # The old one is gone, also where it was not alive.
    assert count(made, "versions") == 1
    for number in range(2 * INSTANCES):
        count(made, f"pushes it out {number}")
    assert count(made, "versions", source=f"{COUNTER} // changed again") == 1


@pytest.mark.parametrize(
    "other", [{"legacy": True}, {"limits": Limits(time_ms=1000, memory_mb=20, wait_ms=5000)}]
)
def test_other_terms_are_another_version(made: Bench, other: dict[str, Any]) -> None:
    for terms in ({"limits": LIMITS}, {"limits": LIMITS, **other}):
        assert made.value(COUNTER, {"request": {}}, key=f"terms {other}", **terms) == [1, 1, 1, 1]


def test_other_limits_of_time_are_none(made: Bench) -> None:
    longer = Limits(time_ms=2000, memory_mb=LIMITS.memory_mb, wait_ms=9000)
    assert [count(made, "times"), count(made, "times", limits=longer)] == [1, 2]


ENDS: Final = {
    "time": ("for (;;);", "time"),
    "depth": ("JSON.parse('['.repeat(1e5));", "crash"),
    "memory": (
        "const a = []; for (;;) { try { for (;;) a.push('x'.repeat(1e5) + a.length); } catch {} }",
        "time",
    ),
}


@pytest.mark.parametrize(("end", "kind"), ENDS.values(), ids=ENDS)
def test_after_a_stop_the_state_is_that_of_the_last_good_snapshot(made: Bench, end: str, kind: str) -> None:
    """Taken when it had to make room; nothing of the call that was stopped is in it."""
    key = f"stopped {end}"
    assert [count(made, key, limits=TIGHT) for _ in range(3)] == [1, 2, 3]
    for number in range(2 * INSTANCES):
        count(made, f"pushes it out {number}")
    assert count(made, key, limits=TIGHT) == 4
    assert count(made, key, end=end, limits=TIGHT) in {kind, "time"}
    assert count(made, key, limits=TIGHT) == 4
    assert count(made, key, end=end, limits=TIGHT) in {kind, "time"}
    assert count(made, key, limits=TIGHT) == 4


TIGHT: Final = Limits(time_ms=100, memory_mb=16, wait_ms=5000)


def test_what_throws_keeps_its_state(made: Bench) -> None:
    assert count(made, "throws") == 1
    assert count(made, "throws", end="throw new Error('x')") == "throw"
    assert count(made, "throws", end="(function f() { f(); })()") == "throw"
    assert count(made, "throws") == 4


def test_a_script_that_does_not_load_is_tried_again(made: Bench) -> None:
    source = (
        "if (Date.now() < 0) throw 1; let calls = 0; class Script { constructor() { if (fail) throw 1; } }"
    )
    with pytest.raises(ScriptFailed) as failed:
        made.value(source, key="unloadable", limits=LIMITS)
    assert (failed.value.kind, failed.value.name) == ("load", "ReferenceError")
    assert count(made, "unloadable") == 1


def test_each_integration_has_its_own(made: Bench) -> None:
    assert [count(made, "one of two"), count(made, "one of two"), count(made, "other of two")] == [1, 2, 1]


def test_a_try_out_sees_and_changes_nothing(made: Bench) -> None:
    assert count(made, "tried") == 1
    script = made.script(COUNTER, key="tried", limits=LIMITS)
    for _ in range(2):
        tried = made.runner.run(made.sandbox.try_out(script, INCOMING, {"request": {}}, fetch=made.fetch))
        assert tried.value == [1, 1, 1, 1]
    assert count(made, "tried") == 2


def test_what_is_forgotten_begins_anew(made: Bench) -> None:
    assert [count(made, "forgotten") for _ in range(2)] == [1, 2]
    made.runner.loop.call_soon_threadsafe(made.sandbox.forget, "forgotten")
    assert count(made, "forgotten") == 1


def test_chance_is_never_the_same(made: Bench) -> None:
    """Not in two instances, not after a snapshot was put back, not after a stop."""
    source = """
      const atLoad = Math.random();
      class Script { process_incoming_request({ request }) {
        if (request.end) for (;;);
        return [atLoad, Math.random(), Math.random()];
      } }"""

    def numbers(key: str) -> list[float]:
        told = made.value(source, {"request": {}}, key=key, limits=TIGHT)
        assert all(0 <= number < 1 for number in told)
        return [float(number) for number in told]

    seen: list[float] = []
    for number in range(3 * INSTANCES):
        seen += numbers(f"chance {number}")
    again: list[float] = []
    for _ in range(2):
        for number in range(3 * INSTANCES):
            again += numbers(f"chance {number}")[1:]
    for _ in range(2):
        with pytest.raises(ScriptFailed):
            made.value(source, {"request": {"end": True}}, key="chance 0", limits=TIGHT)
        again += numbers("chance 0")[1:]
    assert len(set(seen + again)) == len(seen + again)


def test_time_moves_on_in_a_script_that_was_put_away(made: Bench) -> None:
    source = "const loaded = Date.now(); " + method("return [loaded, Date.now()];")
    loaded, before = made.value(source, key="clock", limits=LIMITS)
    for number in range(2 * INSTANCES):
        count(made, f"pushes it out {number}")
    again, after = made.value(source, key="clock", limits=LIMITS)
    assert loaded == again
    assert loaded <= before < after < before + 60_000
