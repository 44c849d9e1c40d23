"""The user that a call names: by ``userId``, ``username`` or ``user`` (another word for the latter)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.errors import Refused
from hookroom.rules.model import User
from hookroom.workspace.workspace import Workspace

PARAMETERS: Final = {
    "userId": {"type": "string"},
    "username": {"type": "string"},
    "user": {"type": "string"},
}
"""Properties for the schema of a route that names a user."""

ONE_OF_THEM: Final = {"anyOf": [{"required": ["userId"]}, {"required": ["username"]}, {"required": ["user"]}]}
"""Keywords for the schema of a route that must name one."""


async def named_user(ws: Workspace, params: Mapping[str, Any]) -> User:
    """The user that is named. Raises ``Refused``: ``error-user-param-not-provided``, ``error-invalid-user``."""
    user_id, name = params.get("userId"), params.get("username") or params.get("user")
    if user_id:
        user = await ws.directory.user(str(user_id))
    elif name:
        user = await ws.directory.user_named(str(name))
    else:
        raise Refused(
            "error-user-param-not-provided", 'The required "userId" or "username" param was not provided'
        )
    if user is None:
        raise Refused(
            "error-invalid-user",
            'The required "userId" or "username" param provided does not match any users',
        )
    return user


def names_caller(caller: User, params: Mapping[str, Any]) -> bool:
    """Whether the call names nobody, or its caller."""
    user_id, name = params.get("userId"), params.get("username") or params.get("user")
    return (not user_id and not name) or user_id == caller.id or (not user_id and name == caller.username)
