"""What part of an incoming integration's calls is asked for. Ours.

What makes no sense raises ``Unreadable`` with a text for the caller, as the filter of outgoing histories does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from hookroom.rules.history_filter import Unreadable, history_filter, states
from hookroom.rules.times import FIRST_MS, LAST_MS

CallState = Literal["posted", "nothing", "refused"]
"""What came of a call: messages, none though it was taken, or an answer of 400 and above."""

CALL_STATES: Final = ("posted", "nothing", "refused")


class CallFilter(Struct, frozen=True, kw_only=True):
    """Which calls are wanted; the default is all of them.

    ``statuses`` are ranges, both ends included, of what was answered. ``since`` and ``until`` are epoch
    milliseconds of when a call came, both included. ``text`` is in the call, in any case.
    """

    states: frozenset[str] = frozenset()
    statuses: tuple[tuple[int, int], ...] = ()
    since: int = FIRST_MS
    until: int = LAST_MS
    text: str = ""


def call_state(status: int, messages: int) -> CallState:
    """The state of a call that was answered with ``status`` and posted so many messages."""
    if status >= 400:
        return "refused"
    return "posted" if messages else "nothing"


def call_filter(query: Mapping[str, Any]) -> CallFilter:
    """The filter of ``state``, ``status``, ``from``, ``until``, ``text``; blank ones do not count."""
    read = history_filter({name: query.get(name) for name in ("status", "from", "until", "text")})
    if read.no_answer:
        raise Unreadable("status must be a number such as 503 or a class such as 5xx")
    return CallFilter(
        states=states(str(query.get("state") or ""), CALL_STATES),
        statuses=read.statuses,
        since=read.since,
        until=read.until,
        text=read.text,
    )
