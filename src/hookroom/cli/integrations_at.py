"""The integrations of one server, as the commands see them: in its database, or asked of it over HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from hookroom.errors import HookroomError

Document = Mapping[str, Any]
"""An integration as REST answers it."""

LISTED: Final = (
    "_id",
    "type",
    "name",
    "enabled",
    "disabledReason",
    "username",
    "channel",
    "event",
    "urls",
    "template",
    "verification",
    "_createdBy",
    "_createdAt",
    "_updatedAt",
)
"""What a listing shows: no tokens, and no scripts, which are long."""

_ID: Final = re.compile(r"[0-9a-f]{24}")


class Integrations(Protocol):
    """What the commands do. Every method raises ``HookroomError``."""

    @property
    def address(self) -> str:
        """Where senders find the server, without a slash at the end; empty where nobody has told yet."""

    async def templates(self) -> Sequence[Document]:
        """As ``integrations.templates`` answers them."""

    async def create(self, body: Document) -> Document:
        """As ``integrations.create``, which takes ``body``, answers."""

    async def listed(self) -> Sequence[Document]:
        """All of them with the fields ``LISTED``, newest first."""

    async def with_id(self, integration_id: str) -> Document | None:
        """That one, whole."""

    async def set_enabled(self, integration_id: str, enabled: bool) -> Document:
        """Switch that one on or off."""

    async def update(self, body: Document) -> Document:
        """As ``integrations.update``, which takes ``body``, answers the integration."""

    async def remove(self, integration: Document) -> None:
        """Remove that one."""


async def find(integrations: Integrations, wanted: str) -> Document:
    """The one with that id or, failing that, exactly that name.

    Raises ``HookroomError`` for none, and where several have the name.
    """
    found = await integrations.with_id(wanted) if _ID.fullmatch(wanted) else None
    if found is not None:
        return found
    named = [one["_id"] for one in await integrations.listed() if one["name"] == wanted]
    if len(named) > 1:
        raise HookroomError(f"{len(named)} integrations are named {wanted}; give an id: {', '.join(named)}")
    found = await integrations.with_id(named[0]) if named else None
    if found is None:
        raise HookroomError(f"There is no integration {wanted}.")
    return found
