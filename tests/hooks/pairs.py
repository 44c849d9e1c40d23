"""Whether two kinds of calls take equally long: pairs of times, and where the median of their differences is.

The two of a pair are measured one after the other, in random order, so that whatever else the machine does meets
both kinds. The interval is that of the sign test: order statistics, which hold for any distribution.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

DEVIATIONS: Final = 4.0
"""The interval misses the true median once in 16,000 times."""


class Shift(NamedTuple):
    """An interval that holds the median of all differences, in nanoseconds."""

    low: float
    high: float

    @property
    def is_seen(self) -> bool:
        """Whether there is a difference for certain."""
        return self.low > 0 or self.high < 0


def measured(
    first: Callable[[], object], second: Callable[[], object], pairs: int, seed: int = 7
) -> list[int]:
    """How much longer ``first`` took than ``second``, in nanoseconds, so many times."""
    random = Random(seed)
    differences = []
    for _ in range(pairs):
        if random.random() < 0.5:
            one = _took(first)
            differences.append(one - _took(second))
        else:
            other = _took(second)
            differences.append(_took(first) - other)
    return differences


def shift(differences: Sequence[float]) -> Shift:
    """Where their median is."""
    ordered = sorted(differences)
    half, wide = len(ordered) / 2, DEVIATIONS * math.sqrt(len(ordered)) / 2
    return Shift(
        ordered[max(0, math.floor(half - wide))], ordered[min(len(ordered) - 1, math.ceil(half + wide))]
    )


def _took(call: Callable[[], object]) -> int:
    began = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - began
