"""The way of one REST call: limit, login, permission, body, schema, handler, answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import falcon
import falcon.asgi
import msgspec

from hookroom.errors import Forbidden, HookroomError, NotLoggedIn, TooManyRequests
from hookroom.people import second_factor
from hookroom.rest import bodies
from hookroom.rest.authentication import authenticate
from hookroom.rest.call import Answer, Call, Content, Incoming
from hookroom.rest.content import put_content
from hookroom.rest.failures import answer_failure
from hookroom.rest.routes import DEFAULT_RATE, Route
from hookroom.rules.chain import CHAIN
from hookroom.rules.client_address import client_address, networks
from hookroom.services import Services
from hookroom.workspace.rate_limit import Windows

_encode: Final = msgspec.json.Encoder().encode
JSON: Final = "application/json"


class Endpoint:
    """What Falcon calls for one path: the routes of its methods."""

    def __init__(self, services: Services, limiter: Windows) -> None:
        self._services = services
        self._limiter = limiter
        self._proxies = networks(services.config.trusted_proxies)
        self._routes: dict[str, Route] = {}

    def add(self, route: Route) -> None:
        """Answer ``route.method`` too."""
        self._routes[route.method] = route
        responder = self._responder(route)
        setattr(self, f"on_{route.method.lower()}", responder)
        if route.method == "GET":
            # Falcon leaves the body out.
            setattr(self, "on_head", responder)  # noqa: B010 - Falcon looks for it by this name

    def _responder(self, route: Route) -> Any:
        async def respond(request: falcon.asgi.Request, response: falcon.asgi.Response, **path: str) -> None:
            try:
                answer = await self._answer(route, request, response, path)
            except HookroomError as error:
                response.status = error.status
                response.data = _encode(error.wire())
                if isinstance(error, TooManyRequests):
                    response.set_header("Retry-After", str(error.retry_after))
            except Exception as error:
                answer_failure(response, error, route.path)
            else:
                if isinstance(answer, Content):
                    put_content(response, answer)
                    return
                # A mapping that says so itself may answer success false (contract, section 3).
                response.data = _encode({**answer, "success": answer.get("success", True)})
            response.content_type = JSON

        return respond

    async def _answer(
        self,
        route: Route,
        request: falcon.asgi.Request,
        response: falcon.asgi.Response,
        path: Mapping[str, str],
    ) -> Answer | Content:
        services = self._services
        ws = services.ws
        header = request.get_header
        address = client_address(request.remote_addr, header("X-Forwarded-For"), self._proxies)
        known = await authenticate(ws, header("X-User-Id"), header("X-Auth-Token"))
        caller, token = known or (None, None)
        self._limit(route, address, caller, response)
        if caller is None and route.login == "required":
            raise NotLoggedIn
        if route.permissions and (caller is None or not ws.authority.allows_any(route.permissions, caller)):
            raise Forbidden
        chain = services.chains.of(header(CHAIN))
        if chain is not None:
            services = replace(services, ws=services.chains.within(ws, chain))
        call = Call(services, address, header, path, caller=caller, token=token)
        if route.query is not None:
            call.query = route.query.check(request.params)
        else:
            call.query = dict(request.params)
        if route.streams:
            call.incoming = Incoming(request.content_type, request.content_length, request.stream)
        elif route.method in ("POST", "PUT"):
            content = await bodies.read(request, services.config.max_body_bytes)
            body = bodies.decode(request.content_type, content)
            call.body = bodies.as_object(body) if route.body is None else route.body.check(body)
        if route.two_factor and caller is not None:
            await second_factor.check(ws, caller, call.shown, remember=route.two_factor is True)
        return await route.handler(call)

    def _limit(self, route: Route, address: str, caller: Any, response: falcon.asgi.Response) -> None:
        ws = self._services.ws
        settings = ws.settings
        if ws.test_mode or route.rate is None or not settings["API_Enable_Rate_Limiter"]:
            return
        if caller is not None and ws.authority.allows("api-bypass-rate-limit", caller):
            return
        calls, window_ms = route.rate.calls, route.rate.window_ms
        if route.rate is DEFAULT_RATE:
            calls = settings["API_Enable_Rate_Limiter_Limit_Calls_Default"]
            window_ms = settings["API_Enable_Rate_Limiter_Limit_Time_Default"]
        elif route.rate.setting:
            calls = settings[route.rate.setting]
        now = ws.now()
        window = self._limiter.hit((route.path, address), calls, window_ms, now)
        response.set_header("X-RateLimit-Limit", str(window.limit))
        response.set_header("X-RateLimit-Remaining", str(window.remaining))
        response.set_header("X-RateLimit-Reset", str(window.reset))
        if not window.allowed:
            raise TooManyRequests(window.wait_s(now))
