"""How often methods may be called and streams subscribed to (settings ``DDP_Rate_Limit_*``, as the original's).

Each of five limits counts calls in windows that begin with the first call: by address, by user, by connection, and
the last two also by method. Streams have four times as many, in four times the time.
"""

from __future__ import annotations

from typing import Final

from hookroom.errors import Refused
from hookroom.rules.settings import SettingValues

STREAMS_FACTOR: Final = 4


class Windows:
    """The windows of one address, user or connection, by what is counted."""

    __slots__ = ("_windows",)

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, int]] = {}

    def hit(self, what: str, window_ms: int, now: int) -> tuple[int, int]:
        """Count a call of ``what``; answers the calls of the window, this one too, and when it ends."""
        count, reset = self._windows.get(what, (0, 0))
        if now >= reset:
            count, reset = 0, now + window_ms
        self._windows[what] = (count + 1, reset)
        return count + 1, reset

    def forget_past(self, now: int) -> bool:
        """Let go of windows that are over; whether none is left."""
        self._windows = {what: window for what, window in self._windows.items() if window[1] > now}
        return not self._windows


class Limit:
    """The five limits as the settings have them."""

    def __init__(self, settings: SettingValues) -> None:
        self._settings = settings

    def check(
        self,
        name: str,
        now: int,
        *,
        address: Windows | None,
        user: Windows | None,
        connection: Windows,
    ) -> None:
        """Count a call of ``name``, a method or stream that there is; ``now`` is in epoch milliseconds.

        Raises ``Refused`` (``too-many-requests``) when one of the limits is passed, with the longest wait.
        """
        factor = STREAMS_FACTOR if name.startswith("stream-") else 1
        wait = 0
        for whose, limit, what, times in (
            (address, "IP", "", 1),
            (user, "User", "", 1),
            (connection, "Connection", "", 1),
            (user, "User_By_Method", name, factor),
            (connection, "Connection_By_Method", name, factor),
        ):
            if whose is None or not self._settings[f"DDP_Rate_Limit_{limit}_Enabled"]:
                continue
            calls: int = self._settings[f"DDP_Rate_Limit_{limit}_Requests_Allowed"]
            window_ms: int = self._settings[f"DDP_Rate_Limit_{limit}_Interval_Time"]
            count, reset = whose.hit(what, window_ms * times, now)
            if count > calls * times:
                wait = max(wait, reset - now)
        if wait:
            seconds = -(-wait // 1000)
            raise Refused(
                "too-many-requests",
                "Error, too many requests. Please slow down. "
                f"You must wait {seconds} seconds before trying again.",
                details={"timeToReset": wait},
                status=429,
            )
