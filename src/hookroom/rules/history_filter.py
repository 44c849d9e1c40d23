"""What part of an integration's history is asked for: filters and cursors, as they come in a query.

Ours (contract, section 4, "History", has only ``count`` and ``offset``). What makes no sense raises
``Unreadable`` with a text for the caller.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct

from hookroom.rules.times import FIRST_MS, LAST_MS, millis
from hookroom.rules.triggers import EVENTS

ENDED_BADLY: Final = ("failed", "dead", "cancelled")
"""States of deliveries that will not be tried again and did not reach their receiver."""
TROUBLE: Final = ("waiting", *ENDED_BADLY)
"""States of deliveries of which something went wrong; they have an index of their own."""
STATES: Final = ("pending", "succeeded", *TROUBLE)

MAX_STATUSES: Final = 6
"""Most parts of a ``status``."""
MAX_TEXT: Final = 500
"""Most characters of a ``text``."""
_MAX_ID: Final = 64


class Unreadable(ValueError):
    """A parameter that makes no sense. Its text names it and says what would."""


class Key(NamedTuple):
    """Where an entry stands in a history: by its last change (epoch milliseconds), then by its id."""

    time: int
    id: str


FIRST_KEY: Final = Key(FIRST_MS, "")
"""Before all entries."""
LAST_KEY: Final = Key(LAST_MS + 1, "")
"""After all entries."""


class HistoryFilter(Struct, frozen=True, kw_only=True):
    """Which entries are wanted; the default is all of them.

    ``statuses`` are ranges, both ends included, of the status of the last answer; ``no_answer`` wants those that
    got none. ``since`` and ``until`` are epoch milliseconds of the last change, both included.
    """

    states: frozenset[str] = frozenset()
    statuses: tuple[tuple[int, int], ...] = ()
    no_answer: bool = False
    since: int = FIRST_MS
    until: int = LAST_MS
    text: str = ""
    event: str = ""

    def __post_init__(self) -> None:
        if not self.states <= frozenset(STATES) or len(self.statuses) > MAX_STATUSES:
            raise ValueError("no such filter")

    @property
    def by_status(self) -> bool:
        """Whether a status is asked for."""
        return bool(self.statuses) or self.no_answer

    @property
    def by_content(self) -> bool:
        """Whether entries have to be read to know."""
        return bool(self.text or self.event)

    @property
    def in_trouble(self) -> bool:
        """Whether only states are asked for that the index of trouble has."""
        return bool(self.states) and self.states <= frozenset(TROUBLE)

    @property
    def is_narrow(self) -> bool:
        """Whether anything but a time is asked for."""
        return bool(self.states) or self.by_status or self.by_content


def history_filter(query: Mapping[str, Any]) -> HistoryFilter:
    """The filter of ``state``, ``status``, ``from``, ``until``, ``text``, ``event``; blank ones do not count."""
    given = {name: str(value).strip() for name, value in query.items() if value is not None}
    statuses, no_answer = _statuses(given.get("status", ""))
    event = given.get("event", "")
    if event and event not in EVENTS:
        raise Unreadable(f"event must be one of {', '.join(EVENTS)}")
    if len(text := given.get("text", "")) > MAX_TEXT:
        raise Unreadable(f"text must not have more than {MAX_TEXT} characters")
    return HistoryFilter(
        states=states(given.get("state", ""), STATES),
        statuses=statuses,
        no_answer=no_answer,
        since=moment("from", given.get("from", ""), FIRST_MS),
        until=moment("until", given.get("until", ""), LAST_MS),
        text=text,
        event=event,
    )


def states(text: str, allowed: Collection[str]) -> frozenset[str]:
    """States with commas between them, each of them one of ``allowed``."""
    found = frozenset(_parts(text))
    if not found <= frozenset(allowed):
        raise Unreadable(f"state must be one or more of {', '.join(allowed)}, with commas between them")
    return found


def moment(name: str, text: str, default: int) -> int:
    """Epoch milliseconds of a text that is either those or an ISO 8601 date; ``default`` of a blank one."""
    if not text:
        return default
    try:
        at = int(text) if text.lstrip("-").isdigit() else millis(text)
    except (ValueError, OverflowError):
        at = LAST_MS + 1
    if not FIRST_MS <= at <= LAST_MS:
        raise Unreadable(f"{name} must be an ISO 8601 date or a time in epoch milliseconds")
    return at


def cursor(key: Key) -> str:
    """``key`` as a text that clients hand back."""
    return urlsafe_b64encode(f"{key.time}.{key.id}".encode()).decode().rstrip("=")


def key_of(text: str) -> Key:
    """The key that ``cursor`` made a text of."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        time, _, id_ = urlsafe_b64decode(padded).decode("ascii").partition(".")
        key = Key(int(time), id_)
    except (ValueError, binascii.Error):
        raise _NO_CURSOR from None
    if (
        cursor(key) != text
        or not FIRST_MS <= key.time <= LAST_MS
        or not key.id.isalnum()
        or len(id_) > _MAX_ID
    ):
        raise _NO_CURSOR
    return key


_NO_CURSOR: Final = Unreadable('cursor must be the "next" of a page of this history')


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _statuses(text: str) -> tuple[tuple[tuple[int, int], ...], bool]:
    ranges: list[tuple[int, int]] = []
    none = False
    parts = _parts(text)
    for part in parts:
        if part == "none":
            none = True
        elif len(part) == 3 and part.isascii() and part[0] in "12345" and part[1:].isdigit():
            ranges.append((int(part), int(part)))
        elif len(part) == 3 and part[0] in "12345" and part[1:].lower() == "xx":
            low = int(part[0]) * 100
            ranges.append((low, low + 99))
        else:
            raise Unreadable("status must be a number such as 503, a class such as 5xx, or none")
    if len(parts) > MAX_STATUSES:
        raise Unreadable(f"status must not have more than {MAX_STATUSES} parts")
    return tuple(dict.fromkeys(ranges)), none
