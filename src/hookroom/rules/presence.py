"""Who is there: what a user's connections and their own choice come to.

As in the original (``ee/packages/presence``): one connection that is online makes the user online; whoever
chose something other than ``online`` is shown that, as long as they are connected at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal

Connection = Literal["online", "away"]
"""What a client says of its user."""

NUMBERS: Final[Mapping[str, int]] = MappingProxyType({"offline": 0, "online": 1, "away": 2, "busy": 3})
"""Statuses as the event ``user-status`` writes them."""


def of_connections(connections: Collection[str]) -> str:
    """``online``, ``away`` or, without connections, ``offline``."""
    if "online" in connections:
        return "online"
    return "away" if connections else "offline"


def shown(connections: str, chosen: str | None) -> str:
    """The status of a user whose connections come to ``connections`` and who chose ``chosen`` last."""
    if connections == "offline" or chosen in (None, "online"):
        return connections
    assert chosen is not None
    return chosen
