"""Pictures of users and rooms, as pages and other clients show them: ``/avatar/…`` (``avatar/…`` of the API too).

Whoever has none is drawn: anybody may ask for a picture of any name. With the setting
``Accounts_AvatarBlockUnauthenticatedAccess`` those without a login get drawn ones only.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final

import falcon.asgi
import msgspec
from msgspec import Struct

from hookroom.errors import HookroomError, NotFound, Refused
from hookroom.rest.authentication import authenticate
from hookroom.rest.call import Content
from hookroom.rest.content import names_tag, put_content
from hookroom.rest.failures import answer_failure
from hookroom.rules.avatar import of_room, of_user
from hookroom.rules.initials import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE, drawing, png, svg
from hookroom.rules.model import Room
from hookroom.services import Services
from hookroom.storage.tables import avatars

USER: Final = "/avatar/{name}"
USER_ID: Final = "/avatar/uid/{user_id}"
ROOM: Final = "/avatar/room/{room_id}"

_DRAWN_AS_PNG: Final = frozenset({"png", "jpg", "jpeg", "webp"})
_DEEPEST: Final = 8
"""Rooms from a discussion up to the one whose picture it has."""


class Asked(Struct, frozen=True, kw_only=True):
    """What a call says beside the picture's path."""

    size: int = DEFAULT_SIZE
    format: str = "svg"
    known_tag: str | None = None
    """``If-None-Match``."""
    with_body: bool = True

    @classmethod
    def of(cls, query: Mapping[str, Any], known_tag: str | None, *, with_body: bool = True) -> Asked:
        """What ``query`` asks for; a size that is none is the usual one, others are kept within bounds."""
        size = str(query.get("size") or "")
        number = int(size) if size.isascii() and size.isdigit() and len(size) < 6 else DEFAULT_SIZE
        return cls(
            size=min(max(number, MIN_SIZE), MAX_SIZE),
            format=str(query.get("format") or "svg").lower(),
            known_tag=known_tag,
            with_body=with_body,
        )


async def of_name(services: Services, name: str, asked: Asked, *, let_in: bool) -> Content:
    """The picture of the user of that name; ``@name`` is always the drawn one."""
    if name.startswith("@"):
        return _drawn(services, name[1:], asked)
    user = await services.ws.directory.user_named(name) if let_in else None
    if user is None or user.avatar_etag is None:
        return _drawn(services, name, asked)
    return await _stored(services, of_user(user.id), user.avatar_etag, user.username, asked)


async def of_user_id(services: Services, user_id: str, asked: Asked, *, let_in: bool) -> Content:
    """The picture of the user with that id. Raises ``NotFound``, and ``Refused`` (403) without a login."""
    if not let_in:
        raise Refused("error-not-allowed", "You must be logged in to see this picture", status=403)
    user = await services.ws.directory.user(user_id)
    if user is None:
        raise NotFound("User not found [error-user-not-found]")
    return await of_name(services, user.username, asked, let_in=True)


async def of_room_id(services: Services, room_id: str, asked: Asked, *, let_in: bool) -> Content:
    """The picture of a room; a discussion without one has that of the room that it is of. Raises ``NotFound``."""
    if not let_in:
        return _drawn(services, room_id, asked)
    room: Room | None = await services.ws.directory.room(room_id)
    for _ in range(_DEEPEST):
        if room is None or room.avatar_etag is not None or room.parent_id is None:
            break
        room = await services.ws.directory.room(room.parent_id)
    if room is None:
        raise NotFound("Room not found [error-room-not-found]")
    name = room.display_name or room.name or room.id
    if room.avatar_etag is None:
        return _drawn(services, name, asked)
    return await _stored(services, of_room(room.id), room.avatar_etag, name, asked)


async def lets_in(
    services: Services, query: Mapping[str, Any], header: Mapping[str, str], cookies: Mapping[str, str]
) -> bool:
    """Whether the caller is shown the pictures that were set (query, headers or cookies hold a login)."""
    ws = services.ws
    if not ws.settings["Accounts_AvatarBlockUnauthenticatedAccess"]:
        return True
    for user_id, token in (
        (query.get("rc_uid"), query.get("rc_token")),
        (header.get("x-user-id"), header.get("x-auth-token")),
        (cookies.get("rc_uid"), cookies.get("rc_token")),
    ):
        if isinstance(user_id, str) and isinstance(token, str) and await authenticate(ws, user_id, token):
            return True
    return False


class AvatarPicture:
    """What Falcon calls for the paths of this file."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def on_get(self, request: falcon.asgi.Request, response: falcon.asgi.Response, **path: str) -> None:
        """Answer with the picture."""
        await self._answer(request, response, path, with_body=True)

    async def on_head(
        self, request: falcon.asgi.Request, response: falcon.asgi.Response, **path: str
    ) -> None:
        """Answer as GET would, without the picture."""
        await self._answer(request, response, path, with_body=False)

    async def _answer(
        self,
        request: falcon.asgi.Request,
        response: falcon.asgi.Response,
        path: dict[str, str],
        *,
        with_body: bool,
    ) -> None:
        services = self._services
        asked = Asked.of(request.params, request.get_header("If-None-Match"), with_body=with_body)
        try:
            let_in = await lets_in(services, request.params, request.headers, request.cookies)
            if "user_id" in path:
                content = await of_user_id(services, path["user_id"], asked, let_in=let_in)
            elif "room_id" in path:
                content = await of_room_id(services, path["room_id"], asked, let_in=let_in)
            else:
                content = await of_name(services, path["name"], asked, let_in=let_in)
            put_content(response, content)
        except HookroomError as error:
            response.status = error.status
            response.content_type = "application/json"
            response.data = msgspec.json.encode(error.wire())
        except Exception as error:
            answer_failure(response, error, "avatar")


def _drawn(services: Services, name: str, asked: Asked) -> Content:
    shown = drawing(name)
    as_png = asked.format in _DRAWN_AS_PNG
    tag = f'"{zlib.crc32(repr((shown, asked.size, as_png)).encode(errors="replace")):08x}"'
    headers = _headers(services, tag)
    if names_tag(asked.known_tag, tag):
        return Content(status=304, headers=headers)
    if as_png:
        return Content(png(shown, asked.size), "image/png", headers=headers)
    return Content(svg(shown, asked.size), "image/svg+xml", headers=headers)


async def _stored(services: Services, subject: str, etag: str, name: str, asked: Asked) -> Content:
    tag = f'"{etag}"'
    if names_tag(asked.known_tag, tag):
        return Content(status=304, headers=_headers(services, tag))
    found = await avatars.of(services.ws.db, subject)
    if found is None:
        return _drawn(services, name, asked)
    headers = _headers(services, f'"{found.etag}"')
    if not asked.with_body:
        return Content(b"", found.type, headers=headers, length=found.size)
    chunks = await services.files.open(found.etag, 0, found.size)
    return Content(chunks, found.type, headers=headers, length=found.size)


def _headers(services: Services, tag: str) -> dict[str, str]:
    blocked = services.ws.settings["Accounts_AvatarBlockUnauthenticatedAccess"]
    return {
        "ETag": tag,
        # Kept, and asked for again each time: a new picture is seen at once.
        "Cache-Control": "private, max-age=0" if blocked else "public, max-age=0",
        "Content-Disposition": "inline",
    }
