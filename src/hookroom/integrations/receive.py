"""A call to an incoming webhook becomes messages (contract, section 3).

Who may post where is decided as for anybody; the integration only says as whom, and where by default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from msgspec import Struct, structs

from hookroom.errors import Failure, HookFailure, HookroomError, Refused
from hookroom.integrations.answered_calls import Remember
from hookroom.integrations.incoming_record import IncomingRecord
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
from hookroom.storage.statement import Changes
from hookroom.workspace.workspace import Workspace, retrying

log = structlog.get_logger()

NOTHING_TO_POST: Final = "Nothing to post: the payload has neither text nor attachments"
MAY_NOT_POST: Final = "error-user-lacks-message-impersonate-permission"


class Posted(Struct, frozen=True):
    """What came of a call: what the sender is answered besides ``success``, and what was posted."""

    answer: dict[str, Any]
    messages: Sequence[Message] = ()


Note = Callable[[Changes, Posted], None]
"""Adds to the changes that write the messages of a call what is to be written with them."""


async def receive(
    ws: Workspace,
    integration: Integration,
    user: User,
    payload: dict[str, Any],
    record: IncomingRecord,
    remember: Remember | None = None,
) -> dict[str, Any]:
    """Post what ``payload`` says as ``user``, and answer what the sender gets besides ``success``.

    An empty payload posts nothing. What is posted is remembered, and noted in ``record``, in the same commit.
    Raises ``HookroomError``.
    """
    check_poster(ws, user)
    if not payload:
        return {}
    names = destinations(payload, integration)
    message = message_of(integration, payload)
    record.warnings = message.warnings
    if is_empty(message):
        text = summary(payload)
        if text is None:
            raise HookFailure(NOTHING_TO_POST)
        message = structs.replace(message, text=text)

    def note(changes: Changes, posted: Posted) -> None:
        record.note(changes, posted.messages)
        if remember is not None:
            remember(changes, posted.answer)

    return (await deliver(ws, user, payload, names, message, note)).answer


def check_poster(ws: Workspace, user: User) -> None:
    """Raises ``HookFailure`` when ``user`` may no longer post for others: roles change."""
    if not ws.authority.allows("message-impersonate", user):
        raise HookFailure(MAY_NOT_POST)


def message_of(integration: Integration, payload: dict[str, Any]) -> MessageDraft:
    """The message that ``payload`` asks for. Raises ``Failure`` as ``draft`` does."""
    message = draft(payload, defaults_of(integration))
    for warning in message.warnings:
        log.warning("part of a webhook call ignored", integration=integration.id, reason=warning)
    return message


async def deliver(
    ws: Workspace,
    user: User,
    payload: dict[str, Any],
    names: Sequence[str],
    message: MessageDraft,
    note: Note | None = None,
) -> Posted:
    """Post ``message`` to the rooms with these ``names``, all in one commit; ``note`` adds to that.

    All rooms are checked before anything is written and one failure posts nothing, except with
    ``separateResponse: true`` in the payload, where each room has an answer of its own. Raises ``HookroomError``.
    """
    posting.check_size(ws, message)
    if flag_of(payload.get("separateResponse"), "separateResponse", default=False):
        # So that many calls that answer the same message do not undo each other's tries.
        async with ws.turns.of([message.thread_id] if message.thread_id is not None else []):
            return await _separately(ws, user, names, message, note)
    rooms = await rooms_of(ws, user, [parse_destination(name) for name in names])
    noted: posting.Note | None = None
    if note is not None:

        def noted(changes: Changes, messages: Sequence[Message]) -> None:
            note(changes, Posted({}, messages))

    if len(rooms) == 1:
        return Posted({}, [await posting.post(ws, user, rooms[0], message, note=noted)])
    posts = [(room, message) for room in rooms]
    return Posted({}, await posting.post_many(ws, user, posts, note=noted))


@retrying
async def _separately(
    ws: Workspace, user: User, names: Sequence[str], message: MessageDraft, note: Note | None
) -> Posted:
    changes = Changes()
    responses: list[dict[str, Any]] = []
    posted: dict[str, Message] = {}
    for name in names:
        try:
            room = await room_of(ws, user, parse_destination(name))
            if room.id not in posted:
                # A refusal comes before anything is added.
                (posted[room.id],) = await posting.add_all(ws, changes, user, [(room, message)])
        except (Refused, Failure, HookFailure) as error:
            responses.append({"channel": name, "error": bare(error)})
        else:
            responses.append({"channel": name, "message": posted[room.id]})
    if not posted:
        raise HookFailure("; ".join(dict.fromkeys(str(r["error"]) for r in responses)), responses=responses)
    done = Posted({"responses": responses}, list(posted.values()))
    if note is not None:
        note(changes, done)
    await ws.db.commit(changes)
    return done


def bare(error: HookroomError) -> str:
    """The text of an error as webhook endpoints answer it: a code alone, or a sentence."""
    return error.code if isinstance(error, Refused) else str(error)
