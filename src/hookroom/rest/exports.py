"""Exports: of a room as a file or by e-mail, and of one's own data."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from hookroom.errors import Refused
from hookroom.exports import asking, by_mail
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import exports as schemas
from hookroom.rules.export import Format
from hookroom.rules.file_message import file_path
from hookroom.rules.times import millis
from hookroom.rules.upload import Upload

routes = Routes("Exports")

_FORMATS: Final = ("html", "json")


@routes.post("rooms.export", body=schemas.EXPORT)
async def export_room(call: Call) -> Answer:
    """Export a room: messages by e-mail, or what was said in some time as a file to download.

    ``rocket.cat`` sends the link to the file. It needs ``mail-messages``. ``messages`` are ids, ``toUsers`` names.
    """
    body = call.body
    room = await asking.exportable(call.ws, call.user, body["rid"])
    if body["type"] == "email":
        missing = await by_mail.send(
            call.ws,
            call.user,
            room,
            usernames=body.get("toUsers") or (),
            addresses=[*(body.get("toEmails") or ()), *(body.get("additionalEmails") or "").split(",")],
            subject=body.get("subject") or "",
            message_ids=body.get("messages") or (),
        )
        return {"missing": missing}
    if body.get("format") not in _FORMATS:
        raise Refused("error-invalid-format")
    await asking.export_room(
        call.ws,
        call.services.exports,
        call.user,
        room,
        form=cast("Format", body["format"]),
        after=_moment(body, "dateFrom"),
        before=_moment(body, "dateTo"),
    )
    return {}


@routes.get("users.requestDataDownload", query=schemas.OWN_DATA)
async def request_data_download(call: Call) -> Answer:
    """Ask for a file with all that the server has of the caller; asking again tells whether it is ready.

    Pages to read, or with ``fullExport`` JSON. ``rocket.cat`` sends the link; ``url`` is its path, once there is.
    """
    begun, upload = await asking.export_own_data(
        call.ws, call.services.exports, call.user, full=bool(call.query.get("fullExport"))
    )
    url = file_path(upload.id, upload.name) if upload.complete else None
    return {"requested": begun, "exportOperation": _operation(upload), "url": url}


def _operation(upload: Upload) -> dict[str, Any]:
    export = upload.export
    operation = {
        "_id": upload.id,
        "createdAt": upload.uploaded_at,
        "userId": upload.user_id,
        "status": "completed" if upload.complete else "pending",
        "roomList": msgspec.to_builtins(export.rooms) if export else [],
        "fileList": [],
        "fullExport": export is not None and export.format == "json",
        "_updatedAt": upload.updated_at,
    }
    return operation | ({"fileId": upload.id} if upload.complete else {})


def _moment(body: dict[str, Any], name: str) -> int | None:
    text = body.get(name)
    if not text:
        return None
    try:
        return millis(text)
    except (ValueError, OverflowError):
        raise Refused("error-invalid-date", f'"{name}" must be a valid date.') from None
