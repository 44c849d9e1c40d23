"""How many accounts one address may make, where no route's own limit counts them."""

from __future__ import annotations

from typing import Final

from hookroom.errors import TooManyRequests

WINDOW_MS: Final = 60_000

_SWEEP: Final = 10_000


class Registrations:
    """Counts in memory of this process; windows begin with an address's first try."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, int]] = {}

    def attempt(self, address: str, limit: int, now: int) -> None:
        """Count a try at ``now`` (epoch milliseconds). Raises ``TooManyRequests`` over ``limit`` in a window."""
        count, reset = self._windows.get(address, (0, 0))
        if now >= reset:
            if len(self._windows) >= _SWEEP:
                self._windows = {key: one for key, one in self._windows.items() if one[1] > now}
            count, reset = 0, now + WINDOW_MS
        if count >= limit:
            raise TooManyRequests(max(1, -((now - reset) // 1000)))
        self._windows[address] = (count + 1, reset)
