"""Calls through a proxy: which ones, and what is checked before the proxy is asked.

The proxy looks names up itself, so a name is only refused for what it is known to lead to here. Keeping
the proxy from what it alone can reach is a matter of its own rules.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Final

from multidict import CIMultiDict

from hookroom.delivery.exchange import AddressRefused
from hookroom.delivery.judge import Judge
from hookroom.delivery.names import Resolver
from hookroom.delivery.request_head import basic
from hookroom.rules.addresses import LOOPBACK, METADATA, Address, unmapped
from hookroom.rules.egress import Entries
from hookroom.rules.host_names import comparable, literal
from hookroom.rules.proxy import Proxy

_KEPT_S: Final = 10.0
_MOST_KEPT: Final = 1000
_METADATA_NAMES: Final = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)
"""Names that only the machines of a cloud can look up, and a proxy among them."""


class Proxying:
    """Says which calls go through ``proxy``, and checks their targets."""

    def __init__(
        self,
        proxy: Proxy,
        no_proxy: Entries,
        judge: Judge,
        resolver: Resolver,
        lookup_timeout_s: float,
    ) -> None:
        self.url: Final = proxy.url
        self.headers: Final[CIMultiDict[str]] = CIMultiDict()
        """What tells the proxy who calls."""
        if proxy.user is not None or proxy.password is not None:
            self.headers["Proxy-Authorization"] = basic(proxy.user or "", proxy.password or "")
        self._no_proxy = no_proxy
        self._judge = judge
        self._resolver = resolver
        self._lookup_timeout_s = lookup_timeout_s
        self._lookups: dict[str, tuple[float, asyncio.Future[tuple[str, ...]]]] = {}

    def takes(self, host: str, port: int) -> bool:
        """Whether a call to ``host`` goes through the proxy.

        This machine's loopback is never asked of it: it would call its own.
        """
        name = comparable(host)
        if name == "localhost" or name.endswith(".localhost"):
            return False
        address = literal(host)
        if address is not None and unmapped(address).is_loopback:
            return False
        return not self._no_proxy.has(host, port)

    async def check(self, host: str, port: int) -> None:
        """Raise ``AddressRefused`` when ``host`` is, or leads to, an address that may not be called."""
        if comparable(host) in _METADATA_NAMES:
            raise AddressRefused(host, METADATA)
        found = (host,) if literal(host) is not None else await self._found(host)
        for text in found:
            address, reason = self._judge.judged(text, host, port)
            if reason is None and address is not None and _leads_back(address):
                reason = LOOPBACK
            if reason is not None:
                raise AddressRefused(host, reason, address)

    async def _found(self, host: str) -> tuple[str, ...]:
        """The addresses of ``host``; none when it cannot be looked up here, where often only the proxy can."""
        now = time.monotonic()
        until, lookup = self._lookups.get(host, (0.0, None))
        if lookup is None or now >= until:
            lookup = asyncio.ensure_future(self._look_up(host))
            if len(self._lookups) >= _MOST_KEPT:
                del self._lookups[next(iter(self._lookups))]
            self._lookups[host] = now + _KEPT_S, lookup
        return await asyncio.shield(lookup)

    async def _look_up(self, host: str) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(self._lookup_timeout_s):
                return tuple([one["host"] for one in await self._resolver.resolve(host, 0, socket.AF_UNSPEC)])
        except (OSError, UnicodeError):
            return ()


def _leads_back(address: Address) -> bool:
    """Whether whoever calls ``address`` calls itself: the proxy, in this case."""
    address = unmapped(address)
    return address.is_loopback or address.is_unspecified
