"""Which addresses may be called."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.addresses import Policy, verdict

PUBLIC_ONLY = Policy()
LOOPBACK = Policy(allow_loopback=True)
PRIVATE = Policy(allow_private=True)
OPEN = Policy(allow_loopback=True, allow_private=True)

REFUSED = {
    "loopback address": ("127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    "private network": (
        *("10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("::ffff:10.1.2.3", "fc00::1", "fdff:ffff::1"),
    ),
    "cloud metadata service": (
        *("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "169.254.170.2"),
        *("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254", "fd00:42::42"),
    ),
    "link-local address": ("169.254.0.1", "169.254.255.255", "fe80::1", "febf:ffff::1"),
    "unspecified address": ("0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"),
    "carrier-grade NAT": ("100.64.0.0", "100.127.255.255"),
    "benchmarking network": ("198.18.0.1", "198.19.255.255", "2001:2::1"),
    "documentation network": ("192.0.2.1", "198.51.100.7", "203.0.113.255", "2001:db8::1", "3fff::1"),
    "multicast address": ("224.0.0.1", "239.255.255.255", "ff02::1", "::ffff:224.0.0.1"),
    "broadcast address": ("255.255.255.255", "::ffff:255.255.255.255"),
    "reserved network": (
        *("240.0.0.1", "255.255.255.254", "192.0.0.8", "192.88.99.1"),
        *("::8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1", "100::1", "2001:10::1", "2001:20::1"),
        *("4000::1", "5f00::1", "fec0::1", "200::1"),
    ),
    "local-use NAT64 network": ("64:ff9b:1::10.0.0.1", "64:ff9b:1::8.8.8.8"),
    "6to4 address of a loopback address": ("2002:7f00:1::", "2002:7f00:1::808:808"),
    "6to4 address of a private network": ("2002:c0a8:101::1",),
    "Teredo address of a private network": (
        "2001:0:a00:1::f7f7:f7f7",  # the server is 10.0.0.1
        "2001:0:808:808::f5ff:fffe",  # the client is 10.0.0.1
    ),
    "NAT64 address of a loopback address": ("64:ff9b::127.0.0.1",),
    "NAT64 address of a private network": ("64:ff9b::192.168.0.1",),
    "NAT64 address of a cloud metadata service": ("64:ff9b::a9fe:a9fe",),
    "address with a zone": ("fe80::1%eth0", "::ffff:8.8.8.8%1", "2606:4700::1%lo"),
}

PERMITTED = (
    *("8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"),
    *("100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "198.17.255.255", "198.20.0.0"),
    *("223.255.255.255", "169.253.255.255", "169.255.0.0", "192.0.1.0", "::ffff:8.8.8.8"),
    *("2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2400:cb00::1"),
    *("64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7"),
)


@pytest.mark.parametrize(("text", "reason"), [(one, why) for why, all_ in REFUSED.items() for one in all_])
def test_refused(text: str, reason: str) -> None:
    assert verdict(ip_address(text), PUBLIC_ONLY) == reason


@pytest.mark.parametrize("text", PERMITTED)
def test_permitted(text: str) -> None:
    assert verdict(ip_address(text), PUBLIC_ONLY) is None


@pytest.mark.parametrize("text", [one for all_ in REFUSED.values() for one in all_])
def test_permitting_loopback_permits_nothing_else(text: str) -> None:
    reason = verdict(ip_address(text), LOOPBACK)
    assert (reason is None) == (text in REFUSED["loopback address"])


@pytest.mark.parametrize("text", [one for all_ in REFUSED.values() for one in all_])
def test_permitting_private_permits_nothing_else(text: str) -> None:
    reason = verdict(ip_address(text), PRIVATE)
    assert (reason is None) == (text in REFUSED["private network"] or "of a private" in _why(text))


def _why(text: str) -> str:
    return next(why for why, all_ in REFUSED.items() if text in all_)


@pytest.mark.parametrize("text", REFUSED["cloud metadata service"])
def test_metadata_is_never_permitted_by_a_switch(text: str) -> None:
    assert verdict(ip_address(text), OPEN) == "cloud metadata service"


@pytest.mark.parametrize(
    ("text", "allowed", "denied", "permitted"),
    [
        ("10.1.2.3", "10.1.0.0/16", None, True),
        ("10.2.2.3", "10.1.0.0/16", None, False),
        ("::ffff:10.1.2.3", "10.1.0.0/16", None, True),
        ("64:ff9b::10.1.2.3", "10.1.0.0/16", None, True),
        ("64:ff9b:1::10.1.2.3", "64:ff9b:1::/48", None, True),
        ("fd12::1", "fd12::/16", None, True),
        ("100.64.0.9", "100.64.0.0/10", None, True),
        ("127.0.0.1", "127.0.0.1/32", None, True),
        ("8.8.8.8", None, "8.8.8.0/24", False),
        ("::ffff:8.8.8.8", None, "8.8.8.0/24", False),
        ("64:ff9b::8.8.8.8", None, "8.8.8.0/24", False),
        ("64:ff9b::8.8.8.8", "64:ff9b::/96", "8.8.8.0/24", False),
        ("2606:4700::1", None, "2606::/16", False),
        ("10.1.2.3", "10.0.0.0/8", "10.1.2.3/32", False),
        ("10.1.2.4", "10.0.0.0/8", "10.1.2.3/32", True),
    ],
)
def test_networks_of_the_operator(
    text: str, allowed: str | None, denied: str | None, permitted: bool
) -> None:
    policy = Policy(
        allowed=(ip_network(allowed),) if allowed else (),
        denied=(ip_network(denied),) if denied else (),
    )
    assert (verdict(ip_address(text), policy) is None) == permitted


V4 = st.ip_addresses(v=4).filter(lambda a: isinstance(a, IPv4Address))
V6 = st.ip_addresses(v=6)
POLICIES = st.builds(Policy, allow_loopback=st.booleans(), allow_private=st.booleans())


@given(V4)
def test_what_is_permitted_is_global_v4(address: IPv4Address) -> None:
    if verdict(address, PUBLIC_ONLY) is None:
        assert address.is_global
        assert not address.is_multicast
    elif address.is_global:
        # The registry calls these global; nothing that answers a webhook lives there.
        assert address.is_multicast or address in ip_network("192.0.0.0/24") or _is_named(address)


def _is_named(address: IPv4Address) -> bool:
    return address in ip_network("192.88.99.0/24") or str(address) == "168.63.129.16"


@given(V6)
def test_what_is_permitted_is_global_v6(address: IPv6Address) -> None:
    if verdict(address, PUBLIC_ONLY) is None and address.teredo is None and address.ipv4_mapped is None:
        assert address.is_global
        assert not (address.is_multicast or address.is_reserved or address.is_site_local) or (
            address in ip_network("64:ff9b::/96")
        )


@given(V4, POLICIES)
def test_a_mapped_address_is_the_address(address: IPv4Address, policy: Policy) -> None:
    mapped = IPv6Address(0xFFFF << 32 | int(address))
    assert verdict(mapped, policy) == verdict(address, policy)


@given(V4, st.integers(0, 2**80 - 1), st.booleans())
def test_a_carried_address_is_no_way_round(address: IPv4Address, rest: int, allow_private: bool) -> None:
    policy = Policy(allow_private=allow_private)
    refused = verdict(address, policy) is not None
    v4 = int(address)
    forms = {
        "NAT64": 0x64FF9B << 96 | v4,
        "6to4": 0x2002 << 112 | v4 << 80 | rest,
        "Teredo server": 0x20010000 << 96 | v4 << 64 | (~0x08080808 & 0xFFFFFFFF),
        "Teredo client": 0x20010000 << 96 | 0x08080808 << 64 | (~v4 & 0xFFFFFFFF),
    }
    for form, bits in forms.items():
        carrier = IPv6Address(bits)
        assert (verdict(carrier, policy) is not None) == refused, form
        loopback_too = Policy(allow_private=allow_private, allow_loopback=True)
        assert (verdict(carrier, loopback_too) is not None) == refused, form
