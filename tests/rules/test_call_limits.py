"""Networks, calls per time and idempotency as requests bring them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import an_integration

from hookroom.rules.call_limits import MOST_NETWORKS, InvalidLimit, limits

LIMITED = an_integration(rate_limit_calls=10, rate_limit_seconds=5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((None, None), ("", None), (" , ", None), ([], None), ([""], None)),
        *(("10.0.0.1", ("10.0.0.1",)), ("10.0.0.0/8, ::1", ("10.0.0.0/8", "::1"))),
        *(("10.0.0.7/24\n2001:db8::/32", ("10.0.0.7/24", "2001:db8::/32")), ([" 10.0.0.1 "], ("10.0.0.1",))),
        *((["10.0.0.0/8,::1", "127.0.0.1"], ("10.0.0.0/8", "::1", "127.0.0.1")),),
        *((["0.0.0.0/0"], ("0.0.0.0/0",)), (["10.0.0.1"] * MOST_NETWORKS, ("10.0.0.1",) * MOST_NETWORKS)),
    ],
)
def test_networks(value: Any, expected: Any) -> None:
    assert limits({"allowedNetworks": value}, None) == {"allowed_networks": expected}


@pytest.mark.parametrize(
    ("value", "position"),
    [
        *(("example.com", "entry 1"), ("10.0.0.1, 10.0.0.256", "entry 2"), ("10.0.0.0/33", "entry 1")),
        *((["::1", "10"], "entry 2"), ("fe80::1%eth0", "entry 1"), ("10.0.0.1:80", "entry 1")),
        *((["10.0.0.1"] * (MOST_NETWORKS + 1), "more than"),),
    ],
)
def test_networks_that_are_none(value: Any, position: str) -> None:
    with pytest.raises(InvalidLimit, match=position) as caught:
        limits({"allowedNetworks": value}, None)
    assert caught.value.code == "error-invalid-networks"


@pytest.mark.parametrize(
    ("body", "old", "expected"),
    [
        *(({}, None, ...), ({}, LIMITED, ...)),
        *(
            ({"rateLimitCalls": 5}, None, (5, 60)),
            ({"rateLimitCalls": 5, "rateLimitSeconds": 1}, None, (5, 1)),
        ),
        *(({"rateLimitCalls": 1_000_000, "rateLimitSeconds": 86_400}, None, (1_000_000, 86_400)),),
        *(({"rateLimitCalls": 5, "rateLimitSeconds": None}, None, (5, 60)),),
        *(({"rateLimitCalls": 5}, LIMITED, (5, 5)), ({"rateLimitSeconds": 9}, LIMITED, (10, 9))),
        *(({"rateLimitSeconds": None}, LIMITED, (10, 60)), ({"rateLimitSeconds": 0}, LIMITED, (10, 60))),
        *(({"rateLimitCalls": None}, LIMITED, (None, None)), ({"rateLimitCalls": 0}, LIMITED, (None, None))),
        *(({"rateLimitCalls": 0, "rateLimitSeconds": 7}, LIMITED, (None, None)),),
        *(({"rateLimitSeconds": 0}, None, (None, None)), ({"rateLimitCalls": None}, None, (None, None))),
    ],
)
def test_rates(body: dict[str, Any], old: Any, expected: Any) -> None:
    found = limits(body, old)
    if expected is ...:
        assert found == {}
    else:
        assert found == {"rate_limit_calls": expected[0], "rate_limit_seconds": expected[1]}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        *(({"rateLimitCalls": -1}, "rateLimitCalls"), ({"rateLimitCalls": 1_000_001}, "rateLimitCalls")),
        *(({"rateLimitCalls": 1, "rateLimitSeconds": one}, "rateLimitSeconds") for one in (-1, 86_401)),
        ({"rateLimitSeconds": 5}, "rateLimitSeconds"),
    ],
)
def test_rates_that_are_none(body: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidLimit, match=name) as caught:
        limits(body, None)
    assert caught.value.code == "error-invalid-rate-limit"


@pytest.mark.parametrize("hours", [None, 0, 0.5, 24, 720])
def test_hours(hours: Any) -> None:
    assert limits({"idempotencyHours": hours}, None) == {"idempotency_hours": hours}


@pytest.mark.parametrize("hours", [-0.1, 720.1, float("nan"), float("inf"), 10**300])
def test_hours_that_are_none(hours: Any) -> None:
    with pytest.raises(InvalidLimit, match="idempotencyHours") as caught:
        limits({"idempotencyHours": hours}, None)
    assert caught.value.code == "error-invalid-idempotency-hours"


@given(st.text(max_size=40) | st.lists(st.text(max_size=20), max_size=4))
def test_what_is_taken_is_taken_again_as_it_is(value: Any) -> None:
    try:
        found = limits({"allowedNetworks": value}, None)["allowed_networks"]
    except InvalidLimit:
        return
    assert limits({"allowedNetworks": list(found or ())}, None)["allowed_networks"] == found
