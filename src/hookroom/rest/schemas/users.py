"""Schemas of ``users.*``: the bodies, then the queries. Facts: the original's ``rest-typings``."""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest import paging, user_params
from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_FLAG: Final = {"type": "boolean", "nullable": True}
_OPTIONAL_NUMBER: Final = {"type": "number", "nullable": True}
_OPTIONAL_TEXTS: Final = {"type": "array", "items": {"type": "string"}, "nullable": True}


def _exactly(properties: dict[str, Any], *required: str, **more: Any) -> Schema:
    """An object of these properties and no others."""
    return Schema(
        {
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
            **more,
        }
    )


CREATE: Final = _exactly(
    {
        "email": _TEXT,
        "name": _TEXT,
        "password": _TEXT,
        "username": _TEXT,
        "active": _OPTIONAL_FLAG,
        "bio": _OPTIONAL_TEXT,
        "nickname": _OPTIONAL_TEXT,
        "statusText": _OPTIONAL_TEXT,
        "roles": {"type": "array", "items": {"type": "string"}},
        "joinDefaultChannels": _OPTIONAL_FLAG,
        "requirePasswordChange": _OPTIONAL_FLAG,
        "setRandomPassword": _OPTIONAL_FLAG,
        "sendWelcomeEmail": _OPTIONAL_FLAG,
        "verified": _OPTIONAL_FLAG,
        "customFields": {"type": "object"},
        "fields": _OPTIONAL_TEXT,
    },
    "email",
    "name",
    "password",
    "username",
)

REGISTER: Final = _exactly(
    {
        "username": _TEXT,
        "name": _OPTIONAL_TEXT,
        "email": _TEXT,
        "pass": _TEXT,
        "secret": _OPTIONAL_TEXT,
        "reason": _OPTIONAL_TEXT,
        "customFields": {"type": "object", "nullable": True},
    },
    "username",
    "email",
    "pass",
)

UPDATE: Final = _exactly(
    {
        "userId": _TEXT,
        "confirmRelinquish": {"type": "boolean"},
        "data": {
            "type": "object",
            "properties": {
                "email": _OPTIONAL_TEXT,
                "name": _OPTIONAL_TEXT,
                "password": _OPTIONAL_TEXT,
                "username": _OPTIONAL_TEXT,
                "bio": _OPTIONAL_TEXT,
                "nickname": _OPTIONAL_TEXT,
                "statusText": _OPTIONAL_TEXT,
                "active": _OPTIONAL_FLAG,
                "roles": _OPTIONAL_TEXTS,
                "joinDefaultChannels": _OPTIONAL_FLAG,
                "requirePasswordChange": _OPTIONAL_FLAG,
                "setRandomPassword": _OPTIONAL_FLAG,
                "sendWelcomeEmail": _OPTIONAL_FLAG,
                "verified": _OPTIONAL_FLAG,
                "customFields": {"type": "object", "nullable": True},
                "language": _OPTIONAL_TEXT,
            },
            "required": [],
            "additionalProperties": False,
        },
    },
    "userId",
    "data",
)

UPDATE_OWN: Final = _exactly(
    {
        "data": {
            "type": "object",
            "properties": {
                "email": _OPTIONAL_TEXT,
                "name": _OPTIONAL_TEXT,
                "username": _OPTIONAL_TEXT,
                "nickname": _OPTIONAL_TEXT,
                "bio": _OPTIONAL_TEXT,
                "statusType": _OPTIONAL_TEXT,
                "statusText": _OPTIONAL_TEXT,
                "currentPassword": _OPTIONAL_TEXT,
                "newPassword": _OPTIONAL_TEXT,
            },
            "required": [],
            "additionalProperties": False,
        },
        "customFields": {"type": "object", "nullable": True},
    },
    "data",
)

DELETE: Final = _exactly(
    {**user_params.PARAMETERS, "confirmRelinquish": _OPTIONAL_FLAG}, **user_params.ONE_OF_THEM
)
DELETE_OWN: Final = _exactly({"password": _TEXT, "confirmRelinquish": _OPTIONAL_FLAG}, "password")

SET_ACTIVE: Final = _exactly(
    {"userId": _TEXT, "activeStatus": {"type": "boolean"}, "confirmRelinquish": _OPTIONAL_FLAG},
    "userId",
    "activeStatus",
)

SET_STATUS: Final = _exactly(
    {
        "status": {"type": "string", "enum": ["online", "away", "offline", "busy"]},
        "message": _OPTIONAL_TEXT,
        **user_params.PARAMETERS,
    }
)

LOGOUT: Final = _exactly({"userId": _OPTIONAL_TEXT})
TOKEN: Final = _exactly({"tokenName": _TEXT}, "tokenName")
NEW_TOKEN: Final = _exactly({"tokenName": _TEXT, "bypassTwoFactor": _OPTIONAL_FLAG}, "tokenName")
CREATE_TOKEN: Final = _exactly({**user_params.PARAMETERS, "secret": _TEXT}, **user_params.ONE_OF_THEM)
NOTHING: Final = Schema({"type": "object"})

_INCLUDE: Final = {"includeUserRooms": _TEXT, "fields": _OPTIONAL_TEXT}
INFO: Final = Schema(
    {
        "anyOf": [
            {
                "type": "object",
                "properties": {by: _TEXT, **_INCLUDE},
                "required": [by],
                "additionalProperties": False,
            }
            for by in ("userId", "username", "email")
        ]
    }
)

ANY_USER: Final = _exactly(user_params.PARAMETERS)
LIST: Final = _exactly({**paging.PARAMETERS, "email": _OPTIONAL_TEXT})

_ONE_OR_MORE: Final = {"type": "array", "items": {"type": "string"}, "nullable": True, "also": ["string"]}
LIST_BY_STATUS: Final = _exactly(
    {
        **{name: paging.PARAMETERS[name] for name in ("count", "offset", "sort")},
        "status": {"type": "string", "enum": ["active", "deactivated"]},
        "hasLoggedIn": _OPTIONAL_FLAG,
        "type": _OPTIONAL_TEXT,
        "roles": _ONE_OR_MORE,
        "roles[]": _ONE_OR_MORE,
        "searchTerm": _OPTIONAL_TEXT,
    }
)

PRESENCE: Final = _exactly({"from": _OPTIONAL_TEXT, "ids": _ONE_OR_MORE, "ids[]": _ONE_OR_MORE})
AUTOCOMPLETE: Final = _exactly({"selector": _TEXT}, "selector")
DEACTIVATE_IDLE: Final = _exactly(
    {"daysIdle": {"type": "integer", "minimum": 1, "maximum": 36_500}, "role": _TEXT}, "daysIdle"
)
AVAILABLE: Final = _exactly({"username": _TEXT}, "username")

_FLAGS: Final = (
    *("useEmojis", "convertAsciiEmoji", "saveMobileBandwidth", "collapseMediaByDefault", "autoImageLoad"),
    *("unreadAlert", "enableAutoAway", "showThreadsInMainChannel", "desktopNotificationRequireInteraction"),
    *("hideUsernames", "hideRoles", "displayAvatars", "hideFlexTab", "sidebarShowFavorites"),
    *("sidebarShowUnread", "sidebarDisplayAvatar", "sidebarGroupByType", "muteFocusedConversations"),
    *("receiveLoginDetectionEmail", "notifyCalendarEvents", "enableMobileRinging", "mentionsWithSymbol"),
)
_TEXTS: Final = (
    *("newRoomNotification", "newMessageNotification", "emailNotificationMode", "desktopNotifications"),
    *("pushNotifications", "sendOnEnter", "language", "sidebarSortby", "sidebarViewMode", "themeAppearence"),
    "fontSize",
)
_NUMBERS: Final = (
    *("clockMode", "notificationsSoundVolume", "idleTimeLimitH", "idleTimeLimitM", "idleTimeLimitS"),
    "idleTimeLimit",
)


def _objects(**properties: str) -> dict[str, Any]:
    inner = {name: {"type": kind} for name, kind in properties.items()}
    return {"type": "array", "items": {"type": "object", "properties": inner}, "nullable": True}


SET_PREFERENCES: Final = _exactly(
    {
        "userId": _OPTIONAL_TEXT,
        "data": {
            "type": "object",
            "properties": {
                **dict.fromkeys(_FLAGS, _OPTIONAL_FLAG),
                **dict.fromkeys(_TEXTS, _OPTIONAL_TEXT),
                **dict.fromkeys(_NUMBERS, _OPTIONAL_NUMBER),
                "alsoSendThreadToChannel": {
                    "type": "string",
                    "enum": ["default", "always", "never"],
                    "nullable": True,
                },
                "highlights": _OPTIONAL_TEXTS,
                "dontAskAgainList": _objects(action="string", label="string"),
                "featuresPreview": _objects(name="string", value="boolean"),
            },
            "required": [],
            "additionalProperties": False,
        },
    },
    "data",
)
