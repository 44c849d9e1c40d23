"""How often somebody may fail to log in, counted for each name at each address and for each address."""

from __future__ import annotations

from typing import Final

from hookroom.errors import TooManyRequests

PER_NAME: Final = 10
"""Failures of one name from one address in a window."""
PER_ADDRESS: Final = 100
"""Failures of one address in a window, whatever the names."""
WINDOW_MS: Final = 300_000

_SWEEP: Final = 10_000

_Key = tuple[str, str]


class FailedLogins:
    """Counts attempts in memory of this process.

    An attempt counts before its password is looked at, so that many at once are no way around the limit, and
    is taken back when it was good. Names that nobody has count like others: the answer tells nothing of them.
    """

    def __init__(self) -> None:
        self._windows: dict[_Key, tuple[int, int]] = {}

    def attempt(self, address: str, name: str, now: int) -> None:
        """Count an attempt at ``now`` (epoch milliseconds). Raises ``TooManyRequests`` over the limit."""
        keys = (((address, name), PER_NAME), ((address, ""), PER_ADDRESS))
        for key, limit in keys:
            count, reset = self._windows.get(key, (0, 0))
            if count >= limit and now < reset:
                raise TooManyRequests(max(1, -((now - reset) // 1000)))
        if len(self._windows) >= _SWEEP:
            self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        for key, _ in keys:
            count, reset = self._windows.get(key, (0, 0))
            self._windows[key] = (count + 1, reset) if now < reset else (1, now + WINDOW_MS)

    def good(self, address: str, name: str) -> None:
        """The attempt logged in: forget the failures of that name, and take this one back."""
        self._windows.pop((address, name), None)
        count, reset = self._windows.get((address, ""), (0, 0))
        if count:
            self._windows[(address, "")] = (count - 1, reset)
