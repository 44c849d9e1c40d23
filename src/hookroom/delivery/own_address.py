"""Whether an address and port are this server's own."""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Address
from typing import Final

from hookroom.rules.addresses import Address, unmapped

_KEPT_S: Final = 5.0
_MOST_KEPT: Final = 1024


class OwnAddress:
    """This machine's addresses on ``port``, where the server listens.

    An address is this machine's when a socket can be bound to it. That holds for all of 127.0.0.0/8, for every
    interface's address and for 0.0.0.0 and ``::``, which lead here as well. (Where the system is told to bind to
    addresses of others, ``net.ipv4.ip_nonlocal_bind``, every address on this very port is refused.)
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._known: dict[Address, tuple[float, bool]] = {}

    def is_own(self, address: Address, port: int) -> bool:
        """Whether a connection to ``address`` and ``port`` would come out here."""
        return port == self._port and self._is_here(unmapped(address))

    def _is_here(self, address: Address) -> bool:
        now = time.monotonic()
        until, here = self._known.get(address, (0.0, False))
        if now >= until:
            here = _can_be_bound(address)
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[address] = now + _KEPT_S, here
        return here


def _can_be_bound(address: Address) -> bool:
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as tried:
            tried.bind((str(address), 0))
    except OSError:
        return False
    return True
