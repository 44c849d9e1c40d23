"""``/hooks/{integrationId}/{token}``: the call that posts messages."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final

from hookroom.errors import LeftOut
from hookroom.hooks.request import HookRequest
from hookroom.integrations.receive import receive
from hookroom.rules.incoming_body import Decoded, as_object, decode
from hookroom.rules.integration_fields import has_script
from hookroom.rules.model import Integration, User
from hookroom.services import Services

NO_SCRIPTS: Final = (
    "This integration has a script, and this server cannot run scripts yet: nothing was posted"
)
FORM: Final = "application/x-www-form-urlencoded"


class IncomingHook:
    """POST and GET do the same, GET with its query, read as a form, in the body's place."""

    def __init__(self, services: Services) -> None:
        self._ws = services.ws
        self._limit = services.config.max_body_bytes

    async def post(self, request: HookRequest, integration: Integration, user: User) -> Mapping[str, Any]:
        """Post what the body says."""
        body = await request.body(self._limit)
        return await self._take(integration, user, decode(request.header(b"content-type"), body))

    async def get(self, request: HookRequest, integration: Integration, user: User) -> Mapping[str, Any]:
        """Post what the query says."""
        return await self._take(integration, user, decode(FORM, request.query))

    def _take(self, integration: Integration, user: User, decoded: Decoded) -> Awaitable[Mapping[str, Any]]:
        if has_script(integration):
            raise LeftOut(NO_SCRIPTS)
        return receive(self._ws, integration, user, as_object(decoded))
