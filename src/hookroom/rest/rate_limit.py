"""The rate limit: calls per window for each key, in memory of this process (contract, section 1)."""

from __future__ import annotations

from typing import Final, NamedTuple

_SWEEP: Final = 10_000


class Window(NamedTuple):
    """The state of a key after a call. ``reset`` is in epoch milliseconds."""

    limit: int
    remaining: int
    reset: int
    allowed: bool


class RateLimiter:
    """Fixed windows that begin with a key's first call."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], tuple[int, int]] = {}

    def hit(self, key: tuple[str, str], calls: int, window_ms: int, now: int) -> Window:
        """Count a call of ``key`` at ``now``; more than ``calls`` in ``window_ms`` are not allowed."""
        count, reset = self._windows.get(key, (0, 0))
        if now >= reset:
            if len(self._windows) >= _SWEEP:
                self._windows = {k: w for k, w in self._windows.items() if w[1] > now}
            count, reset = 0, now + window_ms
        self._windows[key] = (count + 1, reset)
        return Window(calls, max(calls - count - 1, 0), reset, count < calls)
