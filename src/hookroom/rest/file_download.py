"""Downloads: ``GET /file-upload/{id}/{name}``, for whoever may have the file.

What is uploaded is never trusted: a browser is told not to guess its type, to load and run nothing from it,
and to save it rather than show it where it could hold a page.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import falcon.asgi
import msgspec

from hookroom.errors import HookroomError, NotFound, Refused
from hookroom.rest.authentication import authenticate
from hookroom.rest.failures import answer_failure
from hookroom.rules.byte_range import ByteRange, Unsatisfiable, asked_range
from hookroom.rules.file_types import is_active
from hookroom.rules.model import User
from hookroom.rules.upload import Upload
from hookroom.services import Services
from hookroom.storage.tables import uploads
from hookroom.uploads.access import may_download

PATH: Final = "/file-upload/{file_id}/{name:path}"
"""The name is for readers; the id alone says which file it is."""

_ROUTE: Final = "file-upload"


class FileDownload:
    """What Falcon calls for ``PATH``."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def on_get(
        self, request: falcon.asgi.Request, response: falcon.asgi.Response, file_id: str, **_: str
    ) -> None:
        """Answer with the file, or with a part of it."""
        await self._answer(request, response, file_id, with_body=True)

    async def on_head(
        self, request: falcon.asgi.Request, response: falcon.asgi.Response, file_id: str, **_: str
    ) -> None:
        """Answer as GET would, without the file."""
        await self._answer(request, response, file_id, with_body=False)

    async def _answer(
        self,
        request: falcon.asgi.Request,
        response: falcon.asgi.Response,
        file_id: str,
        *,
        with_body: bool,
    ) -> None:
        for name, value in _GUARDS.items():
            response.set_header(name, value)
        try:
            upload = await self._find(request, file_id)
            await self._send(request, response, upload, with_body=with_body)
        except HookroomError as error:
            response.status = error.status
            response.content_type = "application/json"
            response.data = msgspec.json.encode(error.wire())
        except Exception as error:
            answer_failure(response, error, _ROUTE)

    async def _find(self, request: falcon.asgi.Request, file_id: str) -> Upload:
        ws = self._services.ws
        stored = await uploads.by_id(ws.db, file_id)
        if stored is None or not stored.is_there(ws.now()):
            raise _missing()
        upload, user = stored.upload, await self._user(request)
        if upload.is_personal:
            allowed = user is not None and user.id == upload.user_id
        else:
            room = await ws.directory.room(upload.room_id)
            if room is None:
                raise _missing()
            allowed = await may_download(ws, user, room)
        if not allowed:
            raise Refused("error-not-allowed", "You may not download this file", status=403)
        return upload

    async def _user(self, request: falcon.asgi.Request) -> User | None:
        """The user of the query, the headers or the cookie: browsers cannot send headers for a picture."""
        ws = self._services.ws
        cookies = request.cookies
        for user_id, token in (
            (request.get_param("rc_uid"), request.get_param("rc_token")),
            (request.get_header("X-User-Id"), request.get_header("X-Auth-Token")),
            (cookies.get("rc_uid"), cookies.get("rc_token")),
        ):
            if known := await authenticate(ws, user_id, token):
                return known[0]
        return None

    async def _send(
        self,
        request: falcon.asgi.Request,
        response: falcon.asgi.Response,
        upload: Upload,
        *,
        with_body: bool,
    ) -> None:
        tag = f'"{upload.etag}"'
        response.set_header("ETag", tag)
        # A browser may keep it, and asks each time whether its user may still have it.
        response.set_header("Cache-Control", "private, no-cache")
        response.set_header("Accept-Ranges", "bytes")
        if _names(request.get_header("If-None-Match"), tag):
            response.status = 304
            return
        unchanged = request.get_header("If-Range") in (None, tag)
        try:
            part = asked_range(request.get_header("Range") if unchanged else None, upload.size)
        except Unsatisfiable:
            response.set_header("Content-Range", f"bytes */{upload.size}")
            raise Refused("error-invalid-range", "The file has no such range", status=416) from None
        whole = ByteRange(0, upload.size)
        if part is not None:
            response.status = 206
            response.set_header("Content-Range", f"bytes {part.first}-{part.end - 1}/{upload.size}")
        first, end = part or whole
        response.content_type = upload.type
        response.set_header("Content-Disposition", _disposition(upload, request.has_param("download")))
        response.content_length = end - first
        if with_body:
            response.stream = await self._services.files.open(upload.id, first, end)


_GUARDS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


def _missing() -> NotFound:
    return NotFound("File not found [error-file-not-found]")


def _disposition(upload: Upload, download: bool) -> str:
    how = "attachment" if download or is_active(upload.type) else "inline"
    return f"{how}; filename*=UTF-8''{quote(upload.name, safe='')}"


def _names(header: str | None, tag: str) -> bool:
    listed = [one.strip().removeprefix("W/") for one in (header or "").split(",")]
    return tag in listed or "*" in listed
