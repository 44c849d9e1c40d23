"""Calls of one script that wait for something, and others that come meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeVar

import pytest
from tests.scripting.sandboxes import INCOMING, Bench, Runner, bench, method

from hookroom.scripting.model import Fetch, Fetched, Limits, Ran, ScriptFailed

T = TypeVar("T")
LIMITS: Final = Limits(time_ms=1000, memory_mb=16, wait_ms=5000)
TIGHT: Final = Limits(time_ms=100, memory_mb=16, wait_ms=5000)
INSTANCES: Final = 4


@pytest.fixture(scope="module")
def made(runner: Runner) -> Iterator[Bench]:
    with bench(runner, instances=INSTANCES) as one:
        yield one


class Receiver:
    """Answers each request when it is told to."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[str]] = {}
        self._arrived: dict[str, asyncio.Event] = {}

    async def fetch(self, asked: Fetch) -> Fetched:
        name = asked.url.removeprefix("http://x/")
        self.waiting[name] = asyncio.get_running_loop().create_future()
        self._arrived.setdefault(name, asyncio.Event()).set()
        body = await self.waiting[name]
        return Fetched(status=200, headers=[], body=body, url=asked.url)

    async def arrived(self, name: str) -> None:
        await self._arrived.setdefault(name, asyncio.Event()).wait()


WAITING: Final = """
let log = [];
const gates = {};
class Script {
  async process_incoming_request({ request: { name, then, close } }) {
    log.push(`${name} begins`);
    if (close) gates[close]();
    if (then === 'fetch') log.push(`${name} has ${await (await fetch('http://x/' + name)).text()}`);
    if (then === 'loop') for (;;);
    if (then === 'gate') await new Promise((resolve) => { gates[name] = resolve; });
    if (then === 'both') await Promise.all([fetch('http://x/' + name), new Promise((r) => { gates[name] = r; })]);
    log.push(`${name} ends`);
    return log;
  }
}"""


def texts(ran: Ran) -> list[str]:
    """What a call returned."""
    assert isinstance(ran.value, list)
    return ran.value


OTHER: Final = method("return 1;")


class Calls:
    """Calls of one key that overlap."""

    def __init__(self, made: Bench, key: str, receiver: Receiver) -> None:
        self._made = made
        self._key = key
        made.fetch = receiver.fetch  # type: ignore[method-assign]

    def start(self, name: str, *, limits: Limits = LIMITS, **request: Any) -> asyncio.Task[Ran]:
        """Begin a call."""
        script = self._made.script(WAITING, key=self._key, limits=limits)
        argument = {"request": {"name": name, **request}}
        return asyncio.create_task(self._made.sandbox.run(script, INCOMING, argument))


def overlapping(made: Bench, key: str, work: Callable[[Calls, Receiver], Awaitable[T]]) -> T:
    """Run ``work(calls, receiver)``."""

    async def run() -> T:
        receiver = Receiver()
        return await work(Calls(made, key, receiver), receiver)

    before = made.fetch
    try:
        return made.runner.run(run())
    finally:
        made.fetch = before  # type: ignore[method-assign]


def test_calls_of_one_script_interleave_where_they_wait(made: Bench) -> None:
    async def work(calls: Calls, receiver: Receiver) -> list[str]:
        first = calls.start("A", then="fetch")
        await receiver.arrived("A")
        second = await calls.start("B")
        assert second.value == ["A begins", "B begins", "B ends"]
        third = calls.start("C", then="fetch")
        await receiver.arrived("C")
        receiver.waiting["C"].set_result("c")
        await third
        receiver.waiting["A"].set_result("a")
        return texts(await first)

    told = overlapping(made, "interleave", work)
    assert told == [
        *("A begins", "B begins", "B ends", "C begins", "C has c", "C ends", "A has a", "A ends"),
    ]


def test_a_call_that_waits_keeps_its_script_alive(made: Bench) -> None:
    async def work(calls: Calls, receiver: Receiver) -> list[str]:
        first = calls.start("A", then="fetch")
        await receiver.arrived("A")
        for number in range(3 * INSTANCES):
            script = made.script(OTHER, key=f"pushes others out {number}", limits=LIMITS)
            await made.sandbox.run(script, INCOMING, {"request": {}})
        receiver.waiting["A"].set_result("a")
        return texts(await first)

    assert overlapping(made, "held", work) == ["A begins", "A has a", "A ends"]


def test_a_call_may_be_settled_by_another(made: Bench) -> None:
    async def work(calls: Calls, receiver: Receiver) -> tuple[list[str], list[str]]:
        first = calls.start("A", then="both")
        await receiver.arrived("A")
        receiver.waiting["A"].set_result("a")
        second = await calls.start("B", close="A")
        return texts(await first), texts(second)

    first, second = overlapping(made, "settled", work)
    assert second == ["A begins", "B begins", "B ends"]
    assert first == ["A begins", "B begins", "B ends", "A ends"]


def test_what_can_never_settle_is_stuck_at_once(made: Bench) -> None:
    async def work(calls: Calls, receiver: Receiver) -> str:
        with pytest.raises(ScriptFailed) as failed:
            await calls.start("A", then="gate")
        # Its script goes on, and calls after it do.
        assert (await calls.start("B")).value == ["A begins", "B begins", "B ends"]
        return failed.value.kind

    assert overlapping(made, "stuck", work) == "stuck"


def test_a_call_may_wait_so_long(made: Bench) -> None:
    async def work(calls: Calls, receiver: Receiver) -> tuple[str, list[str]]:
        short = Limits(time_ms=1000, memory_mb=LIMITS.memory_mb, wait_ms=100)
        with pytest.raises(ScriptFailed) as failed:
            await calls.start("A", then="fetch", limits=short)
        # Nobody holds its request any more; those that come later are of others.
        assert receiver.waiting["A"].cancelled()
        second = calls.start("B", then="fetch")
        await receiver.arrived("B")
        receiver.waiting["B"].set_result("b")
        return failed.value.kind, texts(await second)

    assert overlapping(made, "waits", work) == ("wait", ["A begins", "B begins", "B has b", "B ends"])


def test_scripts_that_were_given_up_on_make_room(made: Bench) -> None:
    """As many as may live wait for ever; nobody waits for them any more, so others take their places."""
    for number in range(3 * INSTANCES):
        with pytest.raises(ScriptFailed) as failed:
            made.value(method("return new Promise(() => {});"), key=f"given up {number}", limits=LIMITS)
        assert failed.value.kind == "stuck"
    assert [made.value("let n = 0; " + method("return ++n;"), key="after them") for _ in range(2)] == [1, 2]


def test_when_one_call_is_stopped_those_that_wait_end_too(made: Bench) -> None:
    """Their instance is gone; the one that takes its place does not know them."""

    async def work(calls: Calls, receiver: Receiver) -> list[str]:
        first = calls.start("A", then="fetch")
        await receiver.arrived("A")
        kinds: list[str] = []
        with pytest.raises(ScriptFailed) as stopped:
            await calls.start("B", limits=TIGHT, then="loop")
        kinds.append(stopped.value.kind)
        receiver.waiting["A"].set_result("a")
        with pytest.raises(ScriptFailed) as ended:
            await first
        kinds.append(ended.value.kind)
        kinds.append("".join(texts(await calls.start("C"))))
        return kinds

    assert overlapping(made, "together", work) == ["time", "crash", "C beginsC ends"]


def test_an_update_ends_the_calls_that_wait(made: Bench) -> None:
    async def work(calls: Calls, receiver: Receiver) -> str:
        first = calls.start("A", then="fetch")
        await receiver.arrived("A")
        updated = made.script(OTHER, key="updated", limits=LIMITS)
        assert (await made.sandbox.run(updated, INCOMING, {"request": {}})).value == 1
        receiver.waiting["A"].set_result("a")
        with pytest.raises(ScriptFailed) as ended:
            await first
        assert (await made.sandbox.run(updated, INCOMING, {"request": {}})).value == 1
        return ended.value.kind

    assert overlapping(made, "updated", work) == "crash"


def test_turns_of_one_script_never_overlap(made: Bench) -> None:
    source = """
      let inside = 0, most = 0, calls = 0;
      class Script { process_incoming_request() {
        inside += 1; calls += 1;
        most = Math.max(most, inside);
        for (let end = Date.now() + 3; Date.now() < end; );
        inside -= 1;
        return [most, calls];
      } }"""

    async def all_() -> list[Ran]:
        script = made.script(source, key="serial", limits=LIMITS)
        return await asyncio.gather(*(made.sandbox.run(script, INCOMING, {"request": {}}) for _ in range(20)))

    told: list[Any] = [ran.value for ran in made.runner.run(all_())]
    assert {most for most, _ in told} == {1}
    assert sorted(calls for _, calls in told) == list(range(1, 21))
