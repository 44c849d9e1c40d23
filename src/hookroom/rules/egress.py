"""What outgoing calls may reach: the operator's lists of hosts and networks on top of the rules for addresses.

An entry is an address, a network (``10.1.0.0/16``), a host name, all names below one (``*.example.com`` or
``.example.com``), or an address or host with ``:port``, which then counts for that port only. Deny beats allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hookroom.rules.addresses import Address, Network, Policy, verdict
from hookroom.rules.host_names import comparable, literal, name_of

MAX_ENTRIES: Final = 1000
"""Most entries of a list: each new connection is compared with those that are networks."""

DENIED_HOST: Final = "denied host"

_BETWEEN: Final = re.compile(r"[,\s]+")
_NETWORK: Final = re.compile(r"([0-9a-fA-F:.]+)(?:/[0-9]{1,3})?")
_PORT: Final = re.compile(r"(.+):([0-9]{1,5})", re.DOTALL)
_MAX_ENTRY: Final = 300
_MAPPED: Final = IPv6Network("::ffff:0:0/96")

Port = int | None
"""The port that an entry counts for; ``None``: every one."""


class NotAnEntry(ValueError):
    """The entry at ``position`` (from 1) is none, or one too many. The text does not hold it."""

    def __init__(self, position: int) -> None:
        what = "too many" if position > MAX_ENTRIES else "none"
        super().__init__(f"entry {position} is {what}")
        self.position = position


class Entries(Struct, frozen=True):
    """A list that was read."""

    names: frozenset[tuple[str, Port]] = frozenset()
    below: frozenset[tuple[str, Port]] = frozenset()
    """Names whose every name below them is meant, and not they themselves."""
    networks: tuple[tuple[Network, Port], ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names) + len(self.below) + len(self.networks)

    def has_name(self, host: str, port: int) -> bool:
        """Whether an entry means the name ``host``, whatever its case, with a dot at its end or without."""
        if not self.names and not self.below:
            return False
        host = comparable(host)
        if (host, None) in self.names or (host, port) in self.names:
            return True
        while self.below and (dot := host.find(".")) >= 0:
            host = host[dot + 1 :]
            if (host, None) in self.below or (host, port) in self.below:
                return True
        return False

    def networks_at(self, port: int) -> tuple[Network, ...]:
        """The networks that count for ``port``."""
        return tuple(network for network, only in self.networks if only is None or only == port)

    def has(self, host: str, port: int) -> bool:
        """Whether an entry means ``host``, a name or an address (which is not looked up)."""
        address = literal(host)
        if address is None:
            return self.has_name(host, port)
        return any(address in network for network in self.networks_at(port))


def entries(text: str) -> Entries:
    """The list that ``text`` is, with commas, spaces or line breaks between entries. Raises ``NotAnEntry``."""
    names, below, networks = set(), set(), []
    for position, entry in enumerate(filter(None, _BETWEEN.split(text)), 1):
        try:
            if position > MAX_ENTRIES or len(entry) > _MAX_ENTRY:
                raise ValueError("too many or too long")
            what, port = _read(entry)
        except ValueError:
            raise NotAnEntry(position) from None
        if not isinstance(what, str):
            networks.append((what, port))
        elif what.startswith("."):
            below.add((what[1:], port))
        else:
            names.add((what, port))
    return Entries(frozenset(names), frozenset(below), tuple(networks))


def _read(entry: str) -> tuple[Network | str, Port]:
    """The network, the name, or "." and the name that names are below of."""
    if "/" in entry or literal(entry) is not None:
        return _network(entry), None
    port: Port = None
    if found := _PORT.fullmatch(entry):
        entry, port = found[1], int(found[2])
        if not 1 <= port <= 65535:
            raise ValueError("no port")
    if entry.startswith("[") and entry.endswith("]"):
        return _network(entry[1:-1]), port
    if isinstance(literal(entry), IPv4Address):
        return _network(entry), port
    name = entry.removeprefix("*")
    if name.startswith("."):
        return "." + name_of(name[1:]), port
    return name_of(entry), port


def _network(text: str) -> Network:
    if not _NETWORK.fullmatch(text):
        raise ValueError("no address or network")
    network = ip_network(text, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        # Addresses are compared as the IPv4 ones that they map.
        first = int(network.network_address) & 0xFFFFFFFF
        return IPv4Network((first, network.prefixlen - 96))
    return network


class Egress(Struct, frozen=True, kw_only=True):
    """What may be called: rules for addresses, and the operator's lists."""

    policy: Policy = Policy()
    allowed: Entries = Entries()
    denied: Entries = Entries()
    at_port: Mapping[int, Policy] = {}
    """``policy`` with the networks that count for one port only, by that port."""

    def host_verdict(self, host: str, port: int) -> str | None:
        """Why ``host`` is refused by its name, before it is looked up, or ``None``."""
        return DENIED_HOST if self.denied.has_name(host, port) else None

    def address_verdict(self, host: str, address: Address, port: int) -> str | None:
        """Why ``address``, which ``host`` stands for or is, may not be called on ``port``, or ``None``."""
        named = self.allowed.has_name(host, port)
        return self.host_verdict(host, port) or verdict(
            address, self.at_port.get(port, self.policy), named=named
        )


def egress(policy: Policy, *, allow: str = "", deny: str = "") -> Egress:
    """What ``policy`` and the two lists permit. Raises ``NotAnEntry``."""
    allowed, denied = entries(allow), entries(deny)

    def at(port: int) -> Policy:
        return replace(
            policy,
            allowed=(*policy.allowed, *allowed.networks_at(port)),
            denied=(*policy.denied, *denied.networks_at(port)),
        )

    return Egress(
        policy=at(0),  # No entry is for port 0: what is left counts for every port.
        allowed=allowed,
        denied=denied,
        at_port={port: at(port) for port in _ports(allowed, denied)},
    )


def _ports(*lists: Entries) -> Iterator[int]:
    for one in lists:
        for _, port in one.networks:
            if port is not None:
                yield port
