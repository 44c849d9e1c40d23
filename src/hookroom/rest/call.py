"""One call of the REST API, as its handler sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from falcon.typing import AsyncReadableIO

from hookroom.errors import NotLoggedIn
from hookroom.people.second_factor import Shown
from hookroom.rules.model import User
from hookroom.rules.second_factor import place_of
from hookroom.services import Services
from hookroom.storage.tables.tokens import Token
from hookroom.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Incoming:
    """The body of a request on its way in. ``length`` is in bytes; ``None`` where the sender did not say."""

    content_type: str | None
    length: int | None
    stream: AsyncReadableIO


@dataclass(slots=True)
class Call:
    """What came in. ``body`` and ``query`` have passed the route's schemas."""

    services: Services
    address: str
    header: Callable[[str], str | None]
    """A request header by name, in any case."""
    path: Mapping[str, str]
    """Variable parts of the path."""
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    caller: User | None = None
    token: Token | None = None
    incoming: Incoming | None = None
    """The body, on a route that reads it itself."""

    @property
    def ws(self) -> Workspace:
        """The workspace."""
        return self.services.ws

    @property
    def shown(self) -> Shown:
        """What the call brings as a second factor (``x-2fa-code``, ``x-2fa-method``), and where from."""
        return Shown(
            code=self.header("X-2fa-Code"),
            method=self.header("X-2fa-Method"),
            token=self.token,
            place=place_of(self.address, self.header("User-Agent") or ""),
        )

    @property
    def user(self) -> User:
        """Who calls. Raises ``NotLoggedIn`` on a route that lets anybody in."""
        if self.caller is None:
            raise NotLoggedIn
        return self.caller


Answer = Mapping[str, Any]
"""Fields of a success; ``success: true`` is added."""


@dataclass(frozen=True, slots=True)
class Content:
    """An answer that is no JSON object: a picture, or the way to one. ``length``: bytes, if not ``data``'s."""

    data: bytes | AsyncIterator[bytes] = b""
    type: str = "text/plain"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
