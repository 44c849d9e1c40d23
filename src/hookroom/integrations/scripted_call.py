"""A call to an incoming webhook that has a script (contract, section 3, row "script", and section 5).

The script says what is posted and what is answered. Whatever keeps it from running to its end, nothing is posted
and the caller is told; the record of the call says why.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from msgspec import UNSET

from hookroom.errors import HookFailure, HookroomError, Overloaded, ScriptRefusal
from hookroom.integrations.answered_calls import Remember
from hookroom.integrations.incoming_record import IncomingRecord
from hookroom.integrations.receive import Posted, check_poster, deliver, message_of
from hookroom.integrations.script_host import DoesNotCompile, ScriptHost
from hookroom.rules.hook_message import destinations, is_empty
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


class ScriptedCalls:
    """Takes the calls of one server whose integrations have scripts."""

    def __init__(self, ws: Workspace, host: ScriptHost) -> None:
        self._ws = ws
        self._host = host

    async def take(
        self,
        integration: Integration,
        user: User,
        call: IncomingCall,
        record: IncomingRecord,
        within: Workspace | None = None,
        remember: Remember | None = None,
    ) -> Any:
        """Run the script on ``call``, post as ``user`` what it returns, and answer what the caller is answered.

        ``within`` is the workspace of the call's chain, where it belongs to one. A mapping is answered with
        ``success: true``, anything else as it is. What went well is remembered, and noted in ``record``, in the
        commit of the message; of what did not the record is told here, and written by whoever answers. Raises
        ``HookroomError``.
        """
        check_poster(self._ws, user)
        try:
            ran = await self._host.run(integration, METHOD, incoming_argument(call))
        except (ScriptFailed, DoesNotCompile) as failed:
            record.script_failed(METHOD, failed)
            raise _answer_to(failed) from None
        record.ran(ran)
        return await self._follow(within or self._ws, integration, user, call, ran, record, remember)

    async def _follow(
        self,
        ws: Workspace,
        integration: Integration,
        user: User,
        call: IncomingCall,
        ran: Ran,
        record: IncomingRecord,
        remember: Remember | None,
    ) -> Any:
        """Do what the script said."""
        answer: Any = {}
        match read_incoming(ran.value):
            case Nothing():
                pass
            case Reply(response):
                answer = response
            case Refusal(body):
                record.stage = "script"
                raise ScriptRefusal(body)
            case Wrong(reason):
                record.wrong_result(METHOD, reason)
                raise HookFailure(RUNNING)
            case Content() as said:
                return await self._post(ws, integration, user, call, said, record, remember)
        if remember is not None:
            changes = Changes()
            remember(changes, answer)
            record.note(changes, ())
            try:
                await ws.db.commit(changes)
            except Unavailable:
                # What the caller is told is still true.
                log.warning("a scripted call could not be remembered", integration=integration.id)
        return answer

    async def _post(
        self,
        ws: Workspace,
        integration: Integration,
        user: User,
        call: IncomingCall,
        said: Content,
        record: IncomingRecord,
        remember: Remember | None,
    ) -> Any:
        record.warnings = warnings = (OTHER_USER,) if said.names_user else ()
        content = with_separate_response(said.content, call.content)
        names = destinations(content, integration)
        message = message_of(integration, content)
        record.warnings = (*warnings, *message.warnings)
        if is_empty(message):
            raise HookFailure(NO_MESSAGE)

        def note(changes: Changes, posted: Posted) -> None:
            record.note(changes, posted.messages)
            if remember is not None:
                remember(changes, _answer(said, posted))

        return _answer(said, await deliver(ws, user, content, names, message, note))


def _answer(said: Content, posted: Posted) -> Any:
    return posted.answer if said.response is UNSET else said.response


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
