"""A call to an incoming webhook that has a script (contract, section 3, row "script", and section 5).

The script says what is posted and what is answered. Whatever keeps it from running to its end, nothing is posted
and the caller is told; the record of the call says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog
from msgspec import UNSET, Struct
from msgspec.structs import replace

from hookroom.errors import HookFailure, HookroomError, Overloaded, ScriptRefusal
from hookroom.integrations import script_notes
from hookroom.integrations.answered_calls import Remember
from hookroom.integrations.call_records import CallRecords, received
from hookroom.integrations.receive import Posted, bare, check_poster, deliver, message_of
from hookroom.integrations.script_host import DoesNotCompile, ScriptHost
from hookroom.rules.hook_message import destinations, is_empty
from hookroom.rules.ids import timed_id
from hookroom.rules.model import Integration, User
from hookroom.rules.script_requests import IncomingCall, incoming_argument
from hookroom.rules.script_results import (
    Content,
    Nothing,
    Refusal,
    Reply,
    Wrong,
    read_incoming,
    with_separate_response,
)
from hookroom.scripting.model import Method, Ran, ScriptFailed
from hookroom.storage.database import Unavailable
from hookroom.storage.statement import Changes
from hookroom.storage.tables import idempotency_keys
from hookroom.storage.tables.incoming_calls import RecordedCall
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

METHOD: Final[Method] = "process_incoming_request"

EVALUATING: Final = "error-evaluating-script"
RUNNING: Final = "error-running-script"
BROKEN: Final = "The script of this integration has an error and cannot run: nothing was posted"
BUSY: Final = "Too many scripts are running: nothing was posted, please try again"
OFF: Final = "Scripts are turned off on this server: nothing was posted"
UNAVAILABLE: Final = "Scripts cannot run on this server at the moment: nothing was posted"
NO_MESSAGE: Final = "Nothing to post: the content that the script returned has neither text nor attachments"
OTHER_USER: Final = "the script named a user to post as, which is not done"


class Call(Struct, frozen=True):
    """A call, and the size of its body in bytes."""

    request: IncomingCall
    size: int


class ScriptedCalls:
    """Takes the calls of one server whose integrations have scripts."""

    def __init__(self, ws: Workspace, host: ScriptHost) -> None:
        self._ws = ws
        self._host = host
        self._records = CallRecords()

    async def take(
        self,
        integration: Integration,
        user: User,
        call: Call,
        within: Workspace | None = None,
        remember: Remember | None = None,
    ) -> Any:
        """Run the script on ``call``, post as ``user`` what it returns, and answer what the caller is answered.

        ``within`` is the workspace of the call's chain, where it belongs to one. A mapping is answered with
        ``success: true``, anything else as it is. The call and what came of it are on record when this returns,
        unless there was no room for it to run; what went well is remembered in the same commit. Raises
        ``HookroomError``.
        """
        check_poster(self._ws, user)
        now = self._ws.now()
        record = RecordedCall(
            id=timed_id(now),
            integration_id=integration.id,
            at=now,
            status=200,
            request=received(call.request, call.size),
        )
        try:
            ran = await self._host.run(integration, METHOD, incoming_argument(call.request))
        except (ScriptFailed, DoesNotCompile) as failed:
            error = _answer_to(failed)
            if not isinstance(error, Overloaded):
                await self._write(_failed(record, failed), error)
            raise error from None
        return await self._follow(
            within or self._ws, integration, user, call, ran, _ran(record, ran), remember
        )

    async def _follow(
        self,
        ws: Workspace,
        integration: Integration,
        user: User,
        call: Call,
        ran: Ran,
        record: RecordedCall,
        remember: Remember | None,
    ) -> Any:
        """Do what the script said."""
        answer: Any = {}
        error: HookroomError | None = None
        match read_incoming(ran.value):
            case Nothing():
                pass
            case Reply(response):
                answer = response
            case Refusal(body):
                error = ScriptRefusal(body)
            case Wrong(reason):
                error = HookFailure(RUNNING)
                record = replace(record, failure=script_notes.wrong_result(METHOD, reason))
            case Content() as said:
                return await self._post(ws, integration, user, call, said, record, remember)
        if error is not None:
            await self._write(record, error)
            raise error
        await self._write(record, remember=(lambda changes: remember(changes, answer)) if remember else None)
        return answer

    async def _post(
        self,
        ws: Workspace,
        integration: Integration,
        user: User,
        call: Call,
        said: Content,
        record: RecordedCall,
        remember: Remember | None,
    ) -> Any:
        warnings = (OTHER_USER,) if said.names_user else ()
        try:
            content = with_separate_response(said.content, call.request.content)
            names = destinations(content, integration)
            message = message_of(integration, content)
            record = replace(record, warnings=(*warnings, *message.warnings))
            if is_empty(message):
                raise HookFailure(NO_MESSAGE)

            def note(changes: Changes, posted: Posted) -> None:
                self._records.add(changes, _posted(record, posted))
                if remember is not None:
                    remember(changes, _answer(said, posted))

            return _answer(said, await deliver(ws, user, content, names, message, note))
        except HookroomError as error:
            # A call that was answered already is on record.
            if not idempotency_keys.is_repeat(error):
                await self._write(record, error)
            raise

    async def _write(
        self,
        record: RecordedCall,
        error: HookroomError | None = None,
        remember: Callable[[Changes], None] | None = None,
    ) -> None:
        """Write a record on its own, where there is no message that it goes with."""
        if error is not None:
            record = replace(record, status=error.status, error=bare(error))
        changes = Changes()
        recorded = self._records.add(changes, record)
        if remember is not None:
            remember(changes)
        elif not recorded:
            return
        try:
            await self._ws.db.commit(changes)
        except Unavailable:
            # What the caller is told is still true.
            log.warning("a scripted call could not be recorded", integration=record.integration_id)


def _answer(said: Content, posted: Posted) -> Any:
    return posted.answer if said.response is UNSET else said.response


def _posted(record: RecordedCall, posted: Posted) -> RecordedCall:
    return replace(record, message_ids=[one.id for one in posted.messages])


def _ran(record: RecordedCall, ran: Ran) -> RecordedCall:
    return replace(
        record,
        console=script_notes.console(ran.console),
        console_dropped=ran.console_dropped,
        duration_ms=ran.duration_ms,
        memory_bytes=ran.memory_bytes,
    )


def _failed(record: RecordedCall, failed: ScriptFailed | DoesNotCompile) -> RecordedCall:
    record = replace(record, failure=script_notes.failure(METHOD, failed))
    if isinstance(failed, DoesNotCompile):
        return record
    return replace(
        record,
        console=script_notes.console(failed.console),
        console_dropped=failed.console_dropped,
        duration_ms=failed.duration_ms,
        memory_bytes=failed.memory_bytes,
    )


def _answer_to(failed: ScriptFailed | DoesNotCompile) -> HookroomError:
    if isinstance(failed, DoesNotCompile):
        return HookFailure(BROKEN)
    match failed.kind:
        case "busy":
            return Overloaded(BUSY)
        case "disabled":
            return HookFailure(OFF, status=503)
        case "unavailable":
            return HookFailure(UNAVAILABLE, status=503)
        case "load":
            return HookFailure(EVALUATING)
        case _:
            return HookFailure(RUNNING)
