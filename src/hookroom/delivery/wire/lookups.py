"""Names and the permitted addresses behind them, remembered for a moment."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Final

from msgspec import Struct

from hookroom.delivery import failures
from hookroom.delivery.exchange import AddressRefused, NotReached
from hookroom.delivery.judge import Judge
from hookroom.delivery.names import Resolver
from hookroom.rules.egress import Egress
from hookroom.rules.host_names import literal

_KEPT_S: Final = 10.0
_MOST_KEPT: Final = 1000

Place = tuple[str, int] | tuple[str, int, int, int]
"""A socket address of IPv4 or IPv6, with a numeric address."""

Info = tuple[int, int, int, str, Place]
"""What a socket is made of and connected to: family, type, protocol, the host that leads there, its place."""


class _Lookup(Struct, frozen=True):
    until: float
    rules: Egress
    found: asyncio.Task[tuple[Info, ...]]


class Lookups:
    """Looks names up with ``resolver``, each within ``timeout_s`` seconds; drops what ``judge`` refuses.

    What was found is kept for ten seconds, by name and port, as long as the rules stay the same.
    """

    def __init__(self, resolver: Resolver, judge: Judge, timeout_s: float) -> None:
        self._resolver = resolver
        self._judge = judge
        self._timeout_s = timeout_s
        self._kept: dict[tuple[str, int], _Lookup] = {}

    async def of(self, host: str, port: int, shown: str) -> tuple[Info, ...]:
        """The permitted places that ``host`` stands for, the one to try first first.

        Raises ``AddressRefused`` when all are refused, and ``NotReached`` (``dns``) when there are none.
        """
        if literal(host) is not None:
            return (_info(host, host, port),)
        key, now, rules = (host, port), time.monotonic(), self._judge.rules()
        kept = self._kept.get(key)
        if kept is None or kept.rules is not rules or now >= kept.until:
            kept = _Lookup(now + _KEPT_S, rules, asyncio.create_task(self._look_up(host, port, shown)))
            kept.found.add_done_callback(lambda found: self._forget_failed(key, found))
            self._kept.pop(key, None)
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = kept
        # Whoever gives up does not give up for the others.
        return await asyncio.shield(kept.found)

    def _forget_failed(self, key: tuple[str, int], found: asyncio.Task[tuple[Info, ...]]) -> None:
        if found.cancelled() or found.exception() is not None:
            kept = self._kept.get(key)
            if kept is not None and kept.found is found:
                del self._kept[key]

    async def _look_up(self, host: str, port: int, shown: str) -> tuple[Info, ...]:
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                found = await self._resolver.resolve(host, port, socket.AF_UNSPEC)
        except UnicodeError:
            raise NotReached(f"{host} is not a name that can be looked up", "dns") from None
        except OSError as error:
            if limit.expired():
                raise NotReached(f"Looking up {host} took over {self._timeout_s:g} s", "dns") from None
            raise failures.not_looked_up(shown, error) from None
        judged = [(one["host"], *self._judge.judged(one["host"], host, port)) for one in found]
        permitted = [text for text, _, reason in judged if reason is None]
        if not permitted:
            for _, address, reason in judged:
                raise AddressRefused(host, reason or "", address)
            raise failures.not_looked_up(shown, socket.gaierror())
        return tuple([_info(text, host, port) for text in _in_turn(permitted)])

    async def aclose(self) -> None:
        """End the lookups under way."""
        lookups = [one.found for one in self._kept.values() if not one.found.done()]
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)
        self._kept.clear()


def _info(text: str, host: str, port: int) -> Info:
    """Where the address ``text`` is, which ``host`` leads to."""
    six = ":" in text
    place: Place = (text, port, 0, 0) if six else (text, port)
    family = socket.AF_INET6 if six else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, host, place)


def _in_turn(addresses: list[str]) -> list[str]:
    """``addresses`` with those of the two families in turn, beginning as they do (RFC 8305, section 4)."""
    six = [one for one in addresses if ":" in one]
    four = [one for one in addresses if ":" not in one]
    first, other = (six, four) if ":" in addresses[0] else (four, six)
    out: list[str] = []
    for at in range(max(len(first), len(other))):
        out += first[at : at + 1] + other[at : at + 1]
    return out
