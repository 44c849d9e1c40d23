"""The addresses that a sender may have called, as it knows them: what senders that sign addresses have signed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Final

from hookroom.rules.client_address import Network

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

Headers = Sequence[tuple[bytes, bytes]]


def public_urls(
    site_url: str, target: bytes, headers: Headers, peer: str, proxies: Sequence[Network]
) -> tuple[str, ...]:
    """The URLs that a call of ``target`` (path and query, as sent) may have been made to.

    That is on ``site_url``, and, if the ``peer`` is one of the trusted ``proxies``, on the host that this one says
    was called (``X-Forwarded-Host``, ``X-Forwarded-Proto``, ``Host``). Bytes outside ASCII are kept as surrogates.
    """
    path = target.decode("ascii", "surrogateescape")
    found = [site_url.rstrip("/") + path]
    origin = _forwarded(site_url, headers) if _trusted(peer, proxies) else None
    if origin is not None:
        found.append(origin + path)
    return tuple(dict.fromkeys(found))


def _forwarded(site_url: str, headers: Headers) -> str | None:
    host = _last(headers, b"x-forwarded-host") or _last(headers, b"host")
    proto = _last(headers, b"x-forwarded-proto").lower() or site_url.partition("://")[0]
    if not _HOST.fullmatch(host) or proto not in ("http", "https"):
        return None
    return f"{proto}://{host}"


def _last(headers: Headers, name: bytes) -> str:
    """The last entry of a header: the nearest proxy wrote it."""
    values = [value for key, value in headers if key == name]
    return values[-1].decode("latin-1").rpartition(",")[2].strip() if values else ""


def _trusted(peer: str, proxies: Sequence[Network]) -> bool:
    if not proxies:
        return False
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in proxies)
