"""What a host in a URL or a list may be: a name or an address, in the one form in which both are compared."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from yarl import URL

_NAME: Final = re.compile(r"(?=.{1,254}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_NUMBER: Final = re.compile(r"\d+|0[xX][0-9a-fA-F]*")


def is_name(host: str) -> bool:
    """Whether ``host`` (small letters, IDNA) has the form of a name. Numbers have it too."""
    return _NAME.fullmatch(host) is not None


def means_address(name: str) -> bool:
    """The WHATWG URL standard's test for "this means an IPv4 address": the last label is a number."""
    return _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]) is not None


def comparable(host: str) -> str:
    """``host`` of a URL as names are compared: without regard to case and to a dot at the end."""
    return host.removesuffix(".").lower()


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that ``host`` is, without brackets; ``None`` for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def name_of(text: str) -> str:
    """A host name that somebody wrote, as a URL's would be compared. Raises ``ValueError`` for anything else."""
    host = comparable(URL.build(scheme="http", host=text).raw_host or "")
    if not is_name(host) or means_address(host):
        raise ValueError("no host name")
    return host
