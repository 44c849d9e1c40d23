"""What answers are made of: the values of ``rules.model`` as routes show them, and what only routes know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from hookroom.rest.answers.notation import Schema, object_schema
from hookroom.rules.model import Integration, Message, Room, Subscription, User, UserRef

_STRUCTS: Final = (Message, Room, Subscription, User, UserRef, Integration)

_SHOWN_TOO: Final[Mapping[str, str]] = {
    "Room": "msgs?: int, usersCount?: int, lm?: time, lastMessage?: Message, joinCodeRequired?: flag,"
    " teamName?: text, rid?: text, isLastOwner?: flag",
    "Subscription": "u: UserRef, t: text, name: text|null, fname: text|null, alert: flag, unread: int,"
    " userMentions: int, groupMentions: int, archived?: flag, prid?: text, teamId?: text, teamMain?: flag,"
    " tunread?: text[], tunreadUser?: text[], tunreadGroup?: text[], lr?: time, disableNotifications?: flag,"
    " hideUnreadStatus?: flag, hideMentionStatus?: flag, muteGroupMentions?: flag, desktopNotifications?: text,"
    " desktopPrefOrigin?: text, mobilePushNotifications?: text, mobilePrefOrigin?: text,"
    " emailNotifications?: text, emailPrefOrigin?: text, unreadAlert?: text, audioNotificationValue?: text,"
    " audioNotifications?: text, desktopNotificationDuration?: text, userHighlights?: text[]",
    "User": "email?: text, canViewAllInfo?: flag, avatarUrl?: text, isOAuthUser?: flag, nameInsensitive?: text,"
    " rooms?: object[]",
    "Integration": "avatarUrl?: text, warnings?: any[], targetChannel?: text",
}
"""Fields that routes add to a value."""

_HIDDEN: Final[Mapping[str, tuple[str, ...]]] = {"Room": ("joinCode",), "Subscription": ("uid",)}
"""Fields that are stored and not shown."""

_LOOSE: Final = frozenset({"User", "Room", "Integration", "Message"})
"""What ``fields`` of a listing may show in part: only the id is sure."""

_OTHERS: Final[Mapping[str, str]] = {
    "Login": "userId: text, authToken: text, me: object, type?: text, …",
    "Role": "_id: text, name: text, scope: text, description: text, protected: flag, mandatory2fa?: flag,"
    " _updatedAt?: time, …",
    "Team": "_id: text, name?: text, type?: int, roomId?: text, createdBy?: UserRef, createdAt?: time,"
    " _updatedAt?: time, rooms?: int, numberOfUsers?: int, isOwner?: flag",
    "Permission": "_id: text, roles?: text[], _updatedAt?: time, _deletedAt?: time",
    "Setting": "_id?: text, value?: any, …",
    "Member": "_id: text, username: text, name?: text, nickname?: text, status: text, statusText?: text,"
    " utcOffset?: number, avatarETag?: text, _updatedAt: time, roles?: text[], subscription: object",
    "RoleHolder": "_id: text, rid: text, u: UserRef, roles: text[]",
    "File": "_id: text, name?: text, size?: int, type?: text, rid?: text, userId?: text, url?: text,"
    " path?: text, …",
    "HistoryEntry": "_id: text, type?: text, step?: text, event?: text, finished?: flag, state?: text,"
    " integration?: object, url?: text, _createdAt?: time, _updatedAt?: time, …",
    "IncomingCall": "_id: text, integrationId?: text, type?: text, state?: text, status?: int,"
    " _createdAt?: time, …",
    "Key": "key?: text, publicKey?: text, createdAt: time, expiresAt?: time",
    "Secret": "secret: text, createdAt: time, expiresAt?: time",
    "Failure": "success: flag, error?: text, errorType?: text, details?: any, message?: text, status?: text, …",
}


@cache
def components() -> Mapping[str, Schema]:
    """All components by name."""
    _, schemas = msgspec.json.schema_components(_STRUCTS, ref_template="#/components/schemas/{name}")
    found = {name: _value(name, schema) for name, schema in schemas.items()}
    return {**found, **{name: object_schema(fields) for name, fields in _OTHERS.items()}}


def _value(name: str, schema: Mapping[str, Any]) -> Schema:
    """The schema of a struct as routes show it: what is ``None`` is absent, so no field is ever null."""
    further = object_schema(_SHOWN_TOO.get(name, ""))
    properties = {field: _present(one) for field, one in schema.get("properties", {}).items()}
    for field in _HIDDEN.get(name, ()):
        properties.pop(field, None)
    properties |= further["properties"]
    required = [one for one in schema.get("required", ()) if one in properties] + further.get("required", [])
    if name in _LOOSE:
        required = ["_id"]
    return {
        "type": "object",
        "description": schema.get("description", ""),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _present(schema: Mapping[str, Any]) -> Schema:
    kept = {keyword: value for keyword, value in schema.items() if keyword != "default"}
    choices = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    if "anyOf" not in kept:
        return kept
    del kept["anyOf"]
    return {**kept, **choices[0]} if len(choices) == 1 else {**kept, "anyOf": choices}
