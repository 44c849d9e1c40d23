"""Whom a message is shown to as a notification on their desktop.

As in the original (``lib/server/lib/sendNotificationsOnMessage.ts``, ``functions/notifications/desktop.ts``). A
user's own preferences are those of all rooms where they set no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct

from hookroom.rules.mentions import GROUPS
from hookroom.rules.model import Message, RoomType

FIELD: Final = "desktopNotifications"


class Occasion(Struct, frozen=True, kw_only=True):
    """A new message, and what follows from it for everybody. ``crowded``: the room has too many members."""

    message: Message
    room_type: RoomType
    followers: frozenset[str] = frozenset()
    """Who follows the thread that it answers."""
    in_teams: frozenset[str] = frozenset()
    """Who is in a team that it mentions."""
    crowded: bool = False
    default: str = "all"
    """What a new user prefers (``Accounts_Default_User_Preferences_desktopNotifications``)."""


def tells(said: Occasion, user_id: str, *, status: str, settings: Mapping[str, Any], ignored: bool) -> bool:
    """Whether a member is notified.

    ``settings`` are those of their subscription (``rules.notification_settings.shown``); ``ignored``: whether they
    ignore the author.
    """
    if ignored or user_id == said.message.user.id or settings.get("disableNotifications"):
        return False
    mentioned = {one["_id"] for one in said.message.mentions or ()}
    group = not mentioned.isdisjoint(GROUPS)
    directly = user_id in mentioned or user_id in said.in_teams
    follows = user_id in said.followers
    highlighted = _highlighted(said.message.text, settings.get("userHighlights") or ())
    if group and settings.get("muteGroupMentions") and not (directly or follows):
        return False
    wanted = settings.get(FIELD)
    if said.crowded and not (wanted or highlighted or directly or follows):
        return False
    if status == "busy" or wanted == "nothing":
        return False
    only_thread = said.message.thread_id is not None and not said.message.shown_in_room
    if not wanted:
        if said.default == "all" and (not only_thread or follows):
            return True
        if said.default == "nothing":
            return False
    concerns = (
        said.room_type == "d"
        or (group and not said.crowded)
        or highlighted
        or directly
        or follows
        or wanted == "all"
    )
    return concerns and (highlighted or not only_thread or follows)


def _highlighted(text: str, words: Collection[str]) -> bool:
    lower = text.casefold()
    return any(word.casefold() in lower for word in words if word)
