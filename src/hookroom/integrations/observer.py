"""What integrations make of what happens in rooms: the port of ``workspace.events``."""

from __future__ import annotations

from collections.abc import Callable

from hookroom.integrations.chain_ends import ChainEnds
from hookroom.integrations.consequences import follow_rename, stop_those_of
from hookroom.integrations.firing import Firing
from hookroom.integrations.registry import Registry
from hookroom.rules.model import User
from hookroom.rules.times import IsoTime
from hookroom.storage.statement import Changes
from hookroom.workspace.events import Event


class Integrations:
    """Observes rooms and users on behalf of all integrations. ``stamp`` is ``Workspace.stamp``."""

    def __init__(
        self, registry: Registry, firing: Firing, stamp: Callable[[IsoTime | None], IsoTime]
    ) -> None:
        self._registry = registry
        self._firing = firing
        self._ends = ChainEnds(firing)
        self._stamp = stamp

    def observe(self, event: Event, changes: Changes) -> None:
        """See ``Observer``."""
        self._firing.fire(event, changes)
        self._ends.tell(event, changes)

    def room_renamed(self, changes: Changes, old_name: str, new_name: str) -> None:
        """See ``Observer``."""
        follow_rename(self._registry, changes, old_name, new_name, self._stamp)

    def user_gone(self, changes: Changes, user: User) -> None:
        """See ``Observer``."""
        stop_those_of(self._registry, changes, user, self._stamp)
