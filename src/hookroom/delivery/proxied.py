"""Calls that go through the operator's proxy, made with aiohttp."""

from __future__ import annotations

import asyncio
import io
import ssl
import time
from typing import Final

import aiohttp
from multidict import CIMultiDict

from hookroom.delivery import failures
from hookroom.delivery.bounds import Bounds
from hookroom.delivery.connector import CleanConnector
from hookroom.delivery.exchange import OutgoingRequest, OutgoingResponse
from hookroom.delivery.proxied_failures import not_reached, refused_by_proxy
from hookroom.delivery.proxying import Proxying
from hookroom.delivery.request_head import Target, checked_headers

_ASKED_BY_PROXY: Final = 407
"""The status of a proxy that wants other credentials (RFC 9110, 15.5.8); no receiver's."""

_SWITCHES: Final = 101

_LARGE_BODY: Final = 1 << 20
"""Bytes from which aiohttp wants a file, so that writing does not hold up the loop."""


class ProxiedCalls:
    """Makes the calls that ``proxying`` takes. Make it inside the running event loop and ``aclose()`` it there."""

    def __init__(self, proxying: Proxying, bounds: Bounds, user_agent: str) -> None:
        self._proxying = proxying
        self._max_response_bytes = bounds.max_response_bytes
        self._session = aiohttp.ClientSession(
            connector=CleanConnector(
                limit=bounds.max_connections,
                limit_per_host=bounds.max_connections_per_host,
                keep_alive_s=bounds.keep_alive_s,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # What aiohttp decompresses on its own account depends on what else is installed.
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
            skip_auto_headers=("Content-Type",),
            trust_env=False,
            # The whole call has one clock, in call().
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=bounds.connect_timeout_s, ceil_threshold=float("inf")
            ),
        )

    def takes(self, host: str, port: int) -> bool:
        """Whether a call to ``host`` goes this way."""
        return self._proxying.takes(host, port)

    async def call(
        self,
        to: Target,
        method: str,
        request: OutgoingRequest,
        context: ssl.SSLContext | None,
        timeout_s: float,
        started: float,
    ) -> OutgoingResponse:
        """The answer to ``request``, as ``DirectCalls`` has it. Raises ``NotReached``."""
        headers = checked_headers(request.headers)
        if to.authorization is not None and "Authorization" not in headers:
            headers["Authorization"] = to.authorization
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._answer(to, method, headers, request.body, context)
                try:
                    body, truncated = await self._read(response)
                finally:
                    # Does nothing once the answer is read to its end; else the connection is of no more use.
                    response.close()
        except (aiohttp.ClientError, OSError) as error:
            # Not "from error": its text may hold the whole URL, which a log of the chain would show.
            raise not_reached(error, to.shown, timeout_s) from None
        if response.status == _SWITCHES:
            raise failures.switches(to.shown)
        if response.status == _ASKED_BY_PROXY:
            raise refused_by_proxy(response.status, to.shown)
        return OutgoingResponse(
            status=response.status,
            headers={name.lower(): _text(value) for name, value in response.headers.items()},
            body=body,
            truncated=truncated,
            duration_ms=round((time.perf_counter() - started) * 1000),
        )

    async def _answer(
        self, to: Target, method: str, headers: CIMultiDict[str], body: bytes, context: ssl.SSLContext | None
    ) -> aiohttp.ClientResponse:
        """The head of the answer, with the body still to come."""
        await self._proxying.check(to.host, to.port)
        if context is None:
            headers.update(self._proxying.headers)
        return await self._session.request(
            method,
            to.url,
            data=(io.BytesIO(body) if len(body) >= _LARGE_BODY else body) or None,
            headers=headers,
            ssl=True if context is None else context,
            allow_redirects=False,
            proxy=self._proxying.url,
            proxy_headers=None if context is None else self._proxying.headers,
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


def _text(value: str) -> str:
    """A header value that can be stored: what is not UTF-8 is read as Latin-1 (aiohttp leaves surrogates)."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
