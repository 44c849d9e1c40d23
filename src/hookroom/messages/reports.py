"""Reports to moderators, and what these do about them. Facts: ``server/lib/moderation``, ``v1/moderation.ts``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import structs

from hookroom.errors import Failure
from hookroom.messages import editing
from hookroom.rooms.access import may_see
from hookroom.rules.ids import integration_id
from hookroom.rules.message_text import is_longer
from hookroom.rules.model import Room, User
from hookroom.rules.reports import NO_REASON, Dismissal, Report, person
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, reports
from hookroom.workspace.workspace import Workspace, retrying

DELETED: Final = "DELETE Messages"
"""The action of those whose messages a moderator deleted."""


async def report_message(ws: Workspace, reporter: User, message_id: str, description: str) -> None:
    """Tell the moderators of a message that ``reporter`` sees.

    Raises ``Failure``: ``error-invalid-description``, ``error-invalid-message_id``.
    """
    _check_description(ws, description)
    message = await messages.by_id(ws.db, message_id)
    room = await ws.directory.room(message.room_id) if message is not None else None
    if message is None or room is None or not await may_see(ws, reporter, room):
        raise Failure("error-invalid-message_id")
    await _put(ws, reporter, description, message=msgspec.to_builtins(message), room=_named(room))


async def report_user(ws: Workspace, reporter: User, user_id: str, description: str) -> None:
    """Tell the moderators of a user. Raises ``Failure``."""
    _check_description(ws, description)
    user = await ws.directory.user(user_id)
    if user is None:
        raise Failure("Invalid user id provided.")
    await _put(ws, reporter, description, reported_user=person(user))


async def delete_reported(ws: Workspace, moderator: User, user_id: str, reason: str | None) -> None:
    """Delete the messages of a user that were reported, and close those reports. Raises ``Failure``."""
    found = await reports.open_of_user(ws.db, "message", user_id)
    if not found:
        raise Failure("No reported messages found for this user.")
    for message_id in dict.fromkeys((one.message or {})["_id"] for one in found):
        message = await messages.by_id(ws.db, message_id)
        if message is not None:
            await editing.delete_reported(ws, moderator, message)
    await dismiss_messages(ws, moderator, user_id=user_id, reason=reason, action=DELETED)


@retrying
async def dismiss_messages(
    ws: Workspace,
    moderator: User,
    *,
    user_id: str | None = None,
    message_id: str | None = None,
    reason: str | None = None,
    action: str | None = None,
) -> None:
    """Close the reports of a user's messages or of one message. Raises ``Failure`` (``no-reports-found``)."""
    if user_id:
        found = await reports.open_of_user(ws.db, "message", user_id)
    else:
        found = await reports.open_of_message(ws.db, message_id or "")
    await _dismiss(ws, moderator, found, reason, action)


@retrying
async def dismiss_user(
    ws: Workspace, moderator: User, user_id: str, *, reason: str | None = None, action: str | None = None
) -> None:
    """Close the reports of a user. Raises ``Failure`` (``no-reports-found``)."""
    found = await reports.open_of_user(ws.db, "user", user_id)
    await _dismiss(ws, moderator, found, reason, action)


async def _dismiss(
    ws: Workspace, moderator: User, found: Sequence[Report], reason: str | None, action: str | None
) -> None:
    if not found:
        raise Failure("no-reports-found")
    changes = Changes()
    for old in found:
        stamp = ws.stamp(old.updated_at)
        info = Dismissal(
            hidden_at=stamp,
            moderated_by=moderator.id,
            reason=(reason or "").strip() or NO_REASON,
            action=action or "None",
        )
        reports.update(
            changes, old, structs.replace(old, hidden=True, moderation_info=info, updated_at=stamp)
        )
    await ws.db.commit(changes)


async def _put(ws: Workspace, reporter: User, description: str, **about: Any) -> None:
    """Write a report; ``about`` are the fields of ``Report`` that say what of."""
    at = ws.stamp()
    report = Report(
        id=integration_id(),
        description=description,
        reported_by=person(reporter),
        created_at=at,
        updated_at=at,
        **about,
    )
    changes = Changes()
    reports.insert(changes, report)
    await ws.db.commit(changes)


def _check_description(ws: Workspace, description: str) -> None:
    # As long as a message may be: nobody fills the server with what few will read.
    if not description.strip() or is_longer(description, ws.settings["Message_MaxAllowedSize"]):
        raise Failure("error-invalid-description")


def _named(room: Room) -> dict[str, str]:
    named = {"_id": room.id, "t": room.type, "name": room.name, "fname": room.display_name}
    return {key: value for key, value in named.items() if value is not None}
