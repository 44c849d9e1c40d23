"""The guarded HTTP client: the only way Hookroom calls out (contract, section 4).

It calls permitted addresses only, follows no redirect, keeps no cookie, takes no proxy from the environment (but
the operator's, if there is one), and reads a bounded answer in a bounded time. What goes wrong is a ``NotReached``
that names the stage.
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from hookroom.delivery import failures
from hookroom.delivery.bounds import Bounds
from hookroom.delivery.exchange import (
    AddressRefused,
    Kind,
    NotReached,
    OutgoingRequest,
    OutgoingResponse,
    Trust,
)
from hookroom.delivery.judge import Judge
from hookroom.delivery.names import Resolver, SystemResolver
from hookroom.delivery.request_head import checked_method, target
from hookroom.delivery.trust import Contexts
from hookroom.delivery.wire.direct import DirectCalls
from hookroom.rules.egress import Entries
from hookroom.rules.proxy import Proxy

if TYPE_CHECKING:
    from hookroom.delivery.proxied import ProxiedCalls

__all__ = [
    "AddressRefused",
    "GuardedClient",
    "Judge",
    "Kind",
    "NotReached",
    "OutgoingRequest",
    "OutgoingResponse",
    "Trust",
]

KEEP_ALIVE_S: Final = 4.0
"""Seconds an idle connection is kept: under the 5 s after which common servers (Node.js) close theirs.
A request on a connection that is closed at that moment is lost, and a POST is not sent again on suspicion."""


class GuardedClient:
    """Sends requests where ``judge`` permits. Make it inside the running event loop and ``aclose()`` it there.

    ``connect_timeout_s`` bounds the lookup of a name, and each connect with its TLS handshake;
    ``timeout_s`` the whole call, waiting for a free connection included. ``max_response_bytes`` counts
    decompressed bytes. With ``proxy``, all calls go through it but those to ``no_proxy`` and to loopback.
    ``resolver`` looks names up (default: the system's).
    """

    def __init__(
        self,
        judge: Judge,
        *,
        connect_timeout_s: float,
        timeout_s: float,
        max_response_bytes: int,
        user_agent: str,
        max_connections: int = 512,
        max_connections_per_host: int = 64,
        keep_alive_s: float = KEEP_ALIVE_S,
        resolver: Resolver | None = None,
        proxy: Proxy | None = None,
        no_proxy: Entries | None = None,
    ) -> None:
        self._judge = judge
        self._timeout_s = timeout_s
        self._contexts = Contexts()
        resolver = resolver or SystemResolver()
        bounds = Bounds(
            connect_timeout_s=connect_timeout_s,
            max_response_bytes=max_response_bytes,
            max_connections=max_connections,
            max_connections_per_host=max_connections_per_host,
            keep_alive_s=keep_alive_s,
        )
        self._direct = DirectCalls(judge, resolver, bounds, user_agent)
        self._proxied: ProxiedCalls | None = None
        if proxy is not None:
            # Only then: what they are made with takes a tenth of a second to load, and memory.
            from hookroom.delivery.proxied import ProxiedCalls
            from hookroom.delivery.proxying import Proxying

            proxying = Proxying(proxy, no_proxy or Entries(), judge, resolver, connect_timeout_s)
            self._proxied = ProxiedCalls(proxying, bounds, user_agent)

    async def send(self, request: OutgoingRequest) -> OutgoingResponse:
        """The answer to ``request``, whatever its status. Raises ``NotReached`` when there is none."""
        started = time.perf_counter()
        to = target(request.url)
        method = checked_method(request.method)
        timeout_s = self._timeout_s if request.timeout_s is None else request.timeout_s
        self._judge.check_host(to.host, to.port)
        context = None
        if to.secure and (context := self._contexts.ready(request.trust)) is None:
            try:
                async with asyncio.timeout(timeout_s):
                    context = await self._contexts.of(request.trust)
            except TimeoutError:
                raise failures.late(to.shown, timeout_s) from None
        if self._proxied is not None and self._proxied.takes(to.host, to.port):
            return await self._proxied.call(to, method, request, context, timeout_s, started)
        return await self._direct.call(to, method, request, context, timeout_s, started)

    async def aclose(self) -> None:
        """Close all connections; calls under way end in ``NotReached``."""
        await self._direct.aclose()
        if self._proxied is not None:
            await self._proxied.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
