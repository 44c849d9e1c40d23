"""What a member may say about being told of a room, and how it is kept.

As in the original (``push-notifications/server/methods/saveNotificationSettings.ts``): texts on the way in,
``"1"`` and ``"0"`` for yes and no.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hookroom.errors import Refused

METHOD: Final = "saveNotificationSettings"

ORIGINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "desktopNotifications": "desktopPrefOrigin",
        "mobilePushNotifications": "mobilePrefOrigin",
        "emailNotifications": "emailPrefOrigin",
    }
)
"""What has a value of the user's own as its default -> where it is kept whose the value is."""

USERS_OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "desktopNotifications": "desktopNotifications",
        "mobilePushNotifications": "pushNotifications",
        "emailNotifications": "emailNotificationMode",
    }
)
"""The preference of a user that is the default in their rooms."""

_VALUES: Final = ("all", "mentions", "nothing", "default")
_FLAGS: Final = ("disableNotifications", "hideUnreadStatus", "hideMentionStatus", "muteGroupMentions")
_TEXTS: Final = (
    *("unreadAlert", "audioNotificationValue", "audioNotifications"),
    *("desktopNotificationDuration",),
)
MAX_TEXT: Final = 100
"""Characters of the name of a sound, and the like."""


def changed(kept: Mapping[str, Any], field: str, value: object) -> dict[str, Any]:
    """``kept`` with a field set, or without one that goes back to its default.

    Raises ``Refused`` (``error-invalid-settings``) for what there is not.
    """
    if field not in (*ORIGINS, *_FLAGS, *_TEXTS):
        raise Refused("error-invalid-settings", "Invalid settings field", method=METHOD)
    new = {name: one for name, one in kept.items() if name not in (field, ORIGINS.get(field))}
    if field in _FLAGS:
        if value not in ("0", "1", True, False):
            raise _invalid()
        if value in ("1", True):
            new[field] = True
    elif not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _invalid()
    elif field in ORIGINS:
        if value not in _VALUES:
            raise _invalid()
        if value != "default":
            new |= {field: value, ORIGINS[field]: "subscription"}
    elif value != "default":
        new[field] = value
    return new


def shown(kept: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What a subscription shows: what is kept, and where nothing is, what its user prefers (``own``)."""
    fields = dict(kept)
    for field, preference in USERS_OWN.items():
        if field not in fields and own.get(preference, "default") != "default":
            fields |= {field: own[preference], ORIGINS[field]: "user"}
    if own.get("highlights"):
        fields["userHighlights"] = own["highlights"]
    return fields


def _invalid() -> Refused:
    return Refused("error-invalid-settings", "Invalid settings value", method=METHOD)
