"""One subscription: a client that listens to one event of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hookroom.errors import Refused
from hookroom.live.event import Event
from hookroom.live.said import MINE, STREAM, Said
from hookroom.realtime.admission import Admission, admit

if TYPE_CHECKING:
    from hookroom.realtime.session import Session

MAX_HELD: Final = 2000
"""Events that are kept back while it is found out whether the client may still hear them."""


class Listening:
    """A subscription of ``session``, by the client's id for it.

    What it may hear can change at any time. When something touches that, it is held: what comes is kept back until
    ``check`` has found out, and is then told in order or never.
    """

    __slots__ = ("_held", "_since", "_turn", "_user_id", "admission", "event", "id", "session", "stream")

    def __init__(self, session: Session, id_: str, stream: str, event: str, admission: Admission) -> None:
        self.session = session
        self.id = id_
        self.stream = stream
        self.event = event
        self.admission = admission
        self._user_id = ""
        self._held: list[Event] | None = None
        self._turn = 0
        self._since = session.parts.ws.now()

    async def start(self) -> None:
        """Hear from now on what the session's user may."""
        parts = self.session.parts
        user = self.session.user
        self._user_id = user.id if user is not None else ""
        parts.rechecking.watch(self)
        if self.stream != STREAM:
            parts.services.hub.listen(self.stream, self.event, self)
        elif self.event != MINE:
            parts.room_messages.listen(self.event, self)
        elif user is not None:
            await parts.room_messages.listen_to_mine(user.id, self)

    def stop(self) -> None:
        """Hear nothing more."""
        parts = self.session.parts
        parts.rechecking.unwatch(self)
        if self.stream != STREAM:
            parts.services.hub.leave(self.stream, self.event, self)
        elif self.event != MINE:
            parts.room_messages.leave(self.event, self)
        else:
            parts.room_messages.leave_mine(self._user_id, self)

    def hear(self, event: Event) -> None:
        """Tell the client."""
        if self._held is None:
            self.session.connection.send(event)
        elif len(self._held) < MAX_HELD:
            self._held.append(event)
        else:
            self.session.connection.drop()

    def hear_message(self, said: Said, *, participant: bool | None = None) -> None:
        """Tell the client of a message."""
        if said.written_at is not None and said.written_at < self._since:
            return
        inside = self.admission.participant if participant is None else participant
        self.hear(said.event(self.event, self._user_id, participant=inside))

    def hold(self) -> None:
        """Keep back what comes until ``check``."""
        self._turn += 1
        if self._held is None:
            self._held = []

    async def check(self) -> None:
        """Find out whether the client may still listen, and end the subscription if not."""
        turn = self._turn
        user = self.session.user
        try:
            admission = await admit(self.session.parts.ws, user, self.stream, self.event)
        except Refused as error:
            if self._turn == turn:
                self.session.end(self, error)
            return
        if self._turn != turn or self.session.listenings.get(self.id) is not self:
            return
        if (user.id if user is not None else "") != self._user_id or admission != self.admission:
            self.stop()
            self.admission = admission
            await self.start()
        held, self._held = self._held or [], None
        for event in held:
            self.session.connection.send(event)
