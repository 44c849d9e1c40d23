"""Times: epoch milliseconds inside, ISO 8601 with milliseconds and ``Z`` on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

IsoTime = str
"""``2026-01-02T03:04:05.678Z``: fixed width, so text order is time order."""

FIRST_MS: Final = -62135596800000
LAST_MS: Final = 253402300799999

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_second: tuple[int | None, str] = (None, "")


def iso(ms: int) -> IsoTime:
    """The wire form of epoch milliseconds. Raises ``ValueError`` outside years 1 to 9999."""
    global _second
    seconds, rest = divmod(ms, 1000)
    if _second[0] != seconds:
        if not FIRST_MS <= ms <= LAST_MS:
            raise ValueError("time out of range")
        _second = (seconds, datetime.fromtimestamp(seconds, UTC).isoformat()[:19])
    return f"{_second[1]}.{rest:03d}Z"


def millis(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 text (a date alone, or with any offset; none means UTC).

    Parts of a millisecond are cut off. Raises ``ValueError`` for anything else.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
