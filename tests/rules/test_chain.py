"""What a request says of the chain that led to it, and who is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.chain import CHAIN, LONGEST, PASSED_ON, WINDOW_MS, Chain, chain_of, header_of, server_of
from hookroom.rules.triggers import MAX_CHAIN_DEPTH

NOW = 1_700_000_000_000
OURS, THEIRS = b"o" * 32, b"t" * 32
OUT = "a" * 24

depths = st.integers(1, MAX_CHAIN_DEPTH + 1)
ids = st.text(alphabet="0123456789abcdef", min_size=24, max_size=24)
keys = st.binary(min_size=32, max_size=32)


def sent(depth: int = 1, key: bytes = OURS, at: int = NOW, by: str = OUT, **fields: tuple[str, ...]) -> str:
    return header_of(Chain(depth=depth, by=by, **fields), key, at)


@given(depths, ids, keys, st.integers(0, WINDOW_MS - 1000))
def test_what_a_server_said_it_believes(depth: int, by: str, key: bytes, later: int) -> None:
    header = sent(depth, key, by=by)
    assert chain_of(header, key, NOW + later) == Chain(depth=depth, by=by)


@given(keys, keys, depths)
def test_others_are_not_believed_but_passed_on(ours: bytes, theirs: bytes, depth: int) -> None:
    header = sent(depth, theirs)
    found = chain_of(header, ours, NOW)
    if server_of(ours) == server_of(theirs):
        return
    assert found == Chain(passed_on=(header,))
    back = header_of(found.then("b" * 24), ours, NOW)
    assert chain_of(back, theirs, NOW) == Chain(depth=depth, by=OUT, passed_on=(back.split(", ")[0],))
    assert chain_of(back, ours, NOW) == Chain(depth=1, by="b" * 24, passed_on=(header,))


@given(st.integers(0, 200), st.characters(min_codepoint=32, max_codepoint=126), depths)
def test_whatever_is_changed_is_not_believed(place: int, letter: str, depth: int) -> None:
    header = sent(depth)
    place %= len(header)
    changed = header[:place] + letter + header[place + 1 :]
    found = chain_of(changed, OURS, NOW)
    if changed.strip() != header:
        assert found is None or (found.depth, found.by) == (0, None)


@given(st.text(max_size=300))
def test_anything_can_be_read(header: str) -> None:
    chain_of(header, OURS, NOW)


@pytest.mark.parametrize(
    ("at", "believed"),
    [(0, True), (-WINDOW_MS, True), (WINDOW_MS, True), (-WINDOW_MS - 1000, False), (WINDOW_MS + 1000, False)],
)
def test_for_some_minutes(at: int, believed: bool) -> None:
    """Another node's clock may be behind or ahead."""
    assert (chain_of(sent(at=NOW + at), OURS, NOW) is not None) is believed


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "none",
        "5",
        f"{server_of(OURS)}.5.{OUT}.1700000000.",
        "x" * (LONGEST + 1),
        sent()[:-1],
        sent() + "x",
    ],
)
def test_what_is_no_entry_counts_as_none(header: str) -> None:
    assert chain_of(header, OURS, NOW) is None


def test_the_deepest_of_several_counts() -> None:
    header = ", ".join((sent(2, by="b" * 24), sent(4), sent(3), sent(5, at=NOW - 2 * WINDOW_MS)))
    assert chain_of(header, OURS, NOW) == Chain(depth=4, by=OUT)


def test_only_so_many_others_are_passed_on() -> None:
    """A header does not grow with every server on the way."""
    others = [sent(key=bytes([number]) * 32) for number in range(PASSED_ON + 3)]
    found = chain_of(", ".join([sent(), *others, *others]), OURS, NOW)
    assert found == Chain(depth=1, by=OUT, passed_on=tuple(others[:PASSED_ON]))
    assert len(header_of(found, OURS, NOW)) < LONGEST


def test_what_leads_to_what() -> None:
    start = Chain(passed_on=("x",))
    first = start.then("a")
    assert first == Chain(depth=1, by="a", passed_on=("x",))
    assert first.then("b") == Chain(depth=2, by="b", passed_on=("x",))
    # What a script of an incoming webhook does is the doing of who called it.
    assert first.called("in") == Chain(depth=2, by="a", passed_on=("x",))
    assert start.called("in") == Chain(depth=1, by="in", passed_on=("x",))
    assert not Chain(depth=MAX_CHAIN_DEPTH).is_over
    assert Chain(depth=MAX_CHAIN_DEPTH + 1).is_over


def test_it_is_a_header() -> None:
    assert CHAIN.lower() == CHAIN
    assert sent().isascii()
    assert OURS.decode() not in sent()
