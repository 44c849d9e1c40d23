"""Messages of a room by e-mail (``rooms.export``).

Facts: the original's ``server/lib/dataExport/sendViaEmail.ts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.errors import Refused
from hookroom.mail import texts
from hookroom.people.mailing import check_configured
from hookroom.rules import export_page
from hookroom.rules.accounts import check_email
from hookroom.rules.model import Message, Room, User
from hookroom.storage.tables import message_loading
from hookroom.workspace.workspace import Workspace

MAX_RECIPIENTS: Final = 100
MAX_MESSAGES: Final = 500


async def send(
    ws: Workspace,
    user: User,
    room: Room,
    *,
    usernames: Sequence[str],
    addresses: Sequence[str],
    subject: str,
    message_ids: Sequence[str],
) -> list[str]:
    """Send these messages of ``room`` to each of them; answers the user names that have no address.

    Raises ``Refused``: ``error-invalid-recipient`` without any, ``error-invalid-email``,
    ``error-invalid-messages`` where none of them is in the room, ``error-email-send-failed``.
    """
    usernames = [one for one in dict.fromkeys(usernames) if one]
    to = [check_email(one) for one in addresses if one.strip()]
    if not usernames and not to:
        raise Refused("error-invalid-recipient")
    if len(usernames) + len(to) > MAX_RECIPIENTS:
        raise Refused("error-invalid-recipient", f"At most {MAX_RECIPIENTS} recipients at once")
    if len(message_ids) > MAX_MESSAGES:
        raise Refused("error-invalid-messages", f"At most {MAX_MESSAGES} messages at once")
    check_configured(ws, method="rooms.export")
    missing = []
    for username in usernames:
        known = await ws.directory.user_named(username)
        if known is None or not known.emails:
            missing.append(username)
        else:
            to.append(known.emails[0].address)
    found = (await message_loading.by_ids(ws.db, [*dict.fromkeys(message_ids)])).values()
    messages = sorted((one for one in found if one.room_id == room.id), key=lambda one: one.created_at)
    if not messages:
        raise Refused("error-invalid-messages", "None of the messages is in the room")
    text, page = _text(messages), _page(messages)
    reply_to = user.emails[0].address if user.emails else None
    for address in dict.fromkeys(to):
        if not ws.mail.put(texts.messages(address, subject, text, page, reply_to)):
            raise Refused("error-email-send-failed", "Too many e-mails wait to be sent")
    return missing


def _page(messages: Sequence[Message]) -> str:
    body = "".join(export_page.paragraph(one, str, {}) for one in messages)
    return f'<!DOCTYPE html>\n<html><meta charset="utf-8"><body style="white-space:pre-wrap">{body}</body></html>'


def _text(messages: Sequence[Message]) -> str:
    return "\n\n".join(
        f"{one.user.username} ({one.created_at}):\n{export_page.said(one, str)}" for one in messages
    )
