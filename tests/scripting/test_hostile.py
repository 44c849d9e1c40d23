"""Scripts that never end, wherever they hide it: stopped in time, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.scripting.arena import Arena, arena
from tests.scripting.bombs import BEFORE, ENDLESS, MICROTASKS, NATIVE, PROXY, REGEXPS, TOLD
from tests.scripting.sandboxes import Runner, method

from hookroom.scripting.worker.turns import MOST_HTTP


@pytest.fixture(scope="module")
def place(runner: Runner) -> Iterator[Arena]:
    with arena(runner) as made:
        yield made


def rows(**tables: dict[str, str]) -> list[object]:
    return [
        pytest.param(source, id=f"{table}-{name}")
        for table, all_ in tables.items()
        for name, source in all_.items()
    ]


@pytest.mark.parametrize(
    "body", rows(plain=ENDLESS, proxy=PROXY, native=NATIVE, regexp=REGEXPS, jobs=MICROTASKS, told=TOLD)
)
def test_endless_in_a_call(place: Arena, body: str) -> None:
    outcome = place.in_time(method(body), legacy=True)
    assert outcome.kind == "time", outcome
    place.unharmed()


@pytest.mark.parametrize("source", rows(load=BEFORE))
def test_endless_before_a_call(place: Arena, source: str) -> None:
    assert place.in_time(source).kind == "time"
    place.unharmed()


@pytest.mark.parametrize("body", ["for (;;);", *MICROTASKS.values()])
def test_endless_after_a_request(place: Arena, body: str) -> None:
    outcome = place.in_time(method(f"await fetch('http://x/'); {body}", asynchronous=True))
    assert outcome.kind == "time"
    place.unharmed()


@pytest.mark.parametrize("body", [ENDLESS["loop"], NATIVE["join"], REGEXPS["nested plus"], TOLD["toJSON"]])
def test_endless_when_transpiled(place: Arena, body: str) -> None:
    assert place.in_time(method(body), transpile=True).kind == "time"
    place.unharmed()


@pytest.mark.parametrize("name", ["prepare_outgoing_request", "process_outgoing_response"])
def test_endless_in_every_method(place: Arena, name: str) -> None:
    assert place.in_time(method("for (;;);", name=name), method=name).kind == "time"
    place.unharmed()


def test_a_flood_of_requests_goes_nowhere(place: Arena) -> None:
    """Nothing is sent for a call that was stopped; those that ``HTTP`` sent are no more than a call may."""
    place.bench.fetched.clear()
    assert place.in_time(method("for (;;) fetch('http://x/');")).kind == "time"
    assert place.bench.fetched == []
    assert place.attempt(method("for (;;) HTTP('GET', 'http://x/');"), legacy=True).kind == "time"
    assert len(place.bench.fetched) == MOST_HTTP
    place.unharmed()


def test_refused_requests_take_time_like_anything_else(place: Arena) -> None:
    """They are answered without waiting: if they counted as waiting, the script would never come to its end."""
    body = "while (!HTTP('GET', 'http://x/').error); for (;;) HTTP('GET', 'http://x/');"
    assert place.in_time(method(body), legacy=True).kind == "time"
    place.unharmed()
