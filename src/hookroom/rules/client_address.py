"""Whose call it is: the peer's address, or what a trusted proxy says of it; and whether it may call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_HOST_PREFIX: Final = 64
"""What one network at home or one host has of IPv6: a caller may use any address of it (RFC 6177)."""


def networks(text: str) -> tuple[Network, ...]:
    """Comma-separated addresses or networks. Raises ``ValueError`` for anything else."""
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: str | None, proxies: Sequence[Network]) -> str:
    """The caller's address: the nearest entry of ``X-Forwarded-For`` that is no trusted proxy.

    The header counts only when the peer itself is a trusted proxy, and is read from the right: what stands
    further left was written by somebody who may lie. An IPv4 address that is written as IPv6 (RFC 4291, section
    2.5.5.2) is the IPv4 address; a port behind an address, which some proxies write, is passed over.
    """
    believing = bool(forwarded_for and proxies)
    if not believing and ":" not in peer:
        return peer
    found = _address(peer)
    if found is None:
        return peer
    if forwarded_for and believing and _within(found, proxies):
        for entry in reversed(forwarded_for.split(",")):
            said = _address(_without_port(entry.strip()))
            if said is None:
                break
            found = said
            if not _within(found, proxies):
                break
    return str(found)


def may_call(address: str, allowed: tuple[str, ...]) -> bool:
    """Whether ``address`` is within the ``allowed`` addresses and networks.

    What of them is none lets nobody in.
    """
    found = _address(address)
    return found is not None and _within(found, _parsed(allowed))


def counted_as(address: str) -> str:
    """What calls of ``address`` are counted under: itself, of IPv6 the /64 that it is in."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found), _HOST_PREFIX), strict=False))
    return address


@lru_cache(maxsize=4096)
def _parsed(allowed: tuple[str, ...]) -> tuple[Network, ...]:
    found: list[Network] = []
    for entry in allowed:
        try:
            found.append(_network(entry))
        except ValueError:
            continue
    return tuple(found)


def _network(text: str) -> Network:
    network = ip_network(text, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return ip_network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    host, colon, port = entry.partition(":")
    return host if colon and port.isdigit() and "." in host else entry


def _within(address: Address, allowed: Sequence[Network]) -> bool:
    return any(address in network for network in allowed)
