"""How often methods may be called and streams subscribed to (settings ``DDP_Rate_Limit_*``, as the original's).

Each of five limits counts calls in windows that begin with the first call: by address, by user, by connection, and
the last two also by method. Streams have four times as many, in four times the time.
"""

from __future__ import annotations

from typing import Final

from hookroom.errors import Refused
from hookroom.rules.settings import SettingValues
from hookroom.workspace.rate_limit import Windows

STREAMS_FACTOR: Final = 4


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
            window = whose.hit(what, calls * times, window_ms * times, now)
            if not window.allowed:
                wait = max(wait, window.reset - now)
        if wait:
            seconds = -(-wait // 1000)
            raise Refused(
                "too-many-requests",
                "Error, too many requests. Please slow down. "
                f"You must wait {seconds} seconds before trying again.",
                details={"timeToReset": wait},
                status=429,
            )
