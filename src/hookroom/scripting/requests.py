"""The requests that scripts make by ``fetch``: so many of one script at once."""

from __future__ import annotations

from typing import Final

from hookroom.scripting.model import Fetch, Fetched, Fetcher
from hookroom.scripting.pool import Gate

AT_ONCE: Final = 32
"""Of one script; the rest wait, or one with slow receivers would take the connections of all."""


class Requests:
    """Carries requests out with ``fetch``."""

    def __init__(self, fetch: Fetcher) -> None:
        self._fetch = fetch
        self._gates: dict[str, Gate] = {}

    def of(self, key: str) -> Fetcher:
        """Carries out those of the script ``key``."""

        async def fetch(asked: Fetch) -> Fetched:
            gate = self._gates.setdefault(key, Gate(AT_ONCE))
            try:
                await gate.enter()
                try:
                    return await self._fetch(asked)
                finally:
                    gate.leave()
            finally:
                if gate.idle and self._gates.get(key) is gate:
                    del self._gates[key]

        return fetch
