"""What a slash command is, and what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct, field

from hookroom.live.hub import Hub
from hookroom.rules.model import Room, User
from hookroom.workspace.workspace import Workspace


class Given(Struct, frozen=True, kw_only=True):
    """Who said a command, where, and what with. ``params`` is all that comes after its name."""

    ws: Workspace
    hub: Hub
    user: User
    room: Room
    params: str
    thread_id: str | None = None
    """The message whose thread it was said in."""


class Command(Struct, frozen=True, kw_only=True):
    """One command. Texts are keys of the original's clients, which translate them."""

    name: str
    run: Callable[[Given], Awaitable[None]]
    """Raises what the use case raises; what its user mistyped they are told instead (``telling``)."""
    params: str = ""
    description: str = ""
    permissions: tuple[str, ...] = field(default=())
    """Clients offer it to those who hold one of them, in the room; whether one may is the use case's to say."""

    def document(self) -> dict[str, Any]:
        """The command as clients are shown one."""
        shown: dict[str, Any] = {"command": self.name}
        if self.params:
            shown["params"] = self.params
        if self.description:
            shown["description"] = self.description
        if self.permissions:
            shown["permission"] = list(self.permissions) if len(self.permissions) > 1 else self.permissions[0]
        return {**shown, "clientOnly": False, "providesPreview": False}
