"""Telling who asked for an export that it is ready, or will not be: as ``rocket.cat``, and by e-mail."""

from __future__ import annotations

from typing import Final

import structlog

from hookroom.errors import HookroomError
from hookroom.mail import texts
from hookroom.messages import posting
from hookroom.rooms.destinations import room_of
from hookroom.rules.export import DAY_MS
from hookroom.rules.file_message import file_path
from hookroom.rules.hook_message import Destination, draft
from hookroom.rules.model import User
from hookroom.rules.upload import Upload
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

GOOD_FOR_MS: Final = 7 * DAY_MS
"""How long an export may be downloaded."""

_TELLER: Final = "rocket.cat"


async def ready(ws: Workspace, user: User, upload: Upload, what: str) -> None:
    """``upload`` can be downloaded: the export of ``what``."""
    link = ws.site_url.rstrip("/") + file_path(upload.id, upload.name)
    days = GOOD_FOR_MS // DAY_MS
    await _say(ws, user, f"The export of {what} is ready: {link}\nIt can be downloaded for {days} days.")
    if ws.mail.configured and user.emails:
        ws.mail.put(texts.export_ready(ws.settings["Site_Name"], user.emails[0].address, what, link, days))


async def failed(ws: Workspace, user: User, what: str) -> None:
    """There will be no export of ``what``."""
    await _say(ws, user, f"The export of {what} could not be made. Please ask for it again.")


async def _say(ws: Workspace, user: User, text: str) -> None:
    teller = await ws.directory.user(_TELLER)
    if teller is None or not teller.active:
        return
    try:
        room = await room_of(ws, teller, Destination("@", user.id))
        await posting.post(ws, teller, room, draft({"text": text}))
    except HookroomError as error:
        log.warning("who asked for an export could not be told", user=user.id, reason=str(error))
