"""Telling that a chain of integrations was ended, to whoever asks why their webhook did not fire.

An integration that would have been the next one has an entry in its history that says so, and there is a line in
the log: for each integration once a minute, however fast a loop comes round.
"""

from __future__ import annotations

from typing import Final

import structlog
from msgspec.structs import replace

from hookroom.integrations.firing import Firing
from hookroom.integrations.once import Once
from hookroom.rules.model import Integration
from hookroom.rules.triggers import MAX_CHAIN_DEPTH
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries, events
from hookroom.storage.tables.deliveries import Progress
from hookroom.workspace.events import Event

log = structlog.get_logger()

CUT: Final = (
    f"Not called: {MAX_CHAIN_DEPTH} integrations in a row had led to this, each by what it caused."
    " A longer chain is taken for a loop"
)


class ChainEnds:
    """Tells of the ends of chains on one node."""

    def __init__(self, firing: Firing) -> None:
        self._firing = firing
        self._once = Once()

    def tell(self, event: Event, changes: Changes) -> None:
        """Add to ``changes`` what the history says of those that ``event`` does not fire for its depth."""
        if event.depth < MAX_CHAIN_DEPTH or self._once.is_full(event.at):
            return
        for integration, word in self._firing.fired(replace(event, depth=0)):
            if not self._once.first(integration.id, event.at):
                continue
            log.warning("chain of integrations ended", integration=integration.id, depth=event.depth)
            self._note(event, integration, word, changes)

    def _note(self, event: Event, integration: Integration, word: str | None, changes: Changes) -> None:
        left_out = self._firing.deliveries(event, [(integration, word)])
        if not left_out:
            return
        events.insert(changes, left_out[0].event)
        ended = Progress(step="cancelled", error=True, error_stack=CUT)
        for delivery in left_out:
            deliveries.insert(changes, delivery, "")
            deliveries.finish(changes, delivery, "cancelled", ended, event.at, attempts=0)
