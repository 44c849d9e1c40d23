"""Connections that are only ever made to permitted addresses.

A name is looked up by a resolver that drops refused addresses. Every socket, also that of an address written
in the URL (which no resolver sees), is made by a factory that is handed the very address the next step
connects to: there is nothing between check and connect that could change it, and nothing that is not checked.
A connection that is kept is judged again when the rules have changed since.
"""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage

from hookroom.delivery.exchange import AddressRefused, NotReached
from hookroom.delivery.judge import Judge
from hookroom.rules.egress import Egress

if TYPE_CHECKING:
    from aiohttp.client import ClientTimeout
    from aiohttp.client_reqrep import ClientRequest, ConnectionKey
    from aiohttp.connector import AddrInfoType, Connection
    from aiohttp.tracing import Trace


def guarded_sockets(judge: Judge) -> Callable[[AddrInfoType], socket.socket]:
    """A factory of sockets for permitted addresses; it raises ``AddressRefused`` for others.

    The canonical name of the address info is the host that leads there.
    """

    def guarded_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, host, place = info
        text = str(place[0])
        address, reason = judge.judged(text, host or text, int(place[1]))
        if reason is not None:
            raise AddressRefused(host or text, reason, address)
        return socket.socket(family, kind, protocol)

    return guarded_socket


class GuardedResolver(AbstractResolver):
    """Looks names up with ``resolver``, within ``timeout_s`` seconds, and drops refused addresses.

    Raises ``AddressRefused`` when nothing else is left.
    """

    def __init__(self, resolver: AbstractResolver, judge: Judge, timeout_s: float) -> None:
        self._resolver = resolver
        self._judge = judge
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
        judged = [(one, *self._judge.judged(one["host"], host, port)) for one in found]
        permitted = [
            ResolveResult(**{**one, "hostname": host}) for one, _, reason in judged if reason is None
        ]
        if not permitted:
            for _, address, reason in judged:
                raise AddressRefused(host, reason or "", address)
        return permitted

    async def close(self) -> None:
        """Close the resolver below."""
        await self._resolver.close()


MOST_UNREAD: Final = 32
"""Answers that may have come on a connection and not been read yet; the informational ones (1xx) count."""


class _Wire(ResponseHandler):
    """A connection that hangs up on a flood of answers, and knows under which rules its peer was permitted."""

    rules: Egress | None = None

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        """Take an answer's head in."""
        if len(self._buffer) < MOST_UNREAD:
            super().feed_data(data, size)
        elif self.transport is not None:
            self.set_exception(HttpProcessingError(message="too many answers"))
            self.transport.abort()

    def close(self) -> None:
        """Hang up. What the other side has not taken by now is thrown away: it may never take it."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().close()


def _wire(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _Wire(loop)


class CleanConnector(aiohttp.TCPConnector):
    """A pool whose connections have nothing left on them when they are used again.

    ``limit`` and ``limit_per_host`` are numbers of connections, ``keep_alive_s`` seconds.
    """

    def __init__(
        self,
        *,
        limit: int,
        limit_per_host: int,
        keep_alive_s: float,
        resolver: AbstractResolver | None = None,
        socket_factory: Callable[[AddrInfoType], socket.socket] | None = None,
    ) -> None:
        super().__init__(
            limit=limit,
            limit_per_host=limit_per_host,
            keepalive_timeout=keep_alive_s,
            resolver=resolver,
            socket_factory=socket_factory,
        )
        self._factory = functools.partial(_wire, loop=self._loop)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        # aiohttp keeps a connection on which something came after the answer (a lying Content-Length, an
        # answer nobody asked for) and would read that as the answer to the next request.
        while (connection := await super()._get(key, traces)) is not None:
            protocol = connection.protocol
            if protocol is not None and not protocol.should_close and self._serves(key, protocol):
                return connection
            connection.close()
        return None

    def _serves(self, key: ConnectionKey, protocol: ResponseHandler) -> bool:
        """Whether a kept connection may be used again."""
        return True


class GuardedConnector(CleanConnector):
    """A pool of connections to addresses that ``judge`` permits. ``resolver`` looks names up."""

    def __init__(
        self,
        judge: Judge,
        resolver: AbstractResolver,
        *,
        lookup_timeout_s: float,
        keep_alive_s: float,
        limit: int,
        limit_per_host: int,
    ) -> None:
        super().__init__(
            limit=limit,
            limit_per_host=limit_per_host,
            keep_alive_s=keep_alive_s,
            resolver=GuardedResolver(resolver, judge, lookup_timeout_s),
            socket_factory=guarded_sockets(judge),
        )
        self._judge = judge
        self._looked_up_under = judge.rules()

    def _serves(self, key: ConnectionKey, protocol: ResponseHandler) -> bool:
        rules = self._judge.rules()
        if not isinstance(protocol, _Wire) or protocol.transport is None:
            return False
        if protocol.rules is not rules:
            peer = protocol.transport.get_extra_info("peername")
            if not peer or self._judge.judged(peer[0], key.host, peer[1])[1] is not None:
                return False
            protocol.rules = rules
        return True

    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - the signature is aiohttp's
    ) -> ResponseHandler:
        # What was looked up has lost the addresses that were refused then.
        if (rules := self._judge.rules()) is not self._looked_up_under:
            self._looked_up_under = rules
            self.clear_dns_cache()
        return await super()._create_connection(req, traces, timeout)

    def _convert_hosts_to_addr_infos(self, hosts: list[ResolveResult]) -> list[AddrInfoType]:
        infos = super()._convert_hosts_to_addr_infos(hosts)
        return [
            (family, kind, protocol, host["hostname"], place)
            for (family, kind, protocol, _, place), host in zip(infos, hosts, strict=True)
        ]
