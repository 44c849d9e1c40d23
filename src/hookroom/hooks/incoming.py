"""``/hooks/{integrationId}/{token}``: the call that posts messages.

Who calls, and how often, is settled before (``endpoint``). Then, in this order: chain, body, verification of what
came over the wire, unpacking, reading, the delivery's name, script or plain, message.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final

from hookroom.errors import HookFailure
from hookroom.hooks.request import HookRequest
from hookroom.hooks.verified import VerifiedCalls
from hookroom.integrations.answered_calls import Again, Remember
from hookroom.integrations.answered_calls import Work as Once
from hookroom.integrations.incoming_record import IncomingRecord
from hookroom.integrations.receive import receive
from hookroom.integrations.scripted_call import ScriptedCalls
from hookroom.rules.chain import CHAIN, Chain
from hookroom.rules.content_encoding import unpacked
from hookroom.rules.delivery_keys import DeliveryKey, delivery_key, may_name
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

    def __init__(self, services: Services, verified: VerifiedCalls) -> None:
        self._ws = services.ws
        self._limit = services.config.max_body_bytes
        self._chains = services.chains
        self._answered = services.answered_calls
        self._scripted = ScriptedCalls(services.ws, services.script_host)
        self._verified = verified

    async def post(
        self, request: HookRequest, integration: Integration, user: User, record: IncomingRecord
    ) -> Any:
        """Post what the body, or the script, says."""
        chain, ws = self._chain(request, integration)
        record.stage = "body"
        sent = record.body = await request.body(self._limit)
        self._verified.check(request, integration, sent, record)
        body = unpacked(request.header(b"content-encoding"), sent, self._limit)
        decoded = record.decoded = decode(request.header(b"content-type"), body)
        named = self._name(request, integration, decoded)
        scripted = has_script(integration)
        if named is None and not scripted:
            payload = as_object(decoded)
            record.stage = "posting"
            return await receive(ws, integration, user, payload, record)
        if not scripted:
            return await self._plain(ws, integration, user, decoded, named, body, record)
        record.stage = "posting"
        call = _call(request, integration, user, decoded)

        async def run(remember: Remember | None) -> Any:
            with self._chains.of_call(integration, chain):
                return await self._scripted.take(integration, user, call, record, ws, remember)

        if named is None:
            return await run(None)
        return await self._once(integration, named, body, run, record, look_first=True)

    async def get(
        self, request: HookRequest, integration: Integration, user: User, record: IncomingRecord
    ) -> Any:
        """Post what the query says."""
        _, ws = self._chain(request, integration)
        self._verified.check(request, integration, b"", record)
        record.stage = "body"
        decoded = decode(FORM, request.query)
        if has_script(integration):
            if decoded.kind == "empty":
                return {}
            raise HookFailure(POST_ONLY)
        named = self._name(request, integration, decoded)
        return await self._plain(ws, integration, user, decoded, named, request.query, record)

    async def head(
        self, _request: HookRequest, _integration: Integration, _user: User, _record: IncomingRecord
    ) -> Any:
        """Nothing: some services ask so whether there is a webhook before they use it."""
        return {}

    async def _plain(
        self,
        ws: Workspace,
        integration: Integration,
        user: User,
        decoded: Decoded,
        named: DeliveryKey | None,
        body: bytes,
        record: IncomingRecord,
    ) -> Any:
        payload = as_object(decoded)
        record.stage = "posting"
        if named is None:
            return await receive(ws, integration, user, payload, record)

        def post(remember: Remember) -> Awaitable[Any]:
            return receive(ws, integration, user, payload, record, remember)

        return await self._once(integration, named, body, post, record, look_first=False)

    async def _once(
        self,
        integration: Integration,
        named: DeliveryKey,
        body: bytes,
        work: Once,
        record: IncomingRecord,
        *,
        look_first: bool,
    ) -> Any:
        answer = await self._answered.once(
            integration, named, body, work, look_first=look_first, call_id=record.id
        )
        if isinstance(answer, Again):
            record.replay_of = answer.call_id
        return answer

    def _name(self, request: HookRequest, integration: Integration, decoded: Decoded) -> DeliveryKey | None:
        """What the sender calls this delivery, where that counts."""
        if not may_name(request.by_name) or not self._answered.window_ms(integration):
            return None
        return delivery_key(request.headers, lambda: decoded.content)

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
