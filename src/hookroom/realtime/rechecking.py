"""What a commit takes away, taken from those who listen: at once, on every node.

A touched member, room, user or token holds the subscriptions that depend on it before the commit returns; one task
then looks at each anew. A session whose token is gone, or whose user was deactivated, ends.

``*`` without a key is a room's end, which touches the room too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from hookroom.errors import HookroomError
from hookroom.realtime.listening import Listening
from hookroom.storage.statement import Touch
from hookroom.workspace.background import Background
from hookroom.workspace.workspace import Workspace

if TYPE_CHECKING:
    from hookroom.realtime.people import People
    from hookroom.realtime.session import Session

log = structlog.get_logger()

_KINDS: Final = frozenset({"member", "room", "user", "token", "authority", "setting", "*"})
_ANONYMOUS: Final = "Accounts_AllowAnonymousRead"
"""The setting that lets people read without a login."""

RETRY_S: Final = 0.25
STEP: Final = 100
"""Checks between which the loop does other things."""


class Rechecking:
    """The subscriptions by the rooms that they depend on, and those that are to be looked at."""

    def __init__(self, ws: Workspace, people: People) -> None:
        self._people = people
        self._of_room: dict[str, dict[Listening, None]] = {}
        self._waiting: dict[Listening | Session, None] = {}
        self._wake = asyncio.Event()
        self._background = Background()
        ws.db.on_touched(self._touched, _KINDS)
        ws.authority.on_reloaded(self._everything)
        ws.settings.on_reloaded(self._everything)

    def start(self) -> None:
        """Check from now on."""
        self._background.start("realtime-checks", self._check_for_ever())

    async def stop(self) -> None:
        """Check no more."""
        await self._background.stop()

    def watch(self, listening: Listening) -> None:
        """Check it when one of its rooms is touched."""
        for room_id in listening.admission.rooms:
            self._of_room.setdefault(room_id, {})[listening] = None

    def unwatch(self, listening: Listening) -> None:
        """Check it no longer."""
        self._waiting.pop(listening, None)
        for room_id in listening.admission.rooms:
            listenings = self._of_room.get(room_id)
            if listenings is not None:
                listenings.pop(listening, None)
                if not listenings:
                    del self._of_room[room_id]

    def look_at(self, listening: Listening) -> None:
        """Find out whether the client may listen still."""
        self._put((listening,))

    def session(self, session: Session) -> None:
        """Look at all subscriptions of a session: it is another's now."""
        self._put(session.listenings.values())

    def _touched(self, touches: Sequence[Touch], _local: bool) -> None:
        if not self._people:
            return
        for kind, key in touches:
            if kind == "member":
                room_id, _, user_id = key.partition("/")
                for session in self._people.sessions_of(user_id):
                    self._put(one for one in session.listenings.values() if room_id in one.admission.rooms)
            elif kind == "room":
                self._put(self._of_room.get(key, ()))
            elif kind == "user":
                self._put_sessions(self._people.sessions_of(key))
            elif kind == "token":
                self._put_sessions(self._people.sessions_with(key), whole=False)
            elif kind == "authority" or (kind == "setting" and key == _ANONYMOUS):
                self._everything()
            elif kind == "*" and key:
                # What was missed was missed before too: nobody is kept waiting while all are looked at.
                self._everything(hold=False)

    def _everything(self, *, hold: bool = True) -> None:
        for session in self._people.all():
            self._waiting[session] = None
            for listening in session.listenings.values():
                if hold:
                    listening.hold()
                self._waiting[listening] = None
        self._wake.set()

    def _put_sessions(self, sessions: Iterable[Session], *, whole: bool = True) -> None:
        for session in sessions:
            self._waiting[session] = None
            self._wake.set()
            if whole:
                self.session(session)

    def _put(self, listenings: Iterable[Listening]) -> None:
        for listening in listenings:
            listening.hold()
            self._waiting[listening] = None
            self._wake.set()

    async def _check_for_ever(self) -> None:
        done = 0
        while True:
            while not self._waiting:
                # Woken for one that was unwatched since, it waits again.
                self._wake.clear()
                await self._wake.wait()
            one = next(iter(self._waiting))
            del self._waiting[one]
            try:
                await one.check()
            except HookroomError:
                # The database cannot be reached: it stays held until that is over.
                self._waiting[one] = None
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("a subscription was not checked")
            done += 1
            if done % STEP == 0:
                await asyncio.sleep(0)
