"""Uploading files: ``rooms.upload``, and ``rooms.media`` with ``rooms.mediaConfirm``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.errors import Failure, InvalidParams, Refused
from hookroom.rest import bodies
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import uploads as schemas
from hookroom.rest.upload_form import Form, read_form
from hookroom.rules.file_message import file_path
from hookroom.rules.model import Room
from hookroom.rules.upload import Upload
from hookroom.storage.database import Stale
from hookroom.uploads import checks, deleting, sharing
from hookroom.uploads.receiving import Reception, receiving

routes = Routes("Files")

_OTHER_FIELDS: Final = 1024 * 1024
"""Bytes of a body that may be something else than its file, when it is refused by its length alone."""


@routes.post("rooms.upload/{rid}", body=schemas.UPLOAD, streams=True)
async def upload(call: Call) -> Answer:
    """Upload a file (`multipart/form-data`, field `file`) and post it."""
    ws = call.ws
    room = await _room(call)
    async with receiving(ws, call.services.files, call.user, room) as reception:
        form = await _read(call, reception)
        words = _words(schemas.UPLOAD.check(form.fields))
        try:
            return {"message": await sharing.share(ws, call.user, room, form.file, words)}
        except Stale:
            raise Refused("error-invalid-file", "The upload took too long.") from None


@routes.post("rooms.media/{rid}", body=schemas.MEDIA, streams=True)
async def media(call: Call) -> Answer:
    """Upload a file that `rooms.mediaConfirm` posts within 24 hours."""
    room = await _room(call)
    async with receiving(call.ws, call.services.files, call.user, room) as reception:
        taken = (await _read(call, reception)).file
        await reception.keep(taken)
    return {"file": {"_id": taken.id, "url": file_path(taken.id, taken.name)}}


@routes.post("rooms.mediaConfirm/{rid}/{fileId}", body=schemas.CONFIRM)
async def confirm(call: Call) -> Answer:
    """Post a file that `rooms.media` took in."""
    room = await _room(call)
    name = call.body.get("fileName")
    words = _words(call.body)
    message = await sharing.confirm(call.ws, call.user, room, call.path["fileId"], words, name=name)
    return {"message": message}


@routes.post("uploads.delete", body=schemas.DELETE, query=schemas.DELETE)
async def delete(call: Call) -> Answer:
    """Delete a file; the message that it is of stays."""
    file_id = call.body.get("fileId") or call.query.get("fileId")
    if not file_id:
        raise InvalidParams(["must have required property 'fileId'"])
    await deleting.delete(call.ws, call.user, file_id)
    return {"deletedFiles": [file_id]}


async def _room(call: Call) -> Room:
    return await checks.check_may_upload(call.ws, call.user, await call.ws.directory.room(call.path["rid"]))


async def _read(call: Call, reception: Reception) -> Form[Upload]:
    incoming = call.incoming
    if incoming is None:
        raise RuntimeError("the route must read its body itself")
    if incoming.length is not None:
        # Told at once, not after a hundred megabytes.
        checks.check_size(call.ws, incoming.length - _OTHER_FIELDS)
    return await read_form(incoming, reception.take)


def _words(fields: Mapping[str, Any]) -> dict[str, Any]:
    custom = fields.get("customFields")
    if isinstance(custom, str):
        custom = bodies.parse(custom.encode()) if custom.strip() else None
    if custom is not None and not isinstance(custom, dict):
        raise Failure("customFields must be an object")
    return {**fields, "customFields": custom}
