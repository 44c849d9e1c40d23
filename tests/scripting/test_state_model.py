"""Any order of calls, evictions, stops and updates, against a model: what each script must have counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from tests.scripting.sandboxes import Bench, Runner, bench

from hookroom.scripting.model import Limits, ScriptFailed

LIMITS: Final = Limits(time_ms=1000, memory_mb=16, wait_ms=5000)
KEYS: Final = ("a", "b", "c", "d")
INSTANCES: Final = 3

SOURCE: Final = """
let counted = 0;
class Script {
  process_incoming_request({ request }) {
    counted += 1;
    if (request.what === 'stop') JSON.parse('['.repeat(1e5));
    if (request.what === 'throw') throw new Error('thrown');
    return counted;
  }
}"""


class Expected(Struct):
    """What is known of a script: it has counted to ``now``; a snapshot, if any, is not of before ``kept``."""

    version: int = 0
    now: int = 0
    kept: int = 0


Step = tuple[str, str]
STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(["call"] * 5 + ["throw", "stop", "update", "forget", "push out"]),
        st.sampled_from(KEYS),
    ),
    min_size=1,
    max_size=25,
)


@pytest.fixture(scope="module")
def made(runner: Runner) -> Iterator[Bench]:
    with bench(runner, instances=INSTANCES) as one:
        yield one


class Played:
    """Steps played on a sandbox and on the model at once."""

    def __init__(self, made: Bench, prefix: str) -> None:
        self._made = made
        self._prefix = prefix
        self._model = {key: Expected() for key in KEYS}

    def step(self, step: Step) -> None:
        what, key = step
        expected = self._model[key]
        match what:
            case "call":
                self._called(expected, self._call(key, what))
            case "throw":
                assert self._call(key, what) == "throw"
                expected.now += 1
            case "stop":
                assert self._call(key, what) in {"crash", "time"}
                # The next one begins with the last snapshot, however old it is.
                self._called(expected, self._call(key, "call"), at_least=expected.kept)
            case "update":
                self._model[key] = Expected(version=expected.version + 1)
            case "forget":
                self._made.runner.loop.call_soon_threadsafe(self._made.sandbox.forget, self._prefix + key)
                self._model[key] = Expected(version=expected.version)
            case "push out":
                for number in range(2 * INSTANCES):
                    self._made.value(SOURCE, {"request": {}}, key=f"pusher {number}", limits=LIMITS)
                for one in self._model.values():
                    one.kept = one.now

    def _call(self, key: str, what: str) -> int | str:
        source = f"{SOURCE} // {self._model[key].version}"
        try:
            told = self._made.value(
                source, {"request": {"what": what}}, key=self._prefix + key, limits=LIMITS
            )
        except ScriptFailed as failed:
            return failed.kind
        assert isinstance(told, int)
        return told

    @staticmethod
    def _called(expected: Expected, told: int | str, *, at_least: int | None = None) -> None:
        assert isinstance(told, int)
        if at_least is None:
            assert told == expected.now + 1
        else:
            assert at_least < told <= expected.now + 1
        expected.now = told


plays = iter(range(1_000_000))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_state_is_that_of_the_model(made: Bench, steps: list[Step]) -> None:
    pids = made.sandbox.pids
    played = Played(made, f"play {next(plays)} ")
    for step in steps:
        played.step(step)
    assert not pids or made.sandbox.pids == pids
