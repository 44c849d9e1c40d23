"""Calls of webhooks that were refused before they came to anything: counted, and told in the log now and then.

A thousand a second are one line a minute for each webhook or address, with how many there were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import structlog

from hookroom.integrations.once import Once

log = structlog.get_logger()

KEPT: Final = 1000
"""Webhooks and addresses of which it is known how many calls were not told yet."""


class RefusedCalls:
    """What one server refused. ``now`` gives epoch milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._once = Once()
        self._untold: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        """How many calls were refused since the start, by why."""

    def count(self, why: str, **named: Any) -> None:
        """Count one. ``why`` is one of few; ``named`` says which webhook or address, with nothing secret in it."""
        self.counts[why] += 1
        # The same from one address at many webhooks is one matter.
        key = f"{why} {named.get('address') or named.get('integration')}"
        if len(self._untold) < KEPT or key in self._untold:
            self._untold[key] += 1
        if self._once.first(key, self._now()):
            log.warning(f"webhook call refused: {why}", calls=self._untold.pop(key, 1), **named)
