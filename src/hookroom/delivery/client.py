"""The guarded HTTP client: the only way Hookroom calls out (contract, section 4).

It calls permitted addresses only, follows no redirect, keeps no cookie, takes no proxy from the environment (but
the operator's, if there is one), and reads a bounded answer in a bounded time. What goes wrong is a ``NotReached``
that names the stage.
"""

from __future__ import annotations

import asyncio
import io
import time
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict

from hookroom.delivery.connector import CleanConnector, GuardedConnector
from hookroom.delivery.exchange import (
    AddressRefused,
    Kind,
    NotReached,
    OutgoingRequest,
    OutgoingResponse,
    Trust,
)
from hookroom.delivery.failures import not_reached, refused_by_proxy
from hookroom.delivery.judge import Judge
from hookroom.delivery.proxying import Proxying
from hookroom.delivery.request_head import Target, checked_headers, checked_method, target
from hookroom.delivery.trust import Contexts
from hookroom.rules.egress import Entries
from hookroom.rules.proxy import Proxy

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

_ASKED_BY_PROXY: Final = 407
"""The status of a proxy that wants other credentials (RFC 9110, 15.5.8); no receiver's."""

_SWITCHES: Final = 101
"""The status of a receiver that goes on in another protocol, which nobody asked it to."""

_LARGE_BODY: Final = 1 << 20
"""Bytes from which aiohttp wants a file, so that writing does not hold up the loop."""


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
        resolver: AbstractResolver | None = None,
        proxy: Proxy | None = None,
        no_proxy: Entries | None = None,
    ) -> None:
        self._judge = judge
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._max_response_bytes = max_response_bytes
        self._user_agent = user_agent
        self._contexts = Contexts()
        resolver = resolver or aiohttp.ThreadedResolver()
        self._direct = self._session(
            GuardedConnector(
                judge,
                resolver,
                lookup_timeout_s=connect_timeout_s,
                keep_alive_s=keep_alive_s,
                limit=max_connections,
                limit_per_host=max_connections_per_host,
            )
        )
        self._proxying: Proxying | None = None
        if proxy is not None:
            self._proxying = Proxying(proxy, no_proxy or Entries(), judge, resolver, connect_timeout_s)
            # Its connections lead to the proxy, wherever that is: the operator chose it.
            self._proxied = self._session(
                CleanConnector(
                    limit=max_connections,
                    limit_per_host=max_connections_per_host,
                    keep_alive_s=keep_alive_s,
                )
            )

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            # What aiohttp decompresses on its own account depends on what else is installed.
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate"},
            skip_auto_headers=("Content-Type",),
            trust_env=False,
            # The whole call has one clock, in send().
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._connect_timeout_s, ceil_threshold=float("inf")
            ),
        )

    async def send(self, request: OutgoingRequest) -> OutgoingResponse:
        """The answer to ``request``, whatever its status. Raises ``NotReached`` when there is none."""
        started = time.perf_counter()
        to = target(request.url)
        method = checked_method(request.method)
        headers = checked_headers(request.headers)
        if to.authorization is not None and "Authorization" not in headers:
            headers["Authorization"] = to.authorization
        self._judge.check_host(to.host, to.port)
        via = (
            self._proxying if self._proxying is not None and self._proxying.takes(to.host, to.port) else None
        )
        data = io.BytesIO(request.body) if len(request.body) >= _LARGE_BODY else request.body
        timeout_s = self._timeout_s if request.timeout_s is None else request.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._answer(to, method, headers, data or None, request.trust, via)
                try:
                    body, truncated = await self._read(response)
                finally:
                    # Does nothing once the answer is read to its end; else the connection is of no more use.
                    response.close()
        except (aiohttp.ClientError, OSError) as error:
            # Not "from error": its text may hold the whole URL, which a log of the chain would show.
            raise not_reached(error, to.shown, timeout_s, proxied=via is not None) from None
        if response.status == _SWITCHES:
            raise NotReached(f"The answer of {to.shown} changes to another protocol", "protocol")
        if via is not None and response.status == _ASKED_BY_PROXY:
            raise refused_by_proxy(response.status, to.shown)
        return OutgoingResponse(
            status=response.status,
            headers={name.lower(): _text(value) for name, value in response.headers.items()},
            body=body,
            truncated=truncated,
            duration_ms=round((time.perf_counter() - started) * 1000),
        )

    async def _answer(
        self,
        to: Target,
        method: str,
        headers: CIMultiDict[str],
        data: io.BytesIO | bytes | None,
        trust: Trust | None,
        via: Proxying | None,
    ) -> aiohttp.ClientResponse:
        """The head of the answer, with the body still to come."""
        tls = True if trust is None else await self._contexts.of(trust)
        if via is None:
            return await self._direct.request(
                method, to.url, data=data, headers=headers, ssl=tls, allow_redirects=False
            )
        await via.check(to.host, to.port)
        secure = to.url.scheme == "https"
        if not secure:
            headers.update(via.headers)
        return await self._proxied.request(
            method,
            to.url,
            data=data,
            headers=headers,
            ssl=tls,
            allow_redirects=False,
            proxy=via.url,
            proxy_headers=via.headers if secure else None,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """The body up to the bound, and whether there is more."""
        chunks: list[bytes] = []
        left = self._max_response_bytes
        while chunk := await response.content.readany():
            if len(chunk) > left:
                chunks.append(chunk[:left])
                return b"".join(chunks), True
            chunks.append(chunk)
            left -= len(chunk)
        return b"".join(chunks), False

    async def aclose(self) -> None:
        """Close all connections; calls under way end in ``NotReached``."""
        await self._direct.close()
        if self._proxying is not None:
            await self._proxied.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _text(value: str) -> str:
    """A header value that can be stored: what is not UTF-8 is read as Latin-1 (aiohttp leaves surrogates)."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
