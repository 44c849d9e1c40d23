"""Outgoing integrations by what fires them: occasion, room and trigger word.

What an event finds costs the same with ten integrations or a hundred thousand that do not fire. Under a key that
few have, all of them are handed out, and ``rules.triggers.match`` says which fire; under one that many have (all
of a team listen to ``all_public_channels``, each for a word of its own) only those with a word that the text has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from hookroom.integrations.word_index import Anywhere, Beginnings
from hookroom.rules.model import Integration, Message
from hookroom.rules.triggers import integration_keys, occasion, occasions, words_of

FEW: Final = 32
"""Integrations of a key that are not told apart by their words."""


class TriggerIndex:
    """The enabled outgoing integrations, found by event."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, dict[str, Integration] | _Many]] = {}

    def add(self, integration: Integration) -> None:
        """Add one that is not in here. Incoming and disabled ones are passed over."""
        if integration.is_incoming or not integration.enabled:
            return
        for name in occasions(integration):
            for key in integration_keys(integration):
                rooms = self._kept.setdefault(name, {})
                under = rooms.setdefault(key, {})
                if isinstance(under, dict) and len(under) < FEW:
                    under[integration.id] = integration
                    continue
                if isinstance(under, dict):
                    under = rooms[key] = _Many(under.values())
                under.add(integration)

    def remove(self, integration: Integration) -> None:
        """Remove one, given as it was added."""
        for name in occasions(integration):
            rooms = self._kept.get(name, {})
            for key in integration_keys(integration):
                under = rooms.get(key)
                if isinstance(under, dict):
                    under.pop(integration.id, None)
                elif under is not None:
                    under.remove(integration)
                if not under:
                    rooms.pop(key, None)

    def find(self, event: str, keys: Iterable[str], message: Message | None = None) -> Sequence[Integration]:
        """All that ``event`` may fire, each once: whether one does is ``rules.triggers.match``'s to say.

        ``keys`` are those of ``rules.triggers.event_keys``. Without a ``message`` words are not looked at.
        """
        name = occasion(event, message)
        rooms = self._kept.get(name) if name is not None else None
        if not rooms:
            return []
        found: list[Integration] = []
        for key in keys:
            under = rooms.get(key)
            if under is None:
                continue
            if isinstance(under, dict):
                found += under.values()
            else:
                found += under.found(None if message is None else message.text)
        return found if len(found) < 2 else list({one.id: one for one in found}.values())


class _Many:
    """Integrations of one key, told apart by their trigger words."""

    __slots__ = ("_all", "_always", "_anywhere", "_beginnings")

    def __init__(self, integrations: Iterable[Integration]) -> None:
        self._all: dict[str, Integration] = {}
        self._always: dict[str, Integration] = {}
        self._beginnings = Beginnings()
        self._anywhere = Anywhere()
        for integration in integrations:
            self.add(integration)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, integration: Integration) -> None:
        self._all[integration.id] = integration
        words = words_of(integration)
        if not words:
            self._always[integration.id] = integration
        for word in words:
            self._index_of(integration).add(word, integration)

    def remove(self, integration: Integration) -> None:
        self._all.pop(integration.id, None)
        self._always.pop(integration.id, None)
        for word in words_of(integration):
            self._index_of(integration).remove(word, integration.id)

    def found(self, text: str | None) -> Iterable[Integration]:
        if text is None:
            return self._all.values()
        return chain(self._always.values(), self._beginnings.found(text), self._anywhere.found(text))

    def _index_of(self, integration: Integration) -> Beginnings | Anywhere:
        return self._anywhere if integration.trigger_word_anywhere else self._beginnings
