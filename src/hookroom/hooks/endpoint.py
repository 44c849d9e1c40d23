"""What every ``/hooks`` endpoint does around its own work: find the integration, answer, count failures."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog

from hookroom.errors import (
    HookFailure,
    HookroomError,
    InvalidParams,
    NotLoggedIn,
    Overloaded,
    ScriptRefusal,
    TooLarge,
    TooManyRequests,
)
from hookroom.hooks.request import HookRequest, Send
from hookroom.integrations.receive import bare
from hookroom.rest.failures import failure_body
from hookroom.rest.rate_limit import RateLimiter
from hookroom.rules.client_address import client_address, networks
from hookroom.rules.model import Integration, User
from hookroom.services import Services

log = structlog.get_logger()

_encode: Final = msgspec.json.Encoder().encode

UNKNOWN: Final = "Invalid integration id or token provided."
DISABLED: Final = "Service Unavailable"
FAILURES: Final = 60
WINDOW_MS: Final = 60_000
"""Wrong ids or tokens of one address that are answered 404 in a window; then they are answered 429.

Only wrong calls count and only wrong calls are held up: a sender who knows the token is never refused because
of a neighbour behind the same address.
"""

Answer = Any
"""Fields beside ``success: true``, or a list or another JSON value that is answered as it is."""

Work = Callable[[HookRequest, Integration, User], Awaitable[Answer]]
"""What an endpoint does for a call of ``Integration``, which posts as ``User``."""

Reply = tuple[int, bytes, Sequence[tuple[bytes, bytes]]]
"""Status, body, and headers beside those that describe the body."""


class HookEdge:
    """Shared by the endpoints of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._proxies = networks(services.config.trusted_proxies)
        self._failures = RateLimiter()

    async def answer(
        self, work: Work, request: HookRequest, send: Send, integration_id: str, token: str
    ) -> None:
        """Do ``work`` for the integration with that id and token, and answer what comes of it."""
        try:
            integration = self._find(request, integration_id, token)
            answer = await work(request, integration, await self._user(integration))
        except HookroomError as error:
            reply = refusal(error)
        except Exception as error:
            reply = 500, failure_body(error, "hooks"), ()
        else:
            reply = _SUCCESS if answer == {} else _accepted(answer)
        await send_reply(send, reply)

    def _find(self, request: HookRequest, integration_id: str, token: str) -> Integration:
        integration = self._services.integrations.get(integration_id)
        if integration is not None and not integration.is_incoming:
            integration = None
        known = integration.token if integration is not None else _NO_TOKEN
        if hmac.compare_digest(known.encode(), token.encode()) and integration is not None:
            return integration
        self._count_failure(request, integration_id)
        raise HookFailure(UNKNOWN, status=404)

    async def _user(self, integration: Integration) -> User:
        user = await self._services.ws.directory.user(integration.user_id)
        if user is None:
            raise NotLoggedIn
        if not integration.enabled:
            raise HookFailure(DISABLED, status=503)
        if not user.active:
            raise NotLoggedIn
        return user

    def _count_failure(self, request: HookRequest, integration_id: str) -> None:
        ws = self._services.ws
        address = client_address(request.peer, request.header(b"x-forwarded-for"), self._proxies)
        now = ws.now()
        window = self._failures.hit(("hooks", address), FAILURES, WINDOW_MS, now)
        if window.allowed:
            # What a stranger sent is written so that it cannot look like lines of the log.
            named = ascii(integration_id[:24])
            log.warning("webhook call with a wrong id or token", address=address, integration=named)
        elif not ws.test_mode:
            raise TooManyRequests(max(1, -((now - window.reset) // 1000)))


async def send_reply(send: Send, reply: Reply) -> None:
    """Answer a call."""
    status, body, more = reply
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def refusal(error: HookroomError) -> Reply:
    """The answer to a call that is refused."""
    more: Sequence[tuple[bytes, bytes]] = ()
    if isinstance(error, TooManyRequests | Overloaded):
        more = ((b"retry-after", b"%d" % error.retry_after),)
    return error.status, _encode(_wire(error)), more


def _accepted(answer: Answer) -> Reply:
    return 200, _encode({**answer, "success": True} if isinstance(answer, Mapping) else answer), ()


def _wire(error: HookroomError) -> dict[str, Any]:
    """The bare text, or the code where a rule has one; what a schema refuses or a limit holds up as in REST."""
    if isinstance(error, InvalidParams | TooManyRequests | NotLoggedIn | HookFailure | ScriptRefusal):
        return error.wire()
    return {"success": False, "error": error.reason if isinstance(error, TooLarge) else bare(error)}


_SUCCESS: Final[Reply] = (200, b'{"success":true}', ())
_NO_TOKEN: Final = "-" * 48
