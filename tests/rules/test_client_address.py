"""Whose call it is, and whether it may be made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.client_address import client_address, counted_as, may_call, networks

PROXIES = networks("10.0.0.0/8, 192.0.2.7, fd00::/8, ::ffff:172.16.0.0/108")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        # A stranger says what they like.
        ("203.0.113.5", "10.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.5, 10.2.3.4", "203.0.113.5"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5, unknown", "10.0.0.1"),
        ("10.0.0.1", "unknown, 203.0.113.5", "203.0.113.5"),
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", None, "203.0.113.5"),
        ("::ffff:203.0.113.5", "10.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("172.16.3.4", "203.0.113.5", "203.0.113.5"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "203.0.113.5:4711", "203.0.113.5"),
        ("10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("10.0.0.1", "[2001:db8::5]", "2001:db8::5"),
        ("2001:0db8:0:0::5", None, "2001:db8::5"),
        ("somebody", "203.0.113.5", "somebody"),
    ],
)
def test_the_nearest_that_is_no_trusted_proxy(peer: str, forwarded: str | None, address: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_proxies_nobody_is_believed() -> None:
    assert client_address("10.0.0.1", "203.0.113.5", ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "allowed", "may"),
    [
        ("203.0.113.5", ("203.0.113.0/24",), True),
        ("203.0.113.5", ("203.0.113.5",), True),
        ("203.0.114.5", ("203.0.113.0/24", "198.51.100.0/24"), False),
        ("::ffff:203.0.113.5", ("203.0.113.0/24",), True),
        ("203.0.113.5", ("::ffff:203.0.113.0/120",), True),
        ("203.0.113.5", ("::/0",), False),
        ("2001:db8::5", ("2001:db8::/32",), True),
        ("2001:db8::5", ("0.0.0.0/0",), False),
        ("2001:db8::5", ("0.0.0.0/0", "::/0"), True),
        ("203.0.113.5", ("nonsense",), False),
        ("203.0.113.5", ("nonsense", "203.0.113.5"), True),
        ("somebody", ("0.0.0.0/0", "::/0"), False),
        ("", ("0.0.0.0/0",), False),
    ],
)
def test_who_may_call(address: str, allowed: tuple[str, ...], may: bool) -> None:
    assert may_call(address, allowed) is may


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_ipv4_written_as_ipv6_is_the_same(one: object, network: object, bits: int) -> None:
    allowed = (f"{network}/{bits}",)
    assert may_call(f"::ffff:{one}", allowed) is may_call(str(one), allowed)
    assert may_call(str(one), (f"::ffff:{network}/{96 + bits}",)) is may_call(str(one), allowed)


def test_what_calls_are_counted_under() -> None:
    assert counted_as("203.0.113.5") == "203.0.113.5"
    assert counted_as("2001:db8:1:2:3::5") == counted_as("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert counted_as("2001:db8:1:3::5") != counted_as("2001:db8:1:2::5")
    assert counted_as("somebody") == "somebody"
