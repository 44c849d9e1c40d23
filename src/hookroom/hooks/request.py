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

    __slots__ = ("_by_name", "_receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self._by_name: dict[bytes, bytes] | None = None

    @property
    def method(self) -> str:
        """``GET`` or ``POST``, or another method in capitals."""
        method: str = self.scope["method"]
        return method

    @property
    def query(self) -> bytes:
        """The query string, as it was sent."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def raw_path(self) -> str:
        """The path, as it was sent."""
        path: bytes = self.scope["raw_path"]
        return path.decode("latin-1")

    @property
    def older_user(self) -> str | None:
        """The user in the older form of the path, ``/hooks/{integrationId}/{userId}/{token}``."""
        parts = self.scope["path"].removesuffix("/").split("/")
        return parts[3] if len(parts) == 5 else None

    @property
    def headers(self) -> dict[str, str]:
        """All headers, names in small letters; several of one name are joined by commas."""
        found: dict[str, str] = {}
        for key, value in self.scope["headers"]:
            name, text = key.decode("latin-1"), value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
        return found

    @property
    def peer(self) -> str:
        """The address at the other end of the connection."""
        client = self.scope.get("client")
        return client[0] if client else "127.0.0.1"

    def header(self, name: bytes) -> str | None:
        """The value of a header, whose ``name`` is in small letters; several are joined by commas."""
        value = self.by_name.get(name)
        return value.decode("latin-1") if value is not None else None

    @property
    def by_name(self) -> Mapping[bytes, bytes]:
        """All headers as they came, names in small letters; several of one name are joined by commas."""
        found = self._by_name
        if found is None:
            found = self._by_name = {}
            for name, value in self.scope["headers"]:
                found[name] = found[name] + b"," + value if name in found else value
        return found

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
