"""The record of a call of an incoming webhook: begun when its token is known to be right, ended with its answer.

Every call has one; of those that come too fast it only counts (``call_ledger``). What it costs to look at the
request is spent where the call is written down, and nowhere else. A call that posts is written with its message;
any other by itself, before it is answered.

The way of a call::

    record = services.incoming_records.start(ws, integration, request, address)
    try:
        record.stage = "verification"            # what is done next; says where it was refused
        ...
        answer = await take(..., record)         # posts with note=record.note
    except HookroomError as error:
        await record.refused(error)
    else:
        await record.answered()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from hookroom.errors import HookroomError, InvalidParams, Refused, TooLarge, TooManyRequests
from hookroom.integrations import script_notes
from hookroom.integrations.call_ledger import CallLedger, Stage
from hookroom.integrations.call_masking import Masking
from hookroom.integrations.call_request import Request, received
from hookroom.integrations.script_host import DoesNotCompile
from hookroom.rules.call_filter import call_state
from hookroom.rules.ids import timed_id
from hookroom.rules.incoming_body import Decoded
from hookroom.rules.model import Integration, Message, User, UserRef
from hookroom.rules.script_requests import poster_of
from hookroom.scripting.model import Method, Ran, ScriptFailed
from hookroom.storage.statement import Changes
from hookroom.storage.tables import incoming_calls
from hookroom.storage.tables.incoming_calls import RecordedCall, Verified, end_of
from hookroom.storage.tables.script_notes import ScriptFailure
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

SERVER_ERROR: Final = "Internal server error"
"""What a record says of a fault of this server."""


class Rerun(Struct, frozen=True):
    """Which call is run again, and by whom."""

    call_id: str
    by: UserRef


class IncomingRecord:
    """One call. Whoever finds something out about it says so here; ``answered`` or ``refused`` ends it."""

    __slots__ = (
        "_address",
        "_allowed",
        "_at",
        "_began",
        "_failure",
        "_id",
        "_integration",
        "_ledger",
        "_ran",
        "_request",
        "_rerun",
        "_secrets",
        "_settled",
        "_trim",
        "_ws",
        "body",
        "decoded",
        "message_ids",
        "replay_of",
        "stage",
        "user",
        "verification",
        "warnings",
    )

    def __init__(
        self,
        ws: Workspace,
        ledger: CallLedger,
        integration: Integration,
        request: Request,
        address: str,
        secrets: Callable[[Integration, int], Sequence[str]],
        rerun: Rerun | None = None,
    ) -> None:
        self._ws = ws
        self._ledger = ledger
        self._integration = integration
        self._request = request
        self._address = address
        self._secrets = secrets
        self._rerun = rerun
        self._at = ws.now()
        self._began = time.perf_counter()
        self._id = ""
        self._allowed: bool | None = None
        self._trim: str | None = None
        self._settled = False
        self._ran: Ran | ScriptFailed | None = None
        self._failure: ScriptFailure | None = None
        self.stage: Stage = "posting"
        """What is being done; where the call is refused, it is there that it was."""
        self.user: User | None = None
        """Whom the integration posts as, once that is known."""
        self.body: bytes | None = None
        """The body as it came over the wire, once it has been read."""
        self.decoded: Decoded | None = None
        """What the body holds, once that is known."""
        self.verification: Verified | None = None
        """Whether the sender proved who it is, where it was asked to."""
        self.replay_of: str | None = None
        """The id of the call whose answer is given again."""
        self.message_ids: Sequence[str] = ()
        self.warnings: Sequence[str] = ()
        """What of the call was passed over."""

    @property
    def id(self) -> str:
        """The call's id, whether it is written or not."""
        if not self._id:
            self._id = timed_id(self._at)
        return self._id

    @property
    def is_written(self) -> bool:
        """Whether the record is on disk."""
        return self._settled and self._allowed is True

    def note(self, changes: Changes, messages: Sequence[Message]) -> None:
        """Have the call written with ``changes``, which post ``messages``: a ``posting.Note``.

        Also for changes that post nothing and are written anyway.
        """
        self.message_ids = [one.id for one in messages]
        self._add(changes, 200, None)
        changes.then(self._settle)

    def ran(self, ran: Ran) -> None:
        """The script ran to its end."""
        self._ran = ran

    def script_failed(self, method: Method, failed: ScriptFailed | DoesNotCompile) -> None:
        """The script did not."""
        self.stage = "script"
        self._failure = script_notes.failure(method, failed)
        if isinstance(failed, ScriptFailed):
            self._ran = failed

    def wrong_result(self, method: Method, reason: str) -> None:
        """Nothing can be done with what the script returned."""
        self.stage = "script"
        self._failure = script_notes.wrong_result(method, reason)

    async def answered(self, status: int = 200, error: str | None = None) -> None:
        """The call is answered with ``status``; ``error`` is the text of an answer that says so.

        Raises nothing: what the caller is told is true whether or not it could be written down.
        """
        if not self._settled:
            # What was noted was not written after all, and what was decided for it does not hold.
            self.message_ids, self._allowed, self._trim = (), None, None
        if self._rerun is None:
            self._ledger.count(status, len(self.message_ids), self.stage, replayed=self.replay_of is not None)
        if self._settled:
            return
        changes = Changes()
        if not self._add(changes, status, error):
            return
        try:
            await self._ws.db.commit(changes)
        except HookroomError as failed:
            log.warning(
                "a webhook call could not be recorded",
                integration=self._integration.id,
                reason=type(failed).__name__,
            )
        else:
            self._settle()

    async def refused(self, error: Exception) -> None:
        """The call is answered with ``error``; one that is no ``HookroomError`` is a fault of this server."""
        if isinstance(error, HookroomError):
            return await self.answered(error.status, _said(error))
        self.stage = "server"
        return await self.answered(500, SERVER_ERROR)

    def _settle(self) -> None:
        self._settled = True

    def _add(self, changes: Changes, status: int, error: str | None) -> bool:
        """Write it with ``changes``, unless the integration is too busy; answers whether it does.

        Decided once: where the changes were made in vain, it is asked again with others.
        """
        if self._allowed is None:
            state = call_state(status, len(self.message_ids))
            self._allowed = self._rerun is not None or self._ledger.allows(state, self._at)
        if not self._allowed:
            return False
        incoming_calls.insert(changes, self._call(status, error))
        end = end_of(status)
        if self._trim is None:
            self._trim = self._ledger.trim_before(end, self.id)
        if self._trim:
            incoming_calls.trim(changes, self._integration.id, end, self._trim)
        return True

    def _call(self, status: int, error: str | None) -> RecordedCall:
        integration, ran, rerun = self._integration, self._ran, self._rerun
        verification = integration.verification
        masking = Masking(
            self._secrets(integration, self._at), verification.header if verification is not None else None
        )
        # First: what is masked in it is masked in what the script wrote.
        request = received(
            self._request,
            masking,
            integration.id,
            user=poster_of(self.user) if self.user is not None else {},
            body=self.body,
            decoded=self.decoded,
        )
        return RecordedCall(
            id=self.id,
            integration_id=integration.id,
            at=self._at,
            status=status,
            request=request,
            address=self._address,
            verification=self.verification,
            stage=self.stage if status >= 400 else None,
            error=masking.written(error) if error is not None else None,
            failure=masking.failure(self._failure) if self._failure is not None else None,
            message_ids=self.message_ids,
            warnings=self.warnings,
            console=masking.console(script_notes.console(ran.console)) if ran is not None else (),
            console_dropped=ran.console_dropped if ran is not None else 0,
            duration_ms=ran.duration_ms if ran is not None else 0.0,
            memory_bytes=ran.memory_bytes if ran is not None else 0,
            took_ms=round((time.perf_counter() - self._began) * 1000, 3),
            replay_of=self.replay_of,
            rerun_of=rerun.call_id if rerun is not None else None,
            rerun_by=rerun.by if rerun is not None else None,
        )


def _said(error: HookroomError) -> str:
    """The text of ``error``, or its code where it has no more than that for a caller."""
    if isinstance(error, Refused) and not isinstance(error, InvalidParams | TooLarge | TooManyRequests):
        return error.code
    return error.reason if isinstance(error, Refused) else str(error)
