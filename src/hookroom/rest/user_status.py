"""Who is there: status and presence of users."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Forbidden, InvalidParams, Refused
from hookroom.people import presence
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Rate, Routes
from hookroom.rest.schemas import users as schemas
from hookroom.rest.user_params import named_user, names_caller
from hookroom.rules.times import millis
from hookroom.storage.tables import user_listing

routes = Routes("User status")

_FIELDS: Final = ("_id", "username", "name", "status", "utcOffset", "statusText", "avatarETag")
_RECENT_MS: Final = 600_000
"""A client that asks for what changed since longer ago than this gets everybody who is there."""


@routes.post("users.setStatus", body=schemas.SET_STATUS, rate=Rate(5, 60_000))
async def set_status(call: Call) -> Answer:
    """Set a status, a status text, or both."""
    ws, body = call.ws, call.body
    status, message = body.get("status"), body.get("message")
    if status is None and message is None:
        raise InvalidParams(["must have required property 'message'"])
    if names_caller(call.user, body):
        user = call.user
    elif ws.authority.allows("edit-other-user-info", call.user):
        user = await named_user(ws, body)
    else:
        raise Forbidden
    await presence.set_status(ws, user.id, status, message)
    return {}


@routes.get("users.getStatus", query=schemas.ANY_USER)
async def get_status(call: Call) -> Answer:
    """The status of a user, the caller's where nobody is named."""
    user = call.user if names_caller(call.user, call.query) else await named_user(call.ws, call.query)
    text = {} if user.status_text is None else {"message": user.status_text}
    return {"_id": user.id, "status": user.status, **text}


@routes.get("users.getPresence", query=schemas.ANY_USER)
async def get_presence(call: Call) -> Answer:
    """Whether a user is there, the caller where nobody is named."""
    if not names_caller(call.user, call.query):
        return {"presence": (await named_user(call.ws, call.query)).status}
    login = {} if call.user.last_login is None else {"lastLogin": call.user.last_login}
    return {"presence": call.user.status, **login}


@routes.get("users.presence", query=schemas.PRESENCE)
async def users_presence(call: Call) -> Answer:
    """Users who are there, those with the given ids, or those who changed since a time."""
    ws, query = call.ws, call.query
    ids = query.get("ids") or query.get("ids[]")
    if ids:
        wanted = ids.split(",") if isinstance(ids, str) else ids
        found = [await ws.directory.user(one) for one in dict.fromkeys(wanted)]
        documents: list[dict[str, Any]] = [
            {"_id": user.id, "username": user.username, "name": user.name, "status": user.status}
            | ({} if user.status_text is None else {"statusText": user.status_text})
            for user in found
            if user is not None
        ]
        return {"users": documents, "full": False}
    since = _time(query.get("from"))
    changed = since is not None and ws.now() - since < _RECENT_MS
    shown = [
        {field: one[field] for field in _FIELDS if field in one}
        async for one in user_listing.everyone(ws.db)
        if one["active"]
        and (
            millis(one["_updatedAt"]) > (since or 0) and one["_id"] != call.user.id
            if changed
            else one["status"] != "offline"
        )
    ]
    return {"users": shown, "full": not changed}


def _time(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return millis(text)
    except ValueError:
        raise Refused("error-invalid-date", "from must be a date") from None
