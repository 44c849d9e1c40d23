"""Which addresses may be called: a pure verdict on one address under a policy.

What is not globally reachable is refused (IANA special-purpose address registries, RFC 6890), and so is an
IPv6 address that carries a refused IPv4 one inside: a translator or tunnel would deliver it there.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

import msgspec
from msgspec import Struct

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Policy(Struct, frozen=True, kw_only=True):
    """What may be called beyond the global internet.

    ``denied`` wins over everything, then ``allowed``, then the rules. ``allow_loopback`` permits 127.0.0.0/8
    and ::1; ``allow_private`` the RFC 1918 networks and fc00::/7. Neither permits a cloud's metadata service,
    and of ``allowed`` only a network that is meant for it: of at least 16 bits, or 32 of IPv6.
    """

    allow_loopback: bool = False
    allow_private: bool = False
    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()


LOOPBACK: Final = "loopback address"
PRIVATE: Final = "private network"
METADATA: Final = "cloud metadata service"

_REFUSED: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        # First, since the private networks below hold some of them and may be permitted.
        ("169.254.169.254/32", METADATA),
        ("169.254.170.2/32", METADATA),  # AWS ECS
        ("100.100.100.200/32", METADATA),  # Alibaba Cloud
        ("168.63.129.16/32", METADATA),  # Azure, in an otherwise public network
        ("192.0.0.192/32", METADATA),  # Oracle Cloud
        ("fd00:ec2::/32", METADATA),  # AWS
        ("fd20:ce::254/128", METADATA),  # Google Cloud
        ("fd00:42::42/128", METADATA),  # Scaleway
        ("127.0.0.0/8", LOOPBACK),
        ("10.0.0.0/8", PRIVATE),
        ("172.16.0.0/12", PRIVATE),
        ("192.168.0.0/16", PRIVATE),
        ("0.0.0.0/8", "unspecified address"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("169.254.0.0/16", "link-local address"),
        ("192.0.0.0/24", "reserved network"),
        ("192.0.2.0/24", "documentation network"),
        ("192.88.99.0/24", "reserved network"),
        ("198.18.0.0/15", "benchmarking network"),
        ("198.51.100.0/24", "documentation network"),
        ("203.0.113.0/24", "documentation network"),
        ("224.0.0.0/4", "multicast address"),
        ("255.255.255.255/32", "broadcast address"),
        ("240.0.0.0/4", "reserved network"),
        ("::1/128", LOOPBACK),
        ("::/128", "unspecified address"),
        # RFC 8215. Where the IPv4 address lies depends on a prefix length that only the operator knows.
        ("64:ff9b:1::/48", "local-use NAT64 network"),
        ("fc00::/7", PRIVATE),
        ("fe80::/10", "link-local address"),
        ("ff00::/8", "multicast address"),
        ("2001:2::/48", "benchmarking network"),
        ("2001:db8::/32", "documentation network"),
        ("3fff::/20", "documentation network"),
    )
)

_TEREDO: Final = IPv6Network("2001::/32")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_PROTOCOLS: Final = IPv6Network("2001::/23")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


# Somebody who allows 100.64.0.0/10, fd00::/8 or everything does not think of the metadata inside.
_MEANT_FROM: Final = {4: 16, 6: 32}


def unmapped(address: Address) -> Address:
    """``address``, or the IPv4 one that it maps: the system connects to that, so it is that in every respect."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def verdict(address: Address, policy: Policy, *, named: bool = False) -> str | None:
    """Why ``address`` may not be called (a noun phrase to show), or ``None`` when it may.

    ``named``: a host name that is allowed leads there, which permits all but the denied and metadata.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "address with a zone"
        address = unmapped(address)
    carried = tuple(_carried(address))
    if any(one in network for network in policy.denied for one in (address, *(v4 for v4, _ in carried))):
        return "denied network"
    for one, form in ((address, ""), *carried):
        if _rule(one) == METADATA and not _meant(one, policy):
            return f"{form} address of a {METADATA}" if form else METADATA
    if named or any(address in network for network in policy.allowed):
        return None
    if (reason := _rule(address)) is not None:
        permitted = {
            LOOPBACK: policy.allow_loopback,
            PRIVATE: policy.allow_private,
            METADATA: True,  # Meant, or it would not have come here.
        }
        return None if permitted.get(reason, False) else reason
    if carried:
        # No tunnel leads to this machine's own loopback, whoever asks for it means mischief.
        strict = msgspec.structs.replace(policy, allow_loopback=False)
        reasons = ((verdict(v4, strict), form) for v4, form in carried)
        return next((f"{form} address of a {reason}" for reason, form in reasons if reason), None)
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_UNICAST or address in _PROTOCOLS):
        return "reserved network"
    return None


def _rule(address: Address) -> str | None:
    """What the registries call the network of ``address``, if it is a special one."""
    return next((reason for network, reason in _REFUSED if address in network), None)


def _meant(address: Address, policy: Policy) -> bool:
    """Whether an allowed network is meant for the metadata service at ``address``."""
    return any(
        address in network and network.prefixlen >= _MEANT_FROM[network.version] for network in policy.allowed
    )


def _carried(address: Address) -> Iterator[tuple[IPv4Address, str]]:
    """The IPv4 addresses inside an IPv6 one, each with the name of the form."""
    if isinstance(address, IPv4Address):
        return
    bits = int(address)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(bits >> 80 & 0xFFFFFFFF), "6to4"
    elif address in _TEREDO:
        yield IPv4Address(bits >> 64 & 0xFFFFFFFF), "Teredo"
        yield IPv4Address(~bits & 0xFFFFFFFF), "Teredo"
    elif address in _NAT64:
        yield IPv4Address(bits & 0xFFFFFFFF), "NAT64"
