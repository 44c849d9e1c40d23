"""What one node remembers of an integration's calls: how many there were, and how many it may record.

Of a busy integration not every call is written: that would double what its messages cost, to keep a window of
milliseconds. Each state has an allowance of its own, of ``BURST`` calls and one more with every second: however
fast bad calls come, they take neither room nor time from the good ones.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from hookroom.rules.call_filter import CallState
from hookroom.storage.tables.incoming_calls import KEPT, End

BURST: Final = 30
"""Calls of an integration that are recorded whatever their rate; then one a second."""
STEP: Final = 50
"""Calls that are removed together once there are too many: a message waits while they are."""

Stage = Literal["rate", "user", "body", "verification", "script", "posting", "server"]
"""Where a call was refused: by a limit, because the integration is disabled or its user gone, for
its body, for its signature, by its script, by what was to be posted, or by a fault of this server."""


class CallCounts(Struct, kw_only=True):
    """Calls since the node started, by what came of them; ``replayed`` got an earlier call's answer again."""

    calls: int = 0
    posted: int = 0
    nothing: int = 0
    replayed: int = 0
    refused: dict[Stage, int] = {}


class CallLedger:
    """One integration's."""

    __slots__ = ("_allowed", "_written", "counts")

    def __init__(self) -> None:
        self.counts = CallCounts()
        self._allowed: dict[CallState, tuple[float, int]] = {}
        self._written: dict[End, tuple[int, tuple[str, ...]]] = {}
        """Calls written since the last step, and the first one after each of the last steps."""

    def allows(self, state: CallState, at: int) -> bool:
        """Whether a call that came at ``at`` (epoch milliseconds) is to be recorded; it then counts as that."""
        left, last = self._allowed.get(state, (float(BURST), at))
        left = min(BURST, left + max(0, at - last) / 1000)
        self._allowed[state] = (left - 1 if left >= 1 else left), max(at, last)
        return left >= 1

    def count(self, status: int, messages: int, stage: Stage, *, replayed: bool) -> None:
        """A call was answered with ``status``, at ``stage``, and posted so many messages."""
        counts = self.counts
        counts.calls += 1
        if replayed:
            counts.replayed += 1
        elif status >= 400:
            counts.refused[stage] = counts.refused.get(stage, 0) + 1
        elif messages:
            counts.posted += 1
        else:
            counts.nothing += 1

    def trim_before(self, end: End, call_id: str) -> str:
        """Before which id calls of that end are to be removed with the writing of this one; empty for none.

        With every ``STEP`` calls those go that came before the last ``KEPT``: the newest are always there, and a
        few more of each node. ``delivery.retention`` does the rest.
        """
        count, firsts = self._written.get(end, (0, ()))
        self._written[end] = (count + 1) % STEP, firsts
        if count:
            return ""
        self._written[end] = 1 % STEP, (*firsts, call_id)[-KEPT // STEP :]
        return firsts[0] if len(firsts) == KEPT // STEP else ""
