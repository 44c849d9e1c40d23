"""What every ``/hooks`` endpoint does around its own work: who is let in, how often, and what is answered.

In this order: the limit of the address; id, token and network, which answer alike; the integration's user, and
whether it is enabled; its limit. Nothing of the body has been read by then.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog

from hookroom.errors import (
    HookFailure,
    HookroomError,
    InvalidParams,
    NotLoggedIn,
    NotVerified,
    Overloaded,
    ScriptRefusal,
    TooLarge,
    TooManyRequests,
    UnknownEncoding,
)
from hookroom.hooks.limits import Headers, HookLimits, Limited
from hookroom.hooks.request import HookRequest, Send
from hookroom.integrations.answered_calls import Again, body_of
from hookroom.integrations.incoming_record import IncomingRecord
from hookroom.integrations.receive import bare
from hookroom.rest.failures import failure_body
from hookroom.rules.client_address import client_address, may_call, networks
from hookroom.rules.integration_fields import INCOMING
from hookroom.rules.model import Integration, User, UserRef
from hookroom.rules.times import iso, millis
from hookroom.services import Services
from hookroom.workspace.rate_limit import Windows

log = structlog.get_logger()

_encode: Final = msgspec.json.Encoder().encode

UNKNOWN: Final = "Invalid integration id or token provided."
DISABLED: Final = "Service Unavailable"
CHALLENGE: Final = (b"www-authenticate", b'Basic realm="hookroom", charset="UTF-8"')
REPLAYED: Final = (b"idempotent-replayed", b"true")
FAILURES: Final = 60
WINDOW_MS: Final = 60_000
"""Wrong ids or tokens of one address that are answered 404 in a window; then they are answered 429.

Only wrong calls count and only wrong calls are held up: a sender who knows the token is never refused because
of a neighbour behind the same address.
"""

Answer = Any
"""Fields beside ``success: true``, another JSON value that is answered as it is, or ``Again``."""

Work = Callable[[HookRequest, Integration, User, IncomingRecord], Awaitable[Answer]]
"""What an endpoint does for a call of ``Integration``, which posts as ``User``; the record is told of it."""

Reply = tuple[int, bytes, Headers]
"""Status, body, and headers beside those that describe the body."""


class HookEdge:
    """Shared by the endpoints of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._proxies = networks(services.config.trusted_proxies)
        self._failures = Windows()
        self._limits = HookLimits(services.config, services.refused_calls, services.ws.now)

    async def answer(
        self,
        work: Work,
        request: HookRequest,
        send: Send,
        integration_id: str,
        token: str,
        *,
        recorded: bool = False,
    ) -> None:
        """Do ``work`` for the integration with that id and token, and answer what comes of it.

        A call that is ``recorded`` is in the integration's history.
        """
        limits: Headers = ()
        integration: Integration | None = None
        record: IncomingRecord | None = None
        try:
            if self._limits.by_address and not self._services.ws.test_mode:
                limits = self._limits.of_address(self.address(request))
            integration = self._find(request, integration_id, token)
            record = self._record(integration, request)
            record.stage = "user"
            user = record.user = await self._user(integration)
            if not self._services.ws.test_mode:
                record.stage = "rate"
                limits = self._limits.of(integration) or limits
            record.stage = "posting"
            answer = await work(request, integration, user, record)
        except HookroomError as error:
            if record is not None and recorded:
                await record.refused(error)
            status, body, more = refusal(error)
            if isinstance(error, NotVerified) and _asks_for_password(integration):
                # Some clients send a password only when they are asked for it (RFC 9110, section 11.6.1).
                more = (*more, CHALLENGE)
            # A limit that is exceeded speaks for itself.
            reply = status, body, more if isinstance(error, Limited) else (*more, *limits)
        except Exception as error:
            if record is not None and recorded:
                await record.refused(error)
            reply = 500, failure_body(error, "hooks"), limits
        else:
            if recorded:
                await record.answered()
            reply = (200, _SUCCESS, limits) if answer == {} else _accepted(answer, limits)
        await send_reply(send, reply)

    def address(self, request: HookRequest) -> str:
        """Whose call it is."""
        if not self._proxies and ":" not in request.peer:
            return request.peer
        return client_address(request.peer, request.header(b"x-forwarded-for"), self._proxies)

    def _record(self, integration: Integration, request: HookRequest) -> IncomingRecord:
        services = self._services
        return services.incoming_records.start(services.ws, integration, request, self.address(request))

    def _find(self, request: HookRequest, integration_id: str, token: str) -> Integration:
        integration = self._services.integrations.get(integration_id)
        # Both tokens, whatever comes of the first, and nobody's as anybody's: how long it takes tells nothing.
        integration = _NOBODY if integration is None else integration
        integration = integration if integration.is_incoming else _NOBODY
        sent = token.encode()
        present = hmac.compare_digest(integration.token.encode(), sent)
        former = hmac.compare_digest((integration.previous_token or _NO_TOKEN).encode(), sent)
        if integration is _NOBODY or not (present or (former and self._keeps_former(integration))):
            self._count_failure(request, integration_id, "a wrong id or token")
        elif not self._within(request, integration.allowed_networks):
            self._count_failure(request, integration_id, "an address that is not allowed")
        else:
            return integration
        raise HookFailure(UNKNOWN, status=404)

    def _keeps_former(self, integration: Integration) -> bool:
        """Whether calls may still bring the token before the present one."""
        until = integration.previous_token_until
        if integration.previous_token is None or until is None:
            return False
        return millis(until) > self._services.ws.now()

    def _within(self, request: HookRequest, allowed: tuple[str, ...] | None) -> bool:
        return not allowed or may_call(self.address(request), allowed)

    async def _user(self, integration: Integration) -> User:
        user = await self._services.ws.directory.user(integration.user_id)
        if user is None:
            raise NotLoggedIn
        if not integration.enabled:
            raise HookFailure(DISABLED, status=503)
        if not user.active:
            raise NotLoggedIn
        return user

    def _count_failure(self, request: HookRequest, integration_id: str, why: str) -> None:
        ws = self._services.ws
        address = self.address(request)
        now = ws.now()
        window = self._failures.hit(("hooks", address), FAILURES, WINDOW_MS, now)
        self._services.refused_calls.counts[why] += 1
        if window.allowed:
            # What a stranger sent is written so that it cannot look like lines of the log.
            named = ascii(integration_id[:24])
            log.warning(f"webhook call with {why}", address=address, integration=named)
        elif not ws.test_mode:
            raise TooManyRequests(window.wait_s(now))


async def send_reply(send: Send, reply: Reply) -> None:
    """Answer a call."""
    status, body, more = reply
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_empty(send: Send, headers: Headers) -> None:
    """Answer 204."""
    await send({"type": "http.response.start", "status": 204, "headers": list(headers)})
    await send({"type": "http.response.body"})


def refusal(error: HookroomError) -> Reply:
    """The answer to a call that is refused."""
    more: Headers = ()
    if isinstance(error, TooManyRequests | Overloaded):
        more = ((b"retry-after", b"%d" % error.retry_after),)
    if isinstance(error, UnknownEncoding):
        more = ((b"accept-encoding", error.accepted.encode()),)
    if isinstance(error, Limited):
        more = (*more, *error.headers)
    return error.status, _encode(_wire(error)), more


def _asks_for_password(integration: Integration | None) -> bool:
    verification = integration.verification if integration is not None else None
    return verification is not None and verification.scheme == "basic"


def _accepted(answer: Answer, limits: Headers) -> Reply:
    if isinstance(answer, Again):
        return 200, answer.body, (*limits, REPLAYED)
    return 200, body_of(answer), limits


def _wire(error: HookroomError) -> dict[str, Any]:
    """The bare text, or the code where a rule has one; what a schema refuses or a limit holds up as in REST."""
    if isinstance(error, InvalidParams | TooManyRequests | NotLoggedIn | HookFailure | ScriptRefusal):
        return error.wire()
    return {"success": False, "error": error.reason if isinstance(error, TooLarge) else bare(error)}


_SUCCESS: Final = body_of({})
_NO_TOKEN: Final = "-" * 48
_NOBODY: Final = Integration(
    id="",
    type=INCOMING,
    name="",
    enabled=False,
    username="",
    user_id="",
    channel=(),
    token=_NO_TOKEN,
    script_enabled=False,
    created_at=iso(0),
    created_by=UserRef(id=""),
    updated_at=iso(0),
)
"""Compared with where there is no such webhook."""
