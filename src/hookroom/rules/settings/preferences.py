"""Settings that say which preferences users have who chose none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hookroom.rules.settings.making import group, select
from hookroom.rules.settings.setting import Setting

PREFIX: Final = "Accounts_Default_User_Preferences_"


def preferences() -> Iterator[Setting]:
    """One for each preference."""
    plain: dict[str, bool | int | str] = {
        "autoImageLoad": True,
        "collapseMediaByDefault": False,
        "convertAsciiEmoji": True,
        "desktopNotificationRequireInteraction": False,
        "displayAvatars": True,
        "enableAutoAway": True,
        "hideFlexTab": False,
        "hideRoles": False,
        "hideUsernames": False,
        "idleTimeLimit": 300,
        "muteFocusedConversations": True,
        "notificationsSoundVolume": 100,
        "saveMobileBandwidth": True,
        "showThreadsInMainChannel": False,
        "sidebarDisplayAvatar": True,
        "sidebarGroupByType": True,
        "sidebarShowFavorites": True,
        "sidebarShowUnread": False,
        "unreadAlert": True,
        "useEmojis": True,
    }
    yield from group("Accounts", True, {PREFIX + name: default for name, default in plain.items()})
    for name, default, values in (
        ("alsoSendThreadToChannel", "default", "default|always|never"),
        ("desktopNotifications", "all", "all|mentions|nothing"),
        ("emailNotificationMode", "mentions", "nothing|mentions"),
        ("newMessageNotification", "chime", "none|chime"),
        ("newRoomNotification", "door", "none|door"),
        ("pushNotifications", "all", "all|mentions|nothing"),
        ("sendOnEnter", "normal", "normal|alternative|desktop"),
        ("sidebarSortby", "activity", "activity|alphabetical"),
        ("sidebarViewMode", "medium", "extended|medium|condensed"),
        ("themeAppearence", "auto", "auto|light|dark"),
    ):
        yield select("Accounts", PREFIX + name, default, values)
