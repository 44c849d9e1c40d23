"""Running a recorded call again: it takes the way of a real one, past the gates that only strangers meet.

The integration is the one of now: who fixes a script, a channel or a secret posts what was refused before. The
token, the signature, limits and keys of repeated calls are not asked for again: the caller's permission stands in
their place. What was masked in the record is masked in the call.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from msgspec import Struct
from msgspec.structs import replace

from hookroom.errors import HookFailure, HookroomError, NotLoggedIn, Refused
from hookroom.integrations.call_request import GivenRequest, called, can_run_again, reread
from hookroom.integrations.chain import Chains
from hookroom.integrations.checks import check_managed, check_permission
from hookroom.integrations.hook_answers import accepted, refusal
from hookroom.integrations.incoming_record import IncomingRecord, Rerun
from hookroom.integrations.incoming_records import IncomingRecords
from hookroom.integrations.receive import receive
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.scripted_call import ScriptedCalls
from hookroom.rules.incoming_body import as_object
from hookroom.rules.integration_fields import has_script
from hookroom.rules.model import Integration, User
from hookroom.rules.script_requests import poster_of
from hookroom.storage.tables import incoming_calls
from hookroom.storage.tables.incoming_calls import ReceivedCall, RecordedCall
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

METHOD: Final = "replayIncomingCall"
NOT_KEPT: Final = "The body of that call was too large to be kept: it cannot be run again"
DISABLED: Final = "The integration is disabled: enable it before a call is run again"
POST_ONLY: Final = "This integration has a script, which takes POST calls only: nothing was posted"


class Reran(Struct, frozen=True, kw_only=True):
    """What a caller would have been answered, and the id of the record of it."""

    status: int
    answer: Any
    call_id: str | None


class Reruns:
    """Runs calls of one server again; ``limit`` is the size in bytes up to which a body is unpacked."""

    def __init__(
        self,
        ws: Workspace,
        registry: Registry,
        host: ScriptHost,
        chains: Chains,
        records: IncomingRecords,
        limit: int,
    ) -> None:
        self._ws = ws
        self._registry = registry
        self._scripted = ScriptedCalls(ws, host)
        self._chains = chains
        self._records = records
        self._limit = limit

    async def run(self, caller: User, integration_id: str, call_id: str) -> Reran:
        """Run the call again.

        Raises ``Refused``: ``not_authorized``, ``error-invalid-integration``,
        ``integration-type-must-be-incoming``, ``error-integration-disabled``,
        ``error-invalid-integration-history`` where there is no such call, or not all of it.
        """
        integration = self._managed(caller, integration_id)
        call = await incoming_calls.one(self._ws.db, integration.id, call_id)
        if call is None:
            raise Refused("error-invalid-integration-history", "Invalid Integration History", method=METHOD)
        if not integration.enabled:
            raise Refused("error-integration-disabled", DISABLED, method=METHOD)
        if not can_run_again(call.request):
            raise Refused("error-invalid-integration-history", NOT_KEPT, method=METHOD)
        log.info("webhook call run again", integration=integration.id, call=call.id, by=caller.id)
        return await self._recorded(integration, caller, call)

    def _managed(self, caller: User, integration_id: str) -> Integration:
        check_permission(self._ws, caller, "incoming", METHOD)
        integration = self._registry.get(integration_id)
        if integration is None:
            raise Refused("error-invalid-integration", "Invalid integration", method=METHOD)
        check_managed(self._ws, caller, integration, METHOD)
        if not integration.is_incoming:
            raise Refused(
                "integration-type-must-be-incoming",
                "The integration whose call is run again must be an incoming webhook.",
                method=METHOD,
            )
        return integration

    async def _recorded(self, integration: Integration, caller: User, call: RecordedCall) -> Reran:
        seen = call.request
        request = GivenRequest(
            method=seen.method,
            query=seen.query.encode("latin-1", "replace"),
            headers=dict(seen.headers),
            older_user=seen.user_id,
        )
        rerun = Rerun(call.id, caller.ref())
        record = self._records.start(self._ws, integration, request, call.address, rerun=rerun)
        status = 200
        try:
            answer = accepted(await self._take(integration, seen, record))
        except HookroomError as error:
            await record.refused(error)
            status, answer = error.status, refusal(error)
        else:
            await record.answered()
        return Reran(status=status, answer=answer, call_id=record.id if record.is_written else None)

    async def _take(self, integration: Integration, seen: ReceivedCall, record: IncomingRecord) -> Any:
        record.stage = "user"
        user = await self._ws.directory.user(integration.user_id)
        if user is None or not user.active:
            raise NotLoggedIn
        record.user = user
        record.stage = "body"
        decoded = record.decoded = reread(seen, self._limit)
        assert decoded is not None
        record.stage = "posting"
        if not has_script(integration):
            return await receive(self._ws, integration, user, as_object(decoded), record)
        if seen.method != "POST":
            raise HookFailure(POST_ONLY)
        call = replace(called(integration.id, seen, decoded), poster=poster_of(user))
        with self._chains.of_call(integration, None):
            return await self._scripted.take(integration, user, call, record)
