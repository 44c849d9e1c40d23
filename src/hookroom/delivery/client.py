"""The guarded HTTP client: the only way Hookroom calls out (contract, section 4).

It calls permitted addresses only, follows no redirect, keeps no cookie, takes no proxy from the environment,
and reads a bounded answer in a bounded time. What goes wrong is a ``NotReached`` that names the stage.
"""

from __future__ import annotations

import asyncio
import io
import ssl
import time
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver

from hookroom.delivery.connector import GuardedConnector
from hookroom.delivery.exchange import AddressRefused, Kind, NotReached, OutgoingRequest, OutgoingResponse
from hookroom.delivery.failures import not_reached
from hookroom.delivery.request_head import checked_headers, checked_method, target
from hookroom.rules.addresses import Policy

__all__ = [
    "AddressRefused",
    "GuardedClient",
    "Kind",
    "NotReached",
    "OutgoingRequest",
    "OutgoingResponse",
]

KEEP_ALIVE_S: Final = 4.0
"""Seconds an idle connection is kept: under the 5 s after which common servers (Node.js) close theirs.
A request on a connection that is closed at that moment is lost, and a POST is not sent again on suspicion."""

_LARGE_BODY: Final = 1 << 20
"""Bytes from which aiohttp wants a file, so that writing does not hold up the loop."""


class GuardedClient:
    """Sends requests to permitted addresses. Make it inside the running event loop and ``aclose()`` it there.

    ``connect_timeout_s`` bounds the lookup of a name, and each connect with its TLS handshake;
    ``timeout_s`` the whole call, waiting for a free connection included. ``max_response_bytes`` counts
    decompressed bytes. ``tls`` replaces the default context (verification against the system's authorities).
    """

    def __init__(
        self,
        policy: Policy,
        *,
        connect_timeout_s: float,
        timeout_s: float,
        max_response_bytes: int,
        user_agent: str,
        max_connections: int = 512,
        max_connections_per_host: int = 64,
        keep_alive_s: float = KEEP_ALIVE_S,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._max_response_bytes = max_response_bytes
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(
                policy,
                lookup_timeout_s=connect_timeout_s,
                max_connections=max_connections,
                max_connections_per_host=max_connections_per_host,
                keep_alive_s=keep_alive_s,
                tls=tls,
                resolver=resolver,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # What aiohttp decompresses on its own account depends on what else is installed.
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
            skip_auto_headers=("Content-Type",),
            trust_env=False,
            # The whole call has one clock, in send().
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=connect_timeout_s, ceil_threshold=float("inf")
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
        data = io.BytesIO(request.body) if len(request.body) >= _LARGE_BODY else request.body
        timeout_s = self._timeout_s if request.timeout_s is None else request.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._session.request(
                    method, to.url, data=data or None, headers=headers, allow_redirects=False
                )
                try:
                    body, truncated = await self._read(response)
                finally:
                    # Does nothing once the answer is read to its end; else the connection is of no more use.
                    response.close()
        except (aiohttp.ClientError, OSError) as error:
            # Not "from error": its text may hold the whole URL, which a log of the chain would show.
            raise not_reached(error, to.shown, timeout_s) from None
        return OutgoingResponse(
            status=response.status,
            headers={name.lower(): _text(value) for name, value in response.headers.items()},
            body=body,
            truncated=truncated,
            duration_ms=round((time.perf_counter() - started) * 1000),
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
        await self._session.close()

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
