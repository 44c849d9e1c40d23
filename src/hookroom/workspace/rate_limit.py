"""Calls counted in windows that begin with the first of them, in memory of this process (contract, section 1)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

_SWEEP: Final = 10_000


class Window(NamedTuple):
    """The state of a key after a call. ``reset`` is in epoch milliseconds."""

    limit: int
    remaining: int
    reset: int
    allowed: bool

    def wait_s(self, now: int) -> int:
        """Whole seconds from ``now`` (epoch milliseconds) until the next window, at least one."""
        return max(1, -((now - self.reset) // 1000))


class Windows:
    """A window for each key. Those that are over go when there are very many, or by ``forget_past``."""

    __slots__ = ("_windows",)

    def __init__(self) -> None:
        self._windows: dict[Hashable, tuple[int, int]] = {}

    def hit(self, key: Hashable, calls: int, window_ms: int, now: int) -> Window:
        """Count a call of ``key`` at ``now``; more than ``calls`` in ``window_ms`` are not allowed."""
        count, reset = self._windows.get(key, (0, 0))
        if now >= reset:
            if len(self._windows) >= _SWEEP:
                self.forget_past(now)
            count, reset = 0, now + window_ms
        self._windows[key] = (count + 1, reset)
        return Window(calls, max(calls - count - 1, 0), reset, count < calls)

    def forget_past(self, now: int) -> bool:
        """Let go of windows that are over; whether none is left."""
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        return not self._windows
