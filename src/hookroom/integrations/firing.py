"""From an event to deliveries: which integrations fire, and what is written down for them.

Runs while the event itself is being written, in the same changes: an event that is stored has its deliveries,
one that is not has none. Once that is on disk, the dispatcher is handed what it will send.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hookroom.delivery.lane import lane_of
from hookroom.integrations.registry import Registry
from hookroom.rules.ids import timed_id
from hookroom.rules.model import Integration
from hookroom.rules.outgoing_payload import event_data
from hookroom.rules.times import iso
from hookroom.rules.triggers import event_keys, match
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries, events
from hookroom.storage.tables.deliveries import Delivery
from hookroom.storage.tables.events import StoredEvent
from hookroom.workspace.events import Event

HandOver = Callable[[Sequence[Delivery]], None]
"""Takes deliveries that were just written."""

Fired = tuple[Integration, str | None]
"""An integration, and the trigger word that it fires for."""


class Firing:
    """Fires integrations. ``owner`` is the node that its deliveries belong to."""

    def __init__(self, registry: Registry, owner: str, site_url: str, hand_over: HandOver) -> None:
        self._registry = registry
        self._owner = owner
        self._site_url = site_url
        self._hand_over = hand_over

    def fire(self, event: Event, changes: Changes) -> None:
        """Add what ``event`` causes to ``changes``; nothing when no integration is there for it."""
        fired = self.fired(event)
        new = self.deliveries(event, fired) if fired else ()
        if new:
            events.insert(changes, new[0].event)
            self._add(changes, new)

    def deliveries(self, event: Event, fired: Sequence[Fired]) -> Sequence[Delivery]:
        """What tells these integrations of ``event``; nothing is written yet."""
        stored = StoredEvent(
            id=timed_id(event.at),
            name=event.name,
            depth=event.depth,
            at=event.at,
            data=event_data(
                event.name,
                at=iso(event.at),
                site_url=self._site_url,
                room=event.room,
                message=event.message,
                user=event.owner or event.user,
                reaction=event.reaction,
            ),
        )
        return [
            self._delivery(stored, integration, url, word, event.at)
            for integration, word in fired
            for url in integration.urls or ()
            if url.strip()
        ]

    def again(
        self,
        changes: Changes,
        event: StoredEvent,
        integration: Integration,
        url: str,
        word: str | None,
        at: int,
    ) -> str:
        """Tell ``url`` of a stored event once more, ``at`` epoch milliseconds; answers the delivery's id."""
        delivery = self._delivery(event, integration, url, word, at)
        self._add(changes, [delivery])
        return delivery.id

    def fired(self, event: Event) -> list[Fired]:
        """The integrations that fire for ``event``."""
        message = event.message
        # An integration on @name hears what is written to that person, not by them.
        keys = event_keys(event.name, event.room, message.user.username if message else None)
        fired: list[Fired] = []
        for integration in self._registry.outgoing(event.name, keys, message):
            if integration.id == event.by_integration:
                continue
            found = match(integration, event.name, message, event.depth)
            if found is not None:
                fired.append((integration, found.word))
        return fired

    def _delivery(
        self, event: StoredEvent, integration: Integration, url: str, word: str | None, at: int
    ) -> Delivery:
        ordered = bool(integration.ordered)
        return Delivery(
            id=timed_id(at),
            integration_id=integration.id,
            url=url,
            lane=lane_of(url, integration.id, ordered=ordered),
            ordered=ordered,
            trigger_word=word,
            event=event,
            attempts=0,
            created_at=at,
            as_of=at,
        )

    def _add(self, changes: Changes, new: Sequence[Delivery]) -> None:
        for delivery in new:
            deliveries.insert(changes, delivery, self._owner)
        changes.then(lambda: self._hand_over(new))
