"""What looks names up: the system's resolver, or another one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Resolver(Protocol):
    """Looks up the addresses of a name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> Sequence[Mapping[str, Any]]:
        """What was found, each with its numeric address as ``host``, the one to try first first.

        Raises ``OSError`` when there is none, ``UnicodeError`` for what can be no name.
        """


class SystemResolver:
    """The system's, asked in a thread."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> Sequence[Mapping[str, Any]]:
        """See ``Resolver``. An address that is good on one link only has its zone after a ``%``."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        return [{"host": _text(place)} for *_, place in found]


def _text(place: Sequence[Any]) -> str:
    text = str(place[0])
    zone = place[3] if len(place) > 3 else 0
    return f"{text}%{zone}" if zone and "%" not in text else text
