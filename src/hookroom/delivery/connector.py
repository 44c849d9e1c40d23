"""Connections that are only ever made to permitted addresses.

A name is looked up by a resolver that drops refused addresses. Every socket, also that of an address written
in the URL (which no resolver sees), is made by a factory that is handed the very address the next step
connects to: there is nothing between check and connect that could change it, and nothing that is not checked.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from hookroom.delivery.exchange import AddressRefused, NotReached
from hookroom.rules.addresses import Address, Policy, verdict

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import AddrInfoType, Connection
    from aiohttp.tracing import Trace


def _judged(text: str, policy: Policy) -> tuple[Address | None, str | None]:
    """The address that ``text`` is, and why it may not be called."""
    try:
        address = ip_address(text)
    except ValueError:
        # Connecting would look it up again, past the resolver.
        return None, "not an address"
    return address, verdict(address, policy)


def guarded_sockets(policy: Policy) -> Callable[[AddrInfoType], socket.socket]:
    """A factory of sockets for permitted addresses; it raises ``AddressRefused`` for others."""

    def guarded_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, place = info
        text = str(place[0])
        address, reason = _judged(text, policy)
        if reason is not None:
            raise AddressRefused(text, reason, address)
        return socket.socket(family, kind, protocol)

    return guarded_socket


class GuardedResolver(AbstractResolver):
    """Looks names up with ``resolver``, within ``timeout_s`` seconds, and drops refused addresses.

    Raises ``AddressRefused`` when nothing else is left.
    """

    def __init__(self, resolver: AbstractResolver, policy: Policy, timeout_s: float) -> None:
        self._resolver = resolver
        self._policy = policy
        self._timeout_s = timeout_s

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The permitted addresses of ``host``."""
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._resolver.resolve(host, port, family)
        except TimeoutError:
            raise NotReached(f"Looking up {host} took over {self._timeout_s:g} s", "dns") from None
        except UnicodeError:
            raise NotReached(f"{host} is not a name that can be looked up", "dns") from None
        judged = [(one, *_judged(one["host"], self._policy)) for one in found]
        permitted = [one for one, _, reason in judged if reason is None]
        if not permitted:
            for _, address, reason in judged:
                raise AddressRefused(host, reason or "", address)
        return permitted

    async def close(self) -> None:
        """Close the resolver below."""
        await self._resolver.close()


class GuardedConnector(aiohttp.TCPConnector):
    """A pool of connections to permitted addresses. ``resolver`` looks names up (default: the system's)."""

    def __init__(
        self,
        policy: Policy,
        *,
        lookup_timeout_s: float,
        max_connections: int,
        max_connections_per_host: int,
        keep_alive_s: float,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        super().__init__(
            resolver=GuardedResolver(resolver or aiohttp.ThreadedResolver(), policy, lookup_timeout_s),
            socket_factory=guarded_sockets(policy),
            ssl=tls or True,
            limit=max_connections,
            limit_per_host=max_connections_per_host,
            keepalive_timeout=keep_alive_s,
        )

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        # aiohttp keeps a connection on which something came after the answer (a lying Content-Length, an
        # answer nobody asked for) and would read that as the answer to the next request.
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None
