"""Calls that did not prove who sent them: counted, and named in the log, though not each of a flood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from hookroom.rules.signatures import Reason, Unverified

log = structlog.get_logger()

LINES: Final = 5
"""Lines that the log has of an integration in a window; the next one says how many were left out before it."""
WINDOW_MS: Final = 60_000


@dataclass(slots=True)
class Failures:
    """Those of one integration since this process started; ``last_at`` is in epoch milliseconds."""

    total: int = 0
    last_at: int = 0
    by_reason: dict[Reason, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Tally:
    failures: Failures = field(default_factory=Failures)
    window_from: int = 0
    lines: int = 0
    unlogged: int = 0


class VerificationFailures:
    """What failed, by the id of the integration. In memory of this process."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}

    @property
    def counts(self) -> Mapping[str, Failures]:
        """The failures of each integration that had any."""
        return {integration_id: one.failures for integration_id, one in self._tallies.items()}

    def of(self, integration_id: str) -> Failures:
        """The failures of one integration."""
        tally = self._tallies.get(integration_id)
        return tally.failures if tally is not None else Failures()

    def add(self, integration_id: str, problem: Unverified, now: int) -> None:
        """Count a failure of an integration that exists, at ``now`` (epoch milliseconds)."""
        tally = self._tallies.setdefault(integration_id, _Tally())
        failures = tally.failures
        failures.total += 1
        failures.last_at = now
        failures.by_reason[problem.reason] = failures.by_reason.get(problem.reason, 0) + 1
        if not 0 <= now - tally.window_from < WINDOW_MS:
            tally.window_from, tally.lines = now, 0
        if tally.lines >= LINES:
            tally.unlogged += 1
            return
        tally.lines += 1
        left_out = {"unlogged": tally.unlogged} if tally.unlogged else {}
        tally.unlogged = 0
        log.warning(
            "webhook call not verified",
            integration=integration_id,
            reason=problem.reason,
            why=str(problem),
            **left_out,
        )

    def forget(self, integration_id: str) -> None:
        """Have nothing of an integration that was removed."""
        self._tallies.pop(integration_id, None)
