"""Pictures of users: ``users.setAvatar`` and the like, and ``avatar/{subject}``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from hookroom.errors import Failure, Forbidden, Refused, TooLarge
from hookroom.rest import bodies, user_views
from hookroom.rest.avatar_pictures import Asked, lets_in, of_name
from hookroom.rest.call import Answer, Call, Content, Incoming
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import avatars as schemas
from hookroom.rest.upload_form import read_form
from hookroom.rest.user_params import named_user, names_caller
from hookroom.rules.model import User
from hookroom.uploads import avatars
from hookroom.uploads.fetched import fetched
from hookroom.uploads.pictures import gathered, largest

routes = Routes("Avatars")

_OTHERS: Final = "edit-other-user-avatar"
_METHOD: Final = "users.setAvatar"
_ENCODED: Final = 4 / 3
"""Characters of base64 for each byte."""


@routes.post("users.setAvatar", body=schemas.SET, streams=True, file_field="image")
async def set_avatar(call: Call) -> Answer:
    """Set a picture: a file (`multipart/form-data`, field `image`), or `avatarUrl` (an address, or `data:`)."""
    ws, incoming = call.ws, call.incoming
    others = ws.authority.allows(_OTHERS, call.user)
    if not ws.settings["Accounts_AllowUserAvatarChange"] and not others:
        raise Refused("error-not-allowed", "Change avatar is not allowed", method=_METHOD)
    if incoming is None:
        raise RuntimeError("the route must read its body itself")
    if not incoming.content_type:
        raise Failure("Missing Content-Type")
    if incoming.content_type.lower().startswith("multipart/form-data"):
        form = await read_form(incoming, lambda _name, _type, chunks: gathered(ws, chunks), field="image")
        user = await _whose(call, schemas.SET.check(form.fields), others)
        await avatars.set_of_user(ws, call.services.files, user, form.file, "rest")
    else:
        body = schemas.SET.check(await _json(call, incoming))
        user = await _whose(call, body, others)
        if not body.get("avatarUrl"):
            raise Refused("invalid-params", "must have required property 'avatarUrl'")
        data = await fetched(call.services.client, body["avatarUrl"].strip(), method=_METHOD)
        await avatars.set_of_user(ws, call.services.files, user, data, "url")
    return {}


@routes.get("users.getAvatar", query=schemas.OF_USER, login="optional", content=(307, "text/plain"))
async def get_avatar(call: Call) -> Content:
    """The way to a user's picture: a redirection (307)."""
    user = await named_user(call.ws, call.query)
    where = user_views.avatar_url(call.ws, quote(user.username, safe=""))
    return Content(where.encode(), status=307, headers={"Location": where})


@routes.post("users.resetAvatar", body=schemas.OF_USER)
async def reset_avatar(call: Call) -> Answer:
    """Have a drawn picture again."""
    ws = call.ws
    user = await named_user(ws, call.body)
    own = user.id == call.user.id and ws.settings["Accounts_AllowUserAvatarChange"]
    if not own and not ws.authority.allows(_OTHERS, call.user):
        raise Refused("error-not-allowed", "Reset avatar is not allowed", method="users.resetAvatar")
    await avatars.reset_of_user(ws, user)
    return {}


@routes.get("users.getAvatarSuggestion")
async def get_suggestions(_call: Call) -> Answer:
    """Pictures that other services have of the caller: this server asks none."""
    return {"suggestions": {}}


@routes.get("avatar/{subject}", query=schemas.PICTURE, login="optional", rate=None, content=(200, "image/*"))
async def picture(call: Call) -> Content:
    """The picture of a user, as at `/avatar/{username}`; `@name` is always the drawn one."""
    headers = {name: call.header(name) or "" for name in ("x-user-id", "x-auth-token")}
    let_in = call.caller is not None or await lets_in(call.services, call.query, headers, {})
    asked = Asked.of(call.query, call.header("If-None-Match"))
    return await of_name(call.services, call.path["subject"], asked, let_in=let_in)


async def _json(call: Call, incoming: Incoming) -> Any:
    """A JSON or form body; it may hold a picture."""
    limit = call.services.config.max_body_bytes + int(largest(call.ws) * _ENCODED)
    if incoming.length is not None and incoming.length > limit:
        raise TooLarge(limit)
    body = b"".join([chunk async for chunk in _bounded(incoming, limit)])
    return bodies.decode(incoming.content_type, body)


async def _bounded(incoming: Incoming, limit: int) -> AsyncIterator[bytes]:
    size = 0
    while chunk := await incoming.stream.read(64 * 1024):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        yield chunk
    if incoming.length is not None and size < incoming.length:
        raise Failure("The request body ended too early")


async def _whose(call: Call, params: Mapping[str, Any], others: bool) -> User:
    named = {name: params.get(name) for name in ("userId", "username", "user")}
    if names_caller(call.user, named):
        return call.user
    if not others:
        raise Forbidden
    return await named_user(call.ws, named)
