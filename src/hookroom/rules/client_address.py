"""Whose call it is: the peer's address, or what a trusted proxy says of it."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """Comma-separated addresses or networks. Raises ``ValueError`` for anything else."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: str | None, proxies: Sequence[Network]) -> str:
    """The caller's address: the nearest entry of ``X-Forwarded-For`` that is no trusted proxy.

    The header counts only when the peer itself is a trusted proxy, and is read from the right: what stands
    further left was written by somebody who may lie.
    """
    if not forwarded_for or not proxies or not _within(peer, proxies):
        return peer
    address = peer
    for entry in reversed(forwarded_for.split(",")):
        entry = entry.strip()
        try:
            ip_address(entry)
        except ValueError:
            return address
        address = entry
        if not _within(address, proxies):
            return address
    return address


def _within(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)
