"""A call of a ``/hooks`` endpoint as it comes from the HTTP server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from hookroom.errors import HookFailure, TooLarge

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application, and what it is called with."""

CUT_OFF: Final = "The request body ended too early"


class HookRequest:
    """What endpoints read of a call. The body is read once, and only when somebody asks for it."""

    __slots__ = ("_receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive

    @property
    def query(self) -> bytes:
        """The query string, as it was sent."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def peer(self) -> str:
        """The address at the other end of the connection."""
        client = self.scope.get("client")
        return client[0] if client else "127.0.0.1"

    def header(self, name: bytes) -> str | None:
        """The value of a header, whose ``name`` is in small letters; several are joined by commas."""
        found = [value for key, value in self.scope["headers"] if key == name]
        return b",".join(found).decode("latin-1") if found else None

    async def body(self, limit: int) -> bytes:
        """The whole body.

        Raises ``TooLarge`` over ``limit`` bytes, without reading on, and ``HookFailure`` when the sender goes
        away before its end: half a message is none.
        """
        length = self.header(b"content-length")
        if length is not None and int(length) > limit:
            raise TooLarge(limit)
        body: bytes = b""
        chunks: list[bytes] = []
        size = 0
        while True:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise HookFailure(CUT_OFF)
            body = event.get("body", b"")
            size += len(body)
            if size > limit:
                raise TooLarge(limit)
            if not event.get("more_body"):
                return b"".join((*chunks, body)) if chunks else body
            chunks.append(body)
