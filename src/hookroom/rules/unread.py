"""How many messages count as unread, by the settings ``Unread_Count`` and ``Unread_Count_DM``.

As in the original (``lib/server/lib/notifyUsersOnMessage.ts``), with two differences: a message that mentions
somebody else and everybody is a mention of everybody to the rest, and who muted mentions of everybody
(``muteGroupMentions``) has none to count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

ALL: Final = "all_messages"

_Count = Callable[[int, int, int], int]

_COUNTS: Final[Mapping[str, _Count]] = MappingProxyType(
    {
        ALL: lambda messages, _mentions, _groups: messages,
        "user_mentions_only": lambda _messages, mentions, _groups: mentions,
        "group_mentions_only": lambda _messages, _mentions, groups: groups,
        "user_and_group_mentions_only": lambda _messages, mentions, groups: mentions + groups,
        "mentions_only": lambda _messages, mentions, groups: mentions + groups,
    }
)

COUNTS: Final = tuple(count for count in _COUNTS if count != "mentions_only")
"""Values of ``Unread_Count``."""
COUNTS_DIRECT: Final = (ALL, "mentions_only")
"""Values of ``Unread_Count_DM``."""


def setting_of(room_type: str) -> str:
    """The setting that says how unread messages of such a room are counted."""
    return "Unread_Count_DM" if room_type == "d" else "Unread_Count"


def unread(count: str, *, messages: int, mentions: int, group_mentions: int) -> int:
    """The number that is shown; ``count`` is the setting's value."""
    return _COUNTS[count](messages, mentions, group_mentions)
