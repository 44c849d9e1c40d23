"""``/hooks/{integrationId}/{token}``: the call that posts messages."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import HookFailure
from hookroom.hooks.request import HookRequest
from hookroom.integrations.receive import receive
from hookroom.integrations.scripted_call import Call, ScriptedCalls
from hookroom.rules.chain import CHAIN, Chain
from hookroom.rules.incoming_body import Decoded, as_object, decode
from hookroom.rules.integration_fields import has_script
from hookroom.rules.model import Integration, User
from hookroom.rules.script_requests import IncomingCall, poster_of
from hookroom.services import Services
from hookroom.workspace.workspace import Workspace

POST_ONLY: Final = "This integration has a script, which takes POST calls only: nothing was posted"
FORM: Final = "application/x-www-form-urlencoded"
CHAIN_HEADER: Final = CHAIN.encode()
LOOP: Final = (
    "Loop detected: webhooks and scripts that called one another led to this call; nothing was posted"
)


class IncomingHook:
    """POST and GET do the same, GET with its query, read as a form, in the body's place.

    Scripts run on bodies (contract, section 3): an integration with a script posts nothing for a GET.
    """

    def __init__(self, services: Services) -> None:
        self._ws = services.ws
        self._limit = services.config.max_body_bytes
        self._chains = services.chains
        self._scripted = ScriptedCalls(services.ws, services.script_host)

    async def post(self, request: HookRequest, integration: Integration, user: User) -> Any:
        """Post what the body, or the script, says."""
        chain, ws = self._chain(request, integration)
        body = await request.body(self._limit)
        decoded = decode(request.header(b"content-type"), body)
        if has_script(integration):
            call = Call(_call(request, integration, user, decoded), len(decoded.body))
            with self._chains.of_call(integration, chain):
                return await self._scripted.take(integration, user, call, ws)
        return await receive(ws, integration, user, as_object(decoded))

    async def get(self, request: HookRequest, integration: Integration, user: User) -> Any:
        """Post what the query says."""
        decoded = decode(FORM, request.query)
        if has_script(integration):
            if decoded.kind == "empty":
                return {}
            raise HookFailure(POST_ONLY)
        _, ws = self._chain(request, integration)
        return await receive(ws, integration, user, as_object(decoded))

    def _chain(self, request: HookRequest, integration: Integration) -> tuple[Chain | None, Workspace]:
        """The chain that a call belongs to, if any, and the workspace that it happens in.

        Raises ``HookFailure`` for one that has no end by itself: of scripts that call each other.
        """
        chain = self._chains.of(request.header(CHAIN_HEADER))
        if chain is None:
            return None, self._ws
        if chain.is_over:
            self._chains.refused(integration, chain)
            raise HookFailure(LOOP, status=508)
        return chain, self._chains.within(self._ws, chain)


def _call(request: HookRequest, integration: Integration, user: User, decoded: Decoded) -> IncomingCall:
    headers = request.headers
    # Scripts have no use for it, and what they log is kept.
    headers.pop(CHAIN, None)
    return IncomingCall(
        integration_id=integration.id,
        token=integration.token,
        user_id=request.older_user,
        path=request.raw_path,
        query=request.query.decode("latin-1"),
        headers=headers,
        content=decoded.content,
        content_raw=decoded.raw,
        is_form=decoded.kind == "form",
        poster=poster_of(user),
    )
