"""``/hooks/{integrationId}/{token}``: the call that posts messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import falcon.asgi

from hookroom.errors import Failure, LeftOut
from hookroom.hooks.endpoint import HookEdge, Responder
from hookroom.integrations.receive import receive
from hookroom.rest import bodies
from hookroom.rules.incoming_body import as_object, decode
from hookroom.rules.integration_fields import has_script
from hookroom.rules.model import Integration

NO_SCRIPTS: Final = (
    "This integration has a script, and this server cannot run scripts yet: nothing was posted"
)


class IncomingHook:
    """The Falcon resource; POST and GET do the same, GET with its query in the body's place."""

    def __init__(self, edge: HookEdge) -> None:
        self._ws = edge.services.ws
        self._limit = edge.services.config.max_body_bytes
        self.on_post: Responder = edge.responder(self._post)
        self.on_get: Responder = edge.responder(self._get)

    async def _post(self, request: falcon.asgi.Request, integration: Integration) -> Mapping[str, Any]:
        _check_open(integration)
        body = await bodies.read(request, self._limit)
        decoded = decode(request.content_type, body)
        return await receive(self._ws, integration, as_object(decoded))

    async def _get(self, request: falcon.asgi.Request, integration: Integration) -> Mapping[str, Any]:
        _check_open(integration)
        return await receive(self._ws, integration, dict(request.params))


def _check_open(integration: Integration) -> None:
    if not integration.is_incoming:
        raise Failure("Invalid integration id or token provided.", status=404)
    if not integration.enabled:
        raise Failure("Service Unavailable", status=503)
    if has_script(integration):
        raise LeftOut(NO_SCRIPTS)
