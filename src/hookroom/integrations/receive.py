"""A call to an incoming webhook becomes messages (contract, section 3).

Who may post where is decided as for anybody; the integration only says as whom, and where by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs

from hookroom.errors import Failure, HookFailure, HookroomError, NotLoggedIn, Refused
from hookroom.rooms import messages
from hookroom.rooms.destinations import room_of
from hookroom.rooms.workspace import Workspace
from hookroom.rules.hook_message import (
    MessageDraft,
    defaults_of,
    destinations,
    draft,
    is_empty,
    parse_destination,
)
from hookroom.rules.model import Integration, User
from hookroom.rules.payload_summary import summary

NOTHING_TO_POST: Final = "Nothing to post: the payload has neither text nor attachments"


async def receive(ws: Workspace, integration: Integration, payload: dict[str, Any]) -> dict[str, Any]:
    """Post what ``payload`` says, and answer what the sender gets besides ``success``.

    All rooms are checked before anything is written and one failure posts nothing, except with
    ``separateResponse: true``, where each room has an answer of its own. Raises ``HookroomError``.
    """
    user = await poster(ws, integration)
    if not payload:
        return {}
    names = destinations(payload, integration)
    message = draft(payload, defaults_of(integration))
    if is_empty(message):
        text = summary(payload)
        if text is None:
            raise HookFailure(NOTHING_TO_POST)
        message = structs.replace(message, text=text)
    if payload.get("separateResponse") is True:
        return await _separately(ws, user, names, message)
    rooms = [await room_of(ws, user, parse_destination(name)) for name in names]
    # A room that two names mean gets the message once.
    await messages.post_many(ws, user, list({room.id: room for room in rooms}.values()), message)
    return {}


async def poster(ws: Workspace, integration: Integration) -> User:
    """The user that an integration posts as; the right to is looked at again with every call.

    Raises ``NotLoggedIn`` when the user is gone, ``HookFailure`` without ``message-impersonate``.
    """
    user = await ws.directory.user(integration.user_id)
    if user is None or not user.active:
        raise NotLoggedIn
    if not ws.authority.allows("message-impersonate", user):
        raise HookFailure("error-user-lacks-message-impersonate-permission")
    return user


async def _separately(
    ws: Workspace, user: User, names: Sequence[str], message: MessageDraft
) -> dict[str, Any]:
    responses: list[dict[str, Any]] = []
    for name in names:
        try:
            room = await room_of(ws, user, parse_destination(name))
            posted = await messages.post(ws, user, room, message)
        except (Refused, Failure, HookFailure) as error:
            responses.append({"channel": name, "error": bare(error)})
        else:
            responses.append({"channel": name, "message": posted})
    if all("error" in response for response in responses):
        raise HookFailure("; ".join(dict.fromkeys(str(r["error"]) for r in responses)), responses=responses)
    return {"responses": responses}


def bare(error: HookroomError) -> str:
    """The text of an error as webhook endpoints answer it: a code alone, or a sentence."""
    return error.code if isinstance(error, Refused) else str(error)
