"""Previews of links: what the page says of itself, fetched when somebody asks for it, and kept for a while.

With the setting ``API_Embed_In_Messages`` the links of new messages get theirs in the background: ``urls`` of the
message are written anew soon after it was posted, as an update that edits nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from msgspec import Struct, structs

from hookroom.errors import Failure, HookroomError
from hookroom.rules import link_preview
from hookroom.rules.egress import entries
from hookroom.rules.model import Message
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages
from hookroom.workspace.background import Background
from hookroom.workspace.workspace import Workspace, retrying

log = structlog.get_logger()

MAX_BYTES: Final = 250_000
"""How much of a page is read."""
TIMEOUT_S: Final = 5.0
"""How long a page may take, redirects included."""
MAX_REDIRECTS: Final = 5
KEPT_S: Final = 300.0
"""How long a preview is kept; a page that was not reached is asked again after ``AGAIN_S``."""
AGAIN_S: Final = 30.0
MAX_KEPT: Final = 500
MAX_WAITING: Final = 500
"""Messages that wait for their previews; further ones get none."""
WORKERS: Final = 4

ON: Final = "API_Embed"
IN_MESSAGES: Final = "API_Embed_In_Messages"
IGNORED: Final = "API_EmbedIgnoredHosts"


class Page(Struct, frozen=True):
    """An answer to GET. ``headers``: names in lower case; ``body``: at most ``MAX_BYTES``."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[str, float], Awaitable[Page]]
"""GET of a URL in so many seconds, by the guarded client. Raises ``HookroomError`` when there is no answer."""


class Preview(Struct, frozen=True):
    """What is known of a link; empty when it was not reached."""

    meta: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def found(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.meta or self.headers)

    def of(self, listed: Mapping[str, Any]) -> dict[str, Any]:
        """A link of a message with this."""
        return {**listed, "meta": self.meta, **({"headers": self.headers} if self.headers else {})}


NOTHING: Final = Preview({}, {})


class LinkPreviews:
    """The previews that one node makes."""

    def __init__(self, ws: Workspace, fetch: Fetch) -> None:
        self._ws = ws
        self._fetch = fetch
        self._kept: dict[str, tuple[float, Preview]] = {}
        self._queue: asyncio.Queue[Message] = asyncio.Queue(MAX_WAITING)
        self._written: dict[str, str] = {}
        self._background = Background()
        ws.db.on_told(self._heard)

    def start(self) -> None:
        """See to the links of messages from now on."""
        for number in range(WORKERS):
            self._background.start(f"link-previews-{number}", self._work())

    async def stop(self) -> None:
        """See to them no more."""
        await self._background.stop()

    async def preview(self, url: str) -> dict[str, Any]:
        """``{url, meta, headers}`` of a link; ``meta`` is empty where the page is not reached or says nothing.

        ``headers`` has ``contentLength`` and ``contentType`` as far as the server says. Raises ``Failure`` when
        previews are switched off.
        """
        if not self._ws.settings[ON]:
            raise Failure("Previews of links are switched off")
        return (await self._preview(url)).of({"url": url})

    async def _preview(self, url: str) -> Preview:
        async with self._ws.turns.of([f"preview {url}"]):
            known = self._kept.get(url)
            if known is not None and known[0] > time.monotonic():
                return known[1]
            try:
                made = await self._made(url)
            except HookroomError:
                made = NOTHING
            self._kept.pop(url, None)
            self._kept[url] = (time.monotonic() + (KEPT_S if made.found else AGAIN_S), made)
            while len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            return made

    async def _made(self, url: str) -> Preview:
        until = time.monotonic() + TIMEOUT_S
        at: str | None = url.partition("#")[0]
        for _ in range(MAX_REDIRECTS + 1):
            left = until - time.monotonic()
            if at is None or left <= 0 or not link_preview.may_be_previewed(at) or self._is_ignored(at):
                return NOTHING
            page = await self._fetch(at, left)
            if page.status not in (301, 302, 303, 307, 308):
                return _preview_of(page, at) if page.status == 200 else NOTHING
            at = link_preview.redirected(at, page.headers.get("location", ""))
        return NOTHING

    def _is_ignored(self, url: str) -> bool:
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
        except ValueError:
            return True
        return entries(self._ws.settings[IGNORED]).has(parts.hostname or "", port)

    def _heard(self, told: Sequence[object]) -> None:
        settings = self._ws.settings
        if not (settings[ON] and settings[IN_MESSAGES]):
            return
        for message in told:
            if (
                isinstance(message, Message)
                and message.urls
                and message.type is None
                and self._written.get(message.id) != message.updated_at
                and self._wanted(message)
                and not self._queue.full()
            ):
                self._queue.put_nowait(message)

    def _wanted(self, message: Message) -> list[str]:
        """The links of a message that it wants previews of."""
        urls = message.urls or ()
        own = self._ws.settings["Site_Url"] or self._ws.site_url
        others = [one for one in urls if not str(one.get("url", "")).startswith(own)]
        if message.attachments or len(others) > link_preview.MAX_PREVIEWED:
            return []
        return [str(one["url"]) for one in others if not one.get("ignoreParse") and not one.get("meta")]

    async def _work(self) -> None:
        while True:
            message = await self._queue.get()
            try:
                previews = {url: await self._preview(url) for url in self._wanted(message)}
                found = {url: preview for url, preview in previews.items() if preview.found}
                if found and (at := await _write(self._ws, message.id, found)) is not None:
                    self._written[message.id] = at
                    while len(self._written) > MAX_KEPT:
                        del self._written[next(iter(self._written))]
            except Exception:
                log.exception("links of a message got no previews")


def _preview_of(page: Page, url: str) -> Preview:
    kind = page.headers.get("content-type", "")
    headers = {
        name: value[: link_preview.MAX_VALUE]
        for name, value in (("contentLength", page.headers.get("content-length", "")), ("contentType", kind))
        if value
    }
    return Preview(link_preview.read(page.body, kind, url) if link_preview.is_page(kind) else {}, headers)


@retrying
async def _write(ws: Workspace, message_id: str, found: Mapping[str, Preview]) -> str | None:
    """Give the links of a message their previews; answers when it was written, ``None`` if they are gone."""
    old = await messages.by_id(ws.db, message_id)
    urls = old.urls or [] if old is not None else []
    if old is None or not any(one.get("url") in found for one in urls):
        return None
    new = structs.replace(
        old,
        urls=[preview.of(one) if (preview := found.get(one.get("url", ""))) else one for one in urls],
        updated_at=ws.stamp(old.updated_at),
    )
    changes = Changes()
    messages.update(changes, old, new)
    await ws.db.commit(changes)
    return new.updated_at
