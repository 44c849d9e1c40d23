"""The roles that a user holds in one room: their order, and what is said when they are given or taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

OWNER: Final = "owner"

NO_ROLE: Final = 10_000
"""The rank of a member who holds no role in the room."""

_RANKS: Final[Mapping[str, int]] = MappingProxyType({OWNER: 0, "moderator": 500, "leader": 5_000})
_OTHER: Final = 9_000
"""Of roles that somebody made up; those holders are listed before the members without any."""


def rank(roles: Iterable[str]) -> int:
    """Where a holder of ``roles`` stands among the members: the least comes first, ``NO_ROLE`` last."""
    return min((_RANKS.get(role, _OTHER) for role in roles), default=NO_ROLE)
