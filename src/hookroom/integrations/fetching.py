"""Requests that scripts make while they run, carried out through the guarded client.

Where the client goes is its policy's to say, for each hop anew: a script reaches nothing that a webhook does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin, urlsplit

from hookroom.delivery.client import GuardedClient
from hookroom.delivery.exchange import UNVERIFIED, NotReached, OutgoingRequest, OutgoingResponse, Trust
from hookroom.delivery.request_head import basic
from hookroom.integrations.trusting import SELF_SIGNED_ALLOWED
from hookroom.rules.settings import SettingValues
from hookroom.scripting.model import Fetch, Fetched, Fetcher, FetchFailed

MOST_HOPS: Final = 5
"""Redirects that are followed."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOR_ONE_HOST: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers that do not go to another origin than the one they were meant for."""
_OF_A_BODY: Final = frozenset({"content-type", "content-encoding", "content-language", "content-location"})


def fetching(client: GuardedClient, settings: SettingValues, *, longest_ms: int) -> Fetcher:
    """Carries requests out with ``client``, none longer than ``longest_ms``.

    A certificate is not verified where the script wants that and the setting permits it.
    """

    async def fetch(asked: Fetch) -> Fetched:
        timeout_ms = min(asked.timeout_ms or longest_ms, longest_ms)
        unverified = asked.allow_self_signed and settings[SELF_SIGNED_ALLOWED]
        request = _first(asked, timeout_ms / 1000, UNVERIFIED if unverified else None)
        for _ in range(MOST_HOPS + 1):
            try:
                response = await client.send(request)
            except NotReached as error:
                raise FetchFailed(error.reason) from None
            to = response.headers.get("location") if response.status in _REDIRECTS else None
            if to is None:
                return _fetched(request.url, response)
            request = _next(request, response.status, to)
        raise FetchFailed("too many redirects")

    return fetch


def _first(asked: Fetch, timeout_s: float, trust: Trust | None) -> OutgoingRequest:
    headers: Sequence[tuple[str, str]] = asked.headers
    if asked.auth is not None:
        user, _, password = asked.auth.partition(":")
        headers = (*headers, ("Authorization", basic(user, password)))
    return OutgoingRequest(
        url=asked.url,
        method=asked.method,
        headers=tuple(headers),
        body=(asked.body or "").encode("utf-8", "replace"),
        timeout_s=timeout_s,
        trust=trust,
    )


def _next(request: OutgoingRequest, status: int, to: str) -> OutgoingRequest:
    """Where a redirect leads (Fetch standard, "HTTP-redirect fetch")."""
    try:
        url = urljoin(request.url, to)
        other_origin = _origin(url) != _origin(request.url)
    except ValueError:
        raise FetchFailed("the redirect leads to no URL") from None
    dropped = _FOR_ONE_HOST if other_origin else frozenset()
    method, body = request.method, request.body
    posted = status in (301, 302) and method.upper() == "POST"
    if posted or (status == 303 and method.upper() not in ("GET", "HEAD")):
        method, body, dropped = "GET", b"", dropped | _OF_A_BODY
    return OutgoingRequest(
        url=url,
        method=method,
        headers=tuple((name, value) for name, value in request.headers if name.lower() not in dropped),
        body=body,
        timeout_s=request.timeout_s,
        trust=request.trust,
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _fetched(url: str, response: OutgoingResponse) -> Fetched:
    return Fetched(
        status=response.status,
        headers=tuple(response.headers.items()),
        body=response.body.decode("utf-8", "replace"),
        url=_without_credentials(url),
    )


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
