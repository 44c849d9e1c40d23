"""What follows for integrations from what happens to rooms and users (contract, section 2).

Both functions take part in the use case that makes it happen: they find the integrations in memory and add to
its changes. One that was changed at the same time makes the whole ``Stale``, and the use case runs again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from hookroom.integrations.registry import Registry
from hookroom.rules.model import User
from hookroom.rules.times import IsoTime
from hookroom.storage.statement import Changes

POSTER_GONE: Final = "The user it posts as was deactivated or deleted."

Stamp = Callable[[IsoTime | None], IsoTime]
"""``Workspace.stamp``: the time of a write that follows the given one."""


def follow_rename(registry: Registry, changes: Changes, old_name: str, new_name: str, stamp: Stamp) -> None:
    """A room has a new name: every integration that names it in ``channel`` goes with it."""
    old_channel, new_channel = f"#{old_name}", f"#{new_name}"
    for integration in registry.on_channel(old_channel):
        channels = (new_channel if one == old_channel else one for one in integration.channel)
        new = replace(
            integration,
            channel=tuple(dict.fromkeys(channels)),
            updated_at=stamp(integration.updated_at),
        )
        registry.update(changes, integration, new)


def stop_those_of(registry: Registry, changes: Changes, user: User, stamp: Stamp) -> None:
    """A user was deleted or deactivated: integrations that post as them are disabled."""
    for integration in registry.posting_as(user.id):
        if integration.enabled:
            new = replace(
                integration,
                enabled=False,
                disabled_reason=POSTER_GONE,
                updated_at=stamp(integration.updated_at),
            )
            registry.update(changes, integration, new)
