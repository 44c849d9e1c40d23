"""Which version of DDP a client and this server speak."""

from __future__ import annotations

from typing import Final

VERSIONS: Final = ("1", "pre2", "pre1")
"""Those that are spoken here, the best first."""


def agreed(version: object, support: object) -> str | None:
    """The version that a ``connect`` with these two fields opens, if it opens one.

    A client proposes ``version`` and lists all that it can (DDP, "Establishing a DDP connection"); it is taken
    only if it proposes the best that both can, as Meteor does.
    """
    if not isinstance(support, list) or not isinstance(version, str) or version not in support:
        return None
    return version if version == best(support) else None


def best(support: object) -> str:
    """The best version that both can, or the best of this server: what ``failed`` proposes."""
    if isinstance(support, list):
        for version in VERSIONS:
            if version in support:
                return version
    return VERSIONS[0]
