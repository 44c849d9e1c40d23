"""Editing and deleting messages: who may, until when, and what remains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.messages import discussion_counts, threads
from hookroom.messages.mentions import mentioned
from hookroom.messages.posting import check_custom_fields
from hookroom.rooms import room_life
from hookroom.rooms.access import check_may_post, may_see
from hookroom.rules.message_limits import may_still_delete, may_still_edit
from hookroom.rules.message_text import is_longer, urls_in
from hookroom.rules.model import Message, Room, User, UserRef
from hookroom.rules.times import millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_marks, messages, uploads
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying

_BYPASS: Final = "bypass-time-limit-edit-and-delete"
_EDIT: Final = "updateMessage"


async def edit(
    ws: Workspace,
    editor: User,
    message: Message,
    text: str,
    *,
    custom_fields: dict[str, Any] | None = None,
    previewed: Sequence[str] | None = None,
) -> None:
    """Give ``message`` another text; the same one changes nothing.

    It fires ``messageEdited``, and ``sendMessage`` for integrations with ``runOnEdits``. Raises ``Refused``
    (``error-action-not-allowed``, ``error-message-editing-blocked``, ``error-message-size-exceeded``) and
    what ``check_may_post`` raises.
    """
    async with ws.turns.of([message.id]):
        await _edit(ws, editor, message.id, text, custom_fields, previewed)


async def delete(ws: Workspace, deleter: User, message: Message) -> None:
    """Delete ``message`` with its files; it fires ``messageDeleted``.

    One that has answers stays, as a message of type ``rm`` without text, as do all with
    ``Message_ShowDeletedStatus``. The discussion that it stands for goes with it. Raises ``Refused``
    (``error-action-not-allowed``) and ``Failure``.
    """
    async with ws.turns.of([message.id, message.thread_id or message.id]):
        await _delete(ws, deleter, message.id)


async def delete_reported(ws: Workspace, moderator: User, message: Message) -> None:
    """``delete`` by a moderator of the server, who needs nothing in the room; one that is gone is gone."""
    async with ws.turns.of([message.id, message.thread_id or message.id]):
        await _delete(ws, moderator, message.id, moderating=True)


@retrying
async def _edit(
    ws: Workspace,
    editor: User,
    message_id: str,
    text: str,
    custom_fields: dict[str, Any] | None,
    previewed: Sequence[str] | None,
) -> None:
    old = await messages.by_id(ws.db, message_id)
    room = await ws.directory.room(old.room_id) if old is not None else None
    if old is None or room is None:
        raise Failure(f'No message found with the id of "{message_id}".')
    if old.text == text and custom_fields is None and previewed is None:
        return
    member = await ws.directory.subscription(room.id, editor.id)
    may_edit_any = ws.authority.allows("edit-message", editor, member)
    may_edit_own = ws.settings["Message_AllowEditing"] and old.user.id == editor.id
    if old.type is not None or not (may_edit_any or may_edit_own):
        raise Refused(
            "error-action-not-allowed",
            "Message editing not allowed",
            details={"method": _EDIT, "action": "Message_editing"},
        )
    age = ws.now() - millis(old.created_at)
    if not may_still_edit(age, ws.settings["Message_AllowEditing_BlockEditInMinutes"]) and not (
        ws.authority.allows(_BYPASS, editor)
    ):
        raise Refused("error-message-editing-blocked", "Message editing is blocked", method=_EDIT)
    await check_may_post(ws, editor, room, member)
    if is_longer(text, ws.settings["Message_MaxAllowedSize"]):
        raise Refused(
            "error-message-size-exceeded", "Message size exceeds Message_MaxAllowedSize", method=_EDIT
        )
    if custom_fields:
        check_custom_fields(ws, custom_fields)
    said = await mentioned(ws, editor, member, text)
    stamp = ws.stamp(old.updated_at)
    new = structs.replace(
        old,
        text=text,
        mentions=list(said.people),
        channels=list(said.channels),
        urls=old.urls if old.parse_urls is False else urls_in(text, previewed),
        custom_fields=old.custom_fields if custom_fields is None else custom_fields,
        edited_at=stamp,
        edited_by=_by(editor),
        updated_at=stamp,
    )
    changes = Changes()
    if ws.settings["Message_KeepHistory"]:
        messages.keep_version(changes, old)
    messages.update(changes, old, new)
    for name in ("messageEdited", "sendMessage"):
        ws.observer.observe(Event(name=name, room=room, user=editor, at=ws.now(), message=new), changes)
    await ws.db.commit(changes)


@retrying
async def _delete(ws: Workspace, deleter: User, message_id: str, *, moderating: bool = False) -> None:
    old = await messages.by_id(ws.db, message_id)
    room = await ws.directory.room(old.room_id) if old is not None else None
    gone = old is None or room is None or old.type == "rm"
    if gone and moderating:
        return
    if old is None or room is None or gone or not (moderating or await may_delete(ws, deleter, room, old)):
        raise Refused("error-action-not-allowed", "Not allowed")
    changes = Changes()
    began_thread = bool(old.thread_count)
    if ws.settings["Message_KeepHistory"] or began_thread:
        messages.keep_version(changes, old)
    if ws.settings["Message_ShowDeletedStatus"] or began_thread:
        messages.update(changes, old, _emptied(ws, deleter, old))
        message_marks.remove(changes, old, "pin", message_marks.NOBODY)
        message_marks.remove(changes, old, "discussion", message_marks.NOBODY)
    else:
        messages.delete(changes, old, ws.now())
    if old.discussion_id and (discussion := await ws.directory.room(old.discussion_id)) is not None:
        room_life.remove(changes, discussion, ws.now())
    uploads.release(changes, old.id, old.files)
    if old.thread_id is not None and (first := await messages.by_id(ws.db, old.thread_id)) is not None:
        threads.put_one_less(ws, changes, first)
    if room.parent_id is not None:
        discussion_counts.keep(ws, changes, room)
    ws.observer.observe(
        Event(name="messageDeleted", room=room, user=deleter, at=ws.now(), message=old), changes
    )
    await ws.db.commit(changes)


async def may_delete(ws: Workspace, user: User, room: Room, message: Message) -> bool:
    """Whether ``user`` may delete ``message``, by permissions, settings and time. Raises ``Failure`` where the
    room is only read.
    """
    if not await may_see(ws, user, room):
        return False
    member = await ws.directory.subscription(room.id, user.id)
    if ws.authority.allows("force-delete-message", user, member):
        return True
    if not ws.settings["Message_AllowDeleting"]:
        return False
    if not ws.authority.allows("delete-message", user, member) and not (
        message.user.id == user.id and ws.authority.allows("delete-own-message", user, member)
    ):
        return False
    age = ws.now() - millis(message.created_at)
    if not may_still_delete(age, ws.settings["Message_AllowDeleting_BlockDeleteInMinutes"]) and not (
        ws.authority.allows(_BYPASS, user)
    ):
        return False
    if (
        room.read_only
        and not ws.authority.allows("post-readonly", user, member)
        and user.username not in (room.unmuted or ())
    ):
        raise Failure("You can't delete messages because the room is readonly.")
    return True


def _emptied(ws: Workspace, deleter: User, old: Message) -> Message:
    stamp = ws.stamp(old.updated_at)
    return structs.replace(
        old,
        type="rm",
        text="",
        urls=[],
        mentions=[],
        channels=[],
        attachments=[],
        reactions=None,
        pinned=None,
        pinned_at=None,
        pinned_by=None,
        shown_in_room=None,
        discussion_id=None,
        discussion_count=None,
        discussion_last_at=None,
        alias=None,
        avatar=None,
        emoji=None,
        custom_fields=None,
        file=None,
        files=None,
        edited_at=stamp,
        edited_by=_by(deleter),
        updated_at=stamp,
    )


def _by(user: User) -> UserRef:
    return UserRef(id=user.id, username=user.username)
