"""The files of rooms: ``channels.files``, ``groups.files``, ``im.files``, ``rooms.images``."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Forbidden
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import CHANNELS, GROUPS, Family, find, find_direct
from hookroom.rest.routes import Handler, Routes
from hookroom.rest.schemas import uploads as schemas
from hookroom.rooms.access import may_see
from hookroom.rules.file_message import listed
from hookroom.rules.model import Room
from hookroom.rules.times import millis
from hookroom.rules.upload import Upload
from hookroom.storage.tables import upload_listings, uploads
from hookroom.storage.tables.upload_listings import SORTABLE, FileFilter, Order

routes = Routes("Files of rooms")

FIELDS: Final = (
    *("_id", "name", "size", "type", "typeGroup", "rid", "userId", "user", "store", "identify", "complete"),
    *("etag", "description", "uploadedAt", "_updatedAt", "path", "url", "progress", "uploading"),
)
"""Fields of a file in an answer."""

QUERYABLE: Final = ("_id", "name", "size", "type", "typeGroup", "userId", "description", "uploadedAt")

_BY_NAME: Final[Order] = (("name", 1),)
_NEWEST: Final[Order] = (("uploadedAt", -1),)


def _of(family: Family) -> Handler:
    async def files(call: Call) -> Answer:
        return await _files(call, await find(call, family, call.query, archived=True))

    files.__doc__ = _SUMMARY.format(f"a {family.noun}")
    return files


async def _direct(call: Call) -> Answer:
    return await _files(call, await find_direct(call, call.query))


_SUMMARY: Final = """The files of {}, by name.

    ``name`` (a part of it) and ``typeGroup`` (``image``, ``audio``, …) choose some of them.
    """
_direct.__doc__ = _SUMMARY.format("a direct room")

routes.get("channels.files", query=schemas.FILES)(_of(CHANNELS))
routes.get("groups.files", query=schemas.FILES)(_of(GROUPS))
routes.get("im.files", "dm.files", query=schemas.DIRECT_FILES)(_direct)


@routes.get("rooms.images", query=schemas.IMAGES)
async def images(call: Call) -> Answer:
    """The pictures of a room, the newest first, from `startingFromId` on."""
    room = await call.ws.directory.room(call.query["roomId"])
    if room is None:
        raise Forbidden
    until = None
    if start := call.query.get("startingFromId"):
        stored = await uploads.by_id(call.ws.db, start)
        if stored is not None and stored.upload.room_id == room.id:
            until = millis(stored.upload.uploaded_at)
    return await _page(call, room, FileFilter(room_id=room.id, type_group="image", until=until), _NEWEST)


async def _files(call: Call, room: Room) -> Answer:
    which = FileFilter(
        room_id=room.id,
        type_group=call.query.get("typeGroup") or "",
        part=call.query.get("name") or "",
    )
    return await _page(call, room, which, _BY_NAME)


async def _page(call: Call, room: Room, which: FileFilter, order: Order) -> Answer:
    ws = call.ws
    if not await may_see(ws, call.user, room):
        raise Forbidden
    paging = Paging.of(call, sortable=SORTABLE, fields=FIELDS, queryable=QUERYABLE, order=order)
    by = tuple(paging.sort)
    if paging.where is None:
        found = await upload_listings.page(ws.db, which, by, count=paging.limit, offset=paging.offset)
        total = await upload_listings.total(ws.db, which)
        shown = [await _shown(call, one) for one in found]
    else:
        everything = await upload_listings.page(ws.db, which, by)
        kept = [one for upload in everything if paging.where(one := await _shown(call, upload))]
        shown, total = kept[paging.offset : paging.offset + paging.limit], len(kept)
    return paging.answer("files", [paging.fields.of(one) for one in shown], total)


async def _shown(call: Call, upload: Upload) -> dict[str, Any]:
    entry = listed(upload, call.ws.site_url)
    user = await call.ws.directory.user(upload.user_id)
    if user is not None:
        entry["user"] = {"_id": user.id, "username": user.username, "name": user.name}
    return entry
