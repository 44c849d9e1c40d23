"""What goes on the wire before the body, checked: the URL's parts and the headers. No I/O."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from multidict import CIMultiDict
from yarl import URL

from hookroom.delivery.exchange import AddressRefused, NotReached
from hookroom.rules.host_names import is_name, means_address

MAX_URL: Final = 32_768
"""Most characters of a URL: what was read of URLs is kept, and scripts make up their own."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")

# Everything RFC 3986 allows in a path or query, and "%": what the author escaped stays as it was written,
# since receivers compute signatures over it.
_KEPT: Final = "%/:@!$&'()*+,;=-._~"
_KEPT_IN_QUERY: Final = _KEPT + "?"

NOT_OVERRIDABLE: Final = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection"),
        *("te", "trailer", "upgrade", "expect", "accept-encoding", "proxy-authorization"),
    }
)
"""Headers that belong to the connection and not to the caller; what a caller says of them is left out."""


class Target(Struct, frozen=True):
    """A checked URL: what to request, the credentials it carried, and how to name it to people."""

    url: URL
    """Without credentials and fragment."""
    host: str
    """In small letters and IDNA; an IPv6 address without brackets."""
    port: int
    secure: bool
    """Whether it is called with TLS."""
    authorization: str | None
    shown: str
    """``host:port``."""
    opening: str
    """What follows the method: path and query, the version and the header Host."""


@lru_cache(maxsize=2048)
def target(url: str) -> Target:
    """The parts of ``url``. Raises ``NotReached`` ``bad-url`` for what is no http(s) URL, and
    ``AddressRefused`` for numbers that a resolver would read as an address (``127.1``, ``0x7f000001``).
    """
    if len(url) > MAX_URL:
        raise NotReached("The URL is too long", "bad-url")
    url = url.strip(" ")
    if _CONTROL.search(url):
        raise NotReached("The URL contains a control character", "bad-url")
    try:
        read, written = URL(url), URL(url, encoded=True)
        host, port, user, password = read.raw_host, read.port, read.user, read.password
    except ValueError:
        raise NotReached("The URL cannot be read", "bad-url") from None
    if read.scheme not in ("http", "https"):
        raise NotReached("Only http and https URLs can be called", "bad-url")
    if not host or not port:
        raise NotReached("The URL names no host and port", "bad-url")
    _check_host(host)
    authority = f"[{host}]" if ":" in host else host
    called = URL.build(
        scheme=read.scheme,
        authority=authority if port == {"http": 80, "https": 443}[read.scheme] else f"{authority}:{port}",
        path=quote(written.raw_path, safe=_KEPT),
        query_string=quote(written.raw_query_string, safe=_KEPT_IN_QUERY),
        encoded=True,
    )
    return Target(
        called,
        host,
        port,
        read.scheme == "https",
        None if user is None and password is None else basic(user or "", password or ""),
        f"{authority}:{port}",
        f"{called.raw_path_qs} HTTP/1.1\r\nHost: {called.host_port_subcomponent}\r\n",
    )


def _check_host(host: str) -> None:
    if ":" in host:
        try:
            IPv6Address(host)
        except AddressValueError:
            raise NotReached("The host is no IPv6 address", "bad-url") from None
        return
    if not is_name(host):
        raise NotReached("The host is no valid name", "bad-url")
    if means_address(host):
        try:
            IPv4Address(host)
        except AddressValueError:
            raise AddressRefused(host, "a number that is no dotted IPv4 address") from None


def basic(user: str, password: str) -> str:
    """The value of an Authorization header (RFC 7617), in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def checked_method(method: str) -> str:
    """``method`` in upper case. Raises ``NotReached`` ``header`` for what is no token, and for CONNECT."""
    upper = method.upper()
    if not _TOKEN.fullmatch(method) or upper == "CONNECT":
        raise NotReached("The method cannot be sent", "header")
    return upper


def checked_headers(headers: tuple[tuple[str, str], ...]) -> CIMultiDict[str]:
    """``headers`` as they go out, without those of ``NOT_OVERRIDABLE``.

    Raises ``NotReached`` ``header`` for a name that is no token and for a value with a line break, another
    control character or one outside Latin-1, as ``fetch`` does. Beyond ASCII a value goes out in UTF-8.
    """
    return CIMultiDict([(name, value) for name, _, value in checked_fields(headers)])


def checked_fields(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str]]:
    """The same as names, names in lower case, and values."""
    out = []
    for name, value in headers:
        lower = _lower(name) if len(name) <= _SHORT else _read(name)
        if not lower:
            raise NotReached("A header name contains a character that is not allowed", "header")
        if not _VALUE.fullmatch(value):
            raise NotReached(f"The header {name} contains a character that is not allowed", "header")
        if lower not in NOT_OVERRIDABLE:
            out.append((name, lower, value))
    return out


def _read(name: str) -> str:
    """``name`` in lower case; nothing when it is no token."""
    return name.lower() if _TOKEN.fullmatch(name) else ""


_SHORT: Final = 64
"""Most characters of a name that is remembered: scripts make up their own."""

_lower: Final = lru_cache(maxsize=1024)(_read)
