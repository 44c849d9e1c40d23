"""What every ``/hooks`` endpoint does around its own work: find the integration, answer, count failures."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import falcon.asgi
import msgspec
import structlog

from hookroom.errors import HookFailure, HookroomError, InvalidParams, Refused, TooManyRequests
from hookroom.rest.endpoint import JSON
from hookroom.rest.failures import answer_failure
from hookroom.rest.rate_limit import RateLimiter
from hookroom.rules.client_address import client_address, networks
from hookroom.rules.model import Integration
from hookroom.services import Services

log = structlog.get_logger()

_encode: Final = msgspec.json.Encoder().encode

UNKNOWN: Final = "Invalid integration id or token provided."
FAILURES: Final = 60
WINDOW_MS: Final = 60_000
"""Wrong ids or tokens of one address that are answered 404 in a window; then they are answered 429.

Only wrong calls count and only wrong calls are held up: a sender who knows the token is never refused because
of a neighbour behind the same address.
"""

Responder = Callable[..., Awaitable[None]]
Work = Callable[[falcon.asgi.Request, Integration], Awaitable[Mapping[str, Any]]]


class HookEdge:
    """Shared by the endpoints of one server."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._proxies = networks(services.config.trusted_proxies)
        self._failures = RateLimiter()

    def responder(self, work: Work) -> Responder:
        """A Falcon responder that does ``work`` for the integration that the path names and answers it."""

        async def respond(
            request: falcon.asgi.Request,
            response: falcon.asgi.Response,
            integration_id: str,
            token: str,
            user_id: str | None = None,
        ) -> None:
            response.content_type = JSON
            try:
                integration = self._find(request, integration_id, token)
                answer = await work(request, integration)
            except HookroomError as error:
                response.status = error.status
                response.data = _encode(_body(error))
                if isinstance(error, TooManyRequests):
                    response.set_header("Retry-After", str(error.retry_after))
            except Exception as error:
                answer_failure(response, error, "hooks")
            else:
                response.data = _SUCCESS if not answer else _encode({**answer, "success": True})

        return respond

    def _find(self, request: falcon.asgi.Request, integration_id: str, token: str) -> Integration:
        integration = self.services.integrations.get(integration_id)
        known = integration.token if integration is not None else _NO_TOKEN
        if hmac.compare_digest(known.encode(), token.encode()) and integration is not None:
            return integration
        self._count_failure(request, integration_id)
        raise HookFailure(UNKNOWN, status=404)

    def _count_failure(self, request: falcon.asgi.Request, integration_id: str) -> None:
        ws = self.services.ws
        forwarded = request.headers.get("x-forwarded-for")
        address = client_address(request.remote_addr, forwarded, self._proxies)
        now = ws.now()
        window = self._failures.hit(("hooks", address), FAILURES, WINDOW_MS, now)
        if window.allowed:
            log.warning(
                "webhook call with a wrong id or token", address=address, integration=integration_id[:24]
            )
        elif not ws.test_mode:
            raise TooManyRequests(max(1, -((now - window.reset) // 1000)))


_SUCCESS: Final = b'{"success":true}'
_NO_TOKEN: Final = "-" * 48


def _body(error: HookroomError) -> dict[str, Any]:
    if isinstance(error, Refused) and not isinstance(error, InvalidParams | TooManyRequests):
        return {"success": False, "error": error.code}
    return error.wire()
