"""A call to an incoming webhook becomes messages (contract, section 3).

Who may post where is decided as for anybody; the integration only says as whom, and where by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import structlog
from msgspec import structs

from hookroom.errors import Failure, HookFailure, HookroomError, Refused
from hookroom.messages import posting
from hookroom.rooms.destinations import room_of, rooms_of
from hookroom.rules.hook_message import (
    MessageDraft,
    defaults_of,
    destinations,
    draft,
    is_empty,
    parse_destination,
)
from hookroom.rules.model import Integration, Message, User
from hookroom.rules.payload_summary import summary
from hookroom.rules.scalars import flag_of
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

NOTHING_TO_POST: Final = "Nothing to post: the payload has neither text nor attachments"
MAY_NOT_POST: Final = "error-user-lacks-message-impersonate-permission"


async def receive(
    ws: Workspace, integration: Integration, user: User, payload: dict[str, Any]
) -> dict[str, Any]:
    """Post what ``payload`` says as ``user``, and answer what the sender gets besides ``success``.

    All rooms are checked before anything is written and one failure posts nothing, except with
    ``separateResponse: true``, where each room has an answer of its own. An empty payload posts nothing.
    Raises ``HookroomError``.
    """
    # The right to post for others is looked at again with every call: roles change.
    if not ws.authority.allows("message-impersonate", user):
        raise HookFailure(MAY_NOT_POST)
    if not payload:
        return {}
    names = destinations(payload, integration)
    message = _message(integration, payload)
    posting.check_size(ws, message)
    if flag_of(payload.get("separateResponse"), "separateResponse", default=False):
        return await _separately(ws, user, names, message)
    rooms = await rooms_of(ws, user, [parse_destination(name) for name in names])
    if len(rooms) == 1:
        await posting.post(ws, user, rooms[0], message)
    else:
        await posting.post_many(ws, user, [(room, message) for room in rooms])
    return {}


def _message(integration: Integration, payload: dict[str, Any]) -> MessageDraft:
    message = draft(payload, defaults_of(integration))
    for warning in message.warnings:
        log.warning("part of a webhook call ignored", integration=integration.id, reason=warning)
    if not is_empty(message):
        return message
    text = summary(payload)
    if text is None:
        raise HookFailure(NOTHING_TO_POST)
    return structs.replace(message, text=text)


async def _separately(
    ws: Workspace, user: User, names: Sequence[str], message: MessageDraft
) -> dict[str, Any]:
    responses: list[dict[str, Any]] = []
    posted: dict[str, Message] = {}
    for name in names:
        try:
            room = await room_of(ws, user, parse_destination(name))
            if room.id not in posted:
                posted[room.id] = await posting.post(ws, user, room, message)
        except (Refused, Failure, HookFailure) as error:
            responses.append({"channel": name, "error": bare(error)})
        else:
            responses.append({"channel": name, "message": posted[room.id]})
    if not posted:
        raise HookFailure("; ".join(dict.fromkeys(str(r["error"]) for r in responses)), responses=responses)
    return {"responses": responses}


def bare(error: HookroomError) -> str:
    """The text of an error as webhook endpoints answer it: a code alone, or a sentence."""
    return error.code if isinstance(error, Refused) else str(error)
