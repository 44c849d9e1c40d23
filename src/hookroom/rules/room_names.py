"""What channels and groups may be called.

The rules and codes are Rocket.Chat 8's (``apps/meteor/app/utils/server/lib/getValidRoomName.ts``). Whether a
name is taken is for the database to say; ``taken`` is the refusal.

**+** Ours: a name has at most ``MAX_NAME`` characters. With ``UI_Allow_room_names_with_special_chars`` the
name is made of what the display name has of the Latin alphabet; other scripts are not transliterated.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

from hookroom.errors import Refused
from hookroom.rules.accounts import is_blocked

NAME_PATTERN: Final = "[0-9a-zA-Z-_.]+"
"""What a name is made of where the setting ``UTF8_Channel_Names_Validation`` is empty or no expression."""

MAX_NAME: Final = 255
"""Characters."""

_FUNCTION: Final = "RocketChat.getValidRoomName"
_OTHER: Final = re.compile(r"[^0-9A-Za-z]+")


def valid_name(display: str, pattern: str, system_blocked: str = "", *, special: bool = False) -> str:
    """The name of a room that is to be shown as ``display``.

    ``pattern`` and ``system_blocked`` are the values of ``UTF8_Channel_Names_Validation`` and
    ``Accounts_SystemBlockedUsernameList``; ``special`` that of ``UI_Allow_room_names_with_special_chars``.
    Raises ``Refused``: ``error-invalid-name`` when blank, ``error-invalid-room-name``.
    """
    if not display.strip():
        raise Refused("error-invalid-name", "Invalid name", details={"function": "RocketChat.createRoom"})
    name = slug(display) if special else display.strip()
    fits = len(name) <= MAX_NAME and _expression(pattern).fullmatch(name) is not None
    if not fits or is_blocked(name, "", system_blocked):
        shown = html.escape(name[:MAX_NAME])
        raise Refused(
            "error-invalid-room-name",
            f"{shown} is not a valid room name.",
            details={"function": _FUNCTION, "channel_name": shown},
        )
    return name


def slug(display: str) -> str:
    """Letters and digits of ``display`` without their accents, hyphens for all between them."""
    plain = unicodedata.normalize("NFKD", display)
    return _OTHER.sub("-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")


def taken(name: str, *, archived: bool) -> Refused:
    """The refusal of a name that another room has."""
    shown = html.escape(name)
    details = {"function": _FUNCTION, "channel_name": shown}
    if archived:
        return Refused(
            "error-archived-duplicate-name",
            f"There's an archived channel with name {shown}",
            details=details,
        )
    return Refused("error-duplicate-channel-name", f"A channel with name '{shown}' exists", details=details)


@lru_cache(maxsize=8)
def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern or NAME_PATTERN)
    except re.error:
        return re.compile(NAME_PATTERN)
