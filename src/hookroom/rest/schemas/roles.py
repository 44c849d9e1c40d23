"""Schemas of ``roles.*``. Facts: the original's ``rest-typings`` and ``ee/server/api/roles.ts``."""

from __future__ import annotations

from typing import Final

from hookroom.rest import paging, user_params
from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}

_ROLE: Final = {
    "name": _TEXT,
    "description": _OPTIONAL_TEXT,
    "scope": {"type": "string", "enum": ["Users", "Subscriptions"], "nullable": True},
    "mandatory2fa": {"type": "boolean", "nullable": True},
}

CREATE: Final = Schema(
    {"type": "object", "properties": _ROLE, "required": ["name"], "additionalProperties": False}
)

UPDATE: Final = Schema(
    {
        "type": "object",
        "properties": {"roleId": _TEXT, **_ROLE},
        "required": ["roleId", "name"],
        "additionalProperties": False,
    }
)

DELETE: Final = Schema(
    {
        "type": "object",
        "properties": {"roleId": _TEXT},
        "required": ["roleId"],
        "additionalProperties": False,
    }
)

ADD_USER: Final = Schema(
    {
        "type": "object",
        "properties": {
            **user_params.PARAMETERS,
            # Older clients know a role by its name.
            "roleId": _OPTIONAL_TEXT,
            "roleName": _OPTIONAL_TEXT,
            "roomId": _OPTIONAL_TEXT,
        },
        "additionalProperties": False,
    }
)

REMOVE_USER: Final = Schema(
    {
        "type": "object",
        "properties": {
            **user_params.PARAMETERS,
            "roleId": _OPTIONAL_TEXT,
            "roleName": _OPTIONAL_TEXT,
            "roomId": _OPTIONAL_TEXT,
            "scope": _OPTIONAL_TEXT,
        },
        "additionalProperties": False,
    }
)

USERS_IN_ROLE: Final = Schema(
    {
        "type": "object",
        "properties": {
            **{name: paging.PARAMETERS[name] for name in ("count", "offset", "sort", "query")},
            "role": _TEXT,
            "roomId": _OPTIONAL_TEXT,
        },
        "additionalProperties": False,
    }
)

SYNC: Final = Schema(
    {"type": "object", "properties": {"updatedSince": _OPTIONAL_TEXT}, "additionalProperties": False}
)
