"""The server's own emoji: ``emoji-custom.*``, and their pictures at ``/emoji-custom/{name}.{extension}``."""

from __future__ import annotations

from typing import Any, Final

import falcon.asgi
import msgspec

from hookroom.errors import Failure, HookroomError, NotFound, Refused
from hookroom.rest.call import Answer, Call, Content, Incoming
from hookroom.rest.content import names_tag, put_content
from hookroom.rest.failures import answer_failure
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import emoji as schemas
from hookroom.rest.upload_form import read_form, read_optional
from hookroom.rules.emoji import CustomEmoji
from hookroom.rules.times import millis
from hookroom.services import Services
from hookroom.storage.tables import custom_emojis as table
from hookroom.storage.tables import removals
from hookroom.uploads import custom_emojis
from hookroom.uploads.pictures import gathered

routes = Routes("Custom emoji")

PATH: Final = "/emoji-custom/{file}"
FIELD: Final = "emoji"
"""The field that holds the picture."""

_SHOWN: Final = ("_id", "name", "aliases", "extension", "etag", "_updatedAt")


@routes.get("emoji-custom.list", query=schemas.LIST)
async def list_emoji(call: Call) -> Answer:
    """All emoji of the server's own, or what changed since a moment."""
    page = Paging.of(call, queryable=_SHOWN)
    wanted, changed = call.query.get("_id"), _moment(call, "_updatedAt")
    since = _moment(call, "updatedSince")
    after = max((one for one in (changed, since) if one is not None), default=None)
    found = [
        one
        for one in await _everything(call)
        if (not wanted or one["_id"] == wanted)
        and (after is None or millis(one["_updatedAt"]) > after)
        and (page.where is None or page.where(one))
    ]
    removed = [] if since is None else await removals.since(call.ws.db, "emoji", since)
    return {"emojis": {"update": found, "remove": removed}}


@routes.get("emoji-custom.all", query=schemas.ALL)
async def all_emoji(call: Call) -> Answer:
    """The emoji of the server's own, a page at a time; `name` is a part of a name."""
    page = Paging.of(call, sortable=_SHOWN, fields=_SHOWN, queryable=_SHOWN, order=(("name", 1),))
    part = (call.query.get("name") or "").lower()
    found = [
        one
        for one in await _everything(call)
        if not part or any(part in name for name in (one["name"], *one["aliases"]))
    ]
    return page.picked("emojis", found)


@routes.post("emoji-custom.create", body=schemas.FORM, streams=True, file_field=FIELD)
async def create(call: Call) -> Answer:
    """Make an emoji (`multipart/form-data`: `emoji`, `name`, `aliases`)."""
    custom_emojis.check_may_manage(call.ws, call.user)
    form = await read_form(_incoming(call), lambda _n, _t, chunks: gathered(call.ws, chunks), field=FIELD)
    fields = schemas.FORM.check(form.fields)
    made = await custom_emojis.create(
        call.ws,
        call.services.files,
        call.user,
        name=fields.get("name", ""),
        aliases=fields.get("aliases", ""),
        data=form.file,
    )
    _tell(call, "updateEmojiCustom", made)
    return {}


@routes.post("emoji-custom.update", body=schemas.FORM, streams=True, file_field=FIELD)
async def update(call: Call) -> Answer:
    """Change an emoji's names, and its picture where one is sent."""
    custom_emojis.check_may_manage(call.ws, call.user)
    form = await read_optional(_incoming(call), lambda _n, _t, chunks: gathered(call.ws, chunks), field=FIELD)
    fields = schemas.FORM.check(form.fields)
    if not fields.get("_id"):
        raise Failure('The required "_id" query param is missing.')
    changed = await custom_emojis.update(
        call.ws,
        call.services.files,
        call.user,
        fields["_id"],
        name=fields.get("name", ""),
        aliases=fields.get("aliases", ""),
        data=form.file or None,
    )
    _tell(call, "updateEmojiCustom", changed)
    return {}


@routes.post("emoji-custom.delete", body=schemas.DELETE)
async def delete(call: Call) -> Answer:
    """Remove an emoji."""
    emoji_id = call.body.get("emojiId")
    if not emoji_id:
        raise Failure('The "emojiId" params is required!')
    _tell(call, "deleteEmojiCustom", await custom_emojis.delete(call.ws, call.user, emoji_id))
    return {}


class EmojiPicture:
    """What Falcon calls for ``PATH``."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def on_get(self, request: falcon.asgi.Request, response: falcon.asgi.Response, file: str) -> None:
        """Answer with the picture."""
        await self._answer(request, response, file, with_body=True)

    async def on_head(self, request: falcon.asgi.Request, response: falcon.asgi.Response, file: str) -> None:
        """Answer as GET would, without the picture."""
        await self._answer(request, response, file, with_body=False)

    async def _answer(
        self, request: falcon.asgi.Request, response: falcon.asgi.Response, file: str, *, with_body: bool
    ) -> None:
        try:
            known = request.get_header("If-None-Match")
            put_content(response, await self._content(file, known, with_body=with_body))
        except HookroomError as error:
            response.status = error.status
            response.content_type = "application/json"
            response.data = msgspec.json.encode(error.wire())
        except Exception as error:
            answer_failure(response, error, "emoji-custom")

    async def _content(self, file: str, known: str | None, *, with_body: bool) -> Content:
        # The extension is for readers: the picture is what it is.
        emoji = await table.by_name(self._services.ws.db, file.rpartition(".")[0] or file)
        if emoji is None:
            raise NotFound("Emoji not found [error-emoji-not-found]")
        tag = f'"{emoji.etag}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "public, max-age=0",
            "Content-Disposition": "inline",
        }
        if names_tag(known, tag):
            return Content(status=304, headers=headers)
        kind = f"image/{emoji.extension}"
        if not with_body:
            return Content(b"", kind, headers=headers, length=emoji.size)
        chunks = await self._services.files.open(emoji.etag, 0, emoji.size)
        return Content(chunks, kind, headers=headers, length=emoji.size)


def shown(emoji: CustomEmoji) -> dict[str, Any]:
    """An emoji as clients are shown one."""
    document: dict[str, Any] = msgspec.to_builtins(emoji)
    return {name: document[name] for name in _SHOWN}


async def _everything(call: Call) -> list[dict[str, Any]]:
    return [shown(one) for one in await table.everything(call.ws.db)]


def _incoming(call: Call) -> Incoming:
    if call.incoming is None:
        raise RuntimeError("the route must read its body itself")
    return call.incoming


def _moment(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    if not text:
        return None
    try:
        return millis(text)
    except ValueError:
        raise Refused(
            "error-roomId-param-invalid", f'The "{name}" query parameter must be a valid date.'
        ) from None


def _tell(call: Call, event: str, emoji: CustomEmoji) -> None:
    call.services.hub.signal("stream-notify-logged", event, [{"emojiData": shown(emoji)}])
