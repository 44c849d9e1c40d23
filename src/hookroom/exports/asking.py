"""Asking for an export: of a room (``rooms.export``), of one's own data (``users.requestDataDownload``).

Facts: the original's ``app/api/server/v1/rooms.ts`` and ``server/methods/requestDataDownload.ts``.
"""

from __future__ import annotations

from typing import Final

from hookroom.errors import Refused
from hookroom.exports.archive import MEDIA_TYPE
from hookroom.exports.making import Exports
from hookroom.rooms.access import may_see
from hookroom.rules.export import DAY_MS, OWN_DATA_GROUP, ROOM_GROUP, Export, Format
from hookroom.rules.file_names import clean_name
from hookroom.rules.ids import random_id
from hookroom.rules.model import Room, User
from hookroom.rules.upload import Upload, place_of
from hookroom.storage.database import Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import exports
from hookroom.workspace.workspace import Workspace

PERMISSION: Final = "mail-messages"
MOST_OF_ROOMS: Final = 3
"""Exports of rooms that one user may have under way."""
LONGEST_MS: Final = DAY_MS
"""One that is not made by then never is."""


async def exportable(ws: Workspace, user: User, room_id: str) -> Room:
    """The room, which ``user`` may export: it needs ``mail-messages`` there.

    Raises ``Refused``: ``error-action-not-allowed``, ``error-invalid-room``, ``error-not-allowed``.
    """
    member = await ws.directory.subscription(room_id, user.id)
    if not ws.authority.allows(PERMISSION, user, member):
        raise Refused("error-action-not-allowed", "Mailing is not allowed")
    room = await ws.directory.room(room_id)
    if room is None:
        raise Refused("error-invalid-room")
    if not await may_see(ws, user, room):
        raise Refused("error-not-allowed", "Not Allowed")
    return room


async def export_room(
    ws: Workspace,
    making: Exports,
    user: User,
    room: Room,
    *,
    form: Format,
    after: int | None,
    before: int | None,
) -> None:
    """Have a file made of what was said in ``room`` in that time (epoch milliseconds).

    ``before`` is a day: all of it counts, as in the original. Raises ``Refused``: ``error-invalid-dates``,
    ``error-too-many-exports``.
    """
    now = ws.now()
    until = (now if before is None else before) + DAY_MS
    if (after or 0) > until:
        raise Refused("error-invalid-dates", "From date cannot be after To date")
    export = Export(format=form, room_id=room.id, after=after or 0, before=until)
    name = clean_name(f"{room.name or room.id}-export.zip")
    upload = _upload(ws, making, user, export, name, ROOM_GROUP)
    try:
        await _claim(ws, upload, most=MOST_OF_ROOMS)
    except Stale:
        raise Refused(
            "error-too-many-exports", f"You already have {MOST_OF_ROOMS} exports under way"
        ) from None
    making.begin(upload)


async def export_own_data(ws: Workspace, making: Exports, user: User, *, full: bool) -> tuple[bool, Upload]:
    """Have a file made of all that the server has of ``user``: pages, or with ``full`` JSON.

    Answers whether it was begun now, and the export. There is one at a time, and one of a kind a day: else the
    one that there is.
    """
    form: Format = "json" if full else "html"
    now = ws.now()
    if there := await _there(ws, user, form, now):
        return False, there
    export = Export(format=form, after=0, before=now)
    upload = _upload(ws, making, user, export, f"{user.username}-data.zip", OWN_DATA_GROUP)
    try:
        await _claim(ws, upload, most=1)
    except Stale:
        there = await _there(ws, user, form, ws.now())
        if there is None:
            raise
        return False, there
    making.begin(upload)
    return True, upload


async def _there(ws: Workspace, user: User, form: Format, now: int) -> Upload | None:
    found = await exports.own_data(ws.db, user.id, now - DAY_MS, now)
    under_way = (one for one in found if not one.complete)
    of_kind = (one for one in found if one.export is not None and one.export.format == form)
    return next(under_way, None) or next(of_kind, None)


def _upload(ws: Workspace, making: Exports, user: User, export: Export, name: str, group: str) -> Upload:
    at = ws.stamp()
    return Upload(
        id=random_id(),
        name=clean_name(name),
        size=0,
        type=MEDIA_TYPE,
        type_group=group,
        room_id=place_of(user.id),
        user_id=user.id,
        store=making.store_name,
        complete=False,
        etag=random_id(),
        export=export,
        uploaded_at=at,
        updated_at=at,
    )


async def _claim(ws: Workspace, upload: Upload, *, most: int) -> None:
    changes = Changes()
    now = ws.now()
    exports.claim(changes, upload, now + LONGEST_MS, now, most=most)
    await ws.db.commit(changes)
