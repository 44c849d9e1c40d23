"""What Zapier-style services call: subscribe, unsubscribe, sample payloads, and whether the token is good.

All of it runs as the user of the incoming integration whose id and token the path names (contract, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hookroom.hooks.request import HookRequest
from hookroom.hooks.verified import VerifiedCalls
from hookroom.integrations.incoming_record import IncomingRecord
from hookroom.integrations.zapier import subscribe, unsubscribe
from hookroom.rest.schemas.integrations import HOOKS_ADD, HOOKS_REMOVE
from hookroom.rest.validation import Schema
from hookroom.rules.ids import outgoing_token, random_id
from hookroom.rules.incoming_body import decode
from hookroom.rules.integration_fields import shown
from hookroom.rules.model import Integration, User
from hookroom.rules.times import iso
from hookroom.services import Services

SAMPLES: Final = 3


class ZapierHooks:
    """The endpoints ``add``, ``remove``, ``sample`` and ``info``.

    A caller of any proves itself as one that posts does: the token of the URL alone is not enough where the
    integration asks for more.
    """

    def __init__(self, services: Services, verified: VerifiedCalls) -> None:
        self._services = services
        self._verified = verified

    async def add(
        self, request: HookRequest, integration: Integration, user: User, record: IncomingRecord
    ) -> Mapping[str, Any]:
        """Create an outgoing integration; answers its fields at top level."""
        body = await self._body(request, integration, record, HOOKS_ADD)
        services = self._services
        return shown(await subscribe(services.ws, services.integrations, services.script_host, user, body))

    async def remove(
        self, request: HookRequest, integration: Integration, user: User, record: IncomingRecord
    ) -> Mapping[str, Any]:
        """Remove the outgoing integration that calls ``target_url``."""
        body = await self._body(request, integration, record, HOOKS_REMOVE)
        await unsubscribe(self._services.ws, self._services.integrations, user, body["target_url"])
        return {}

    async def sample(
        self, request: HookRequest, integration: Integration, _: User, record: IncomingRecord
    ) -> Sequence[Mapping[str, Any]]:
        """What calls of an outgoing integration look like."""
        self._verified.check(request, integration, b"", record)
        at = iso(self._services.ws.now())
        return [
            {
                "token": outgoing_token(),
                "channel_id": random_id(),
                "channel_name": "general",
                "timestamp": at,
                "user_id": random_id(),
                "user_name": "rocket.cat",
                "text": f"Sample text {number}",
                "trigger_word": "Sample",
            }
            for number in range(1, SAMPLES + 1)
        ]

    async def info(
        self, request: HookRequest, integration: Integration, _: User, record: IncomingRecord
    ) -> Mapping[str, Any]:
        """Nothing but the success: id and token are good."""
        self._verified.check(request, integration, b"", record)
        return {}

    async def _body(
        self, request: HookRequest, integration: Integration, record: IncomingRecord, schema: Schema
    ) -> dict[str, Any]:
        content = await request.body(self._services.config.max_body_bytes)
        self._verified.check(request, integration, content, record)
        body: dict[str, Any] = schema.check(decode(request.header(b"content-type"), content).content)
        return body
