"""Presence: who is connected, on all nodes, and the status that follows.

::

    connected / says / gone ──► users to look at ──(a moment later, many at once)──► presences of this node
                                       ▲                                                      │
         a user changed, a node died ──┘                        users' status ◄── presences of all that live

The realtime edge calls ``connected`` and ``gone``, which only note it. However many come and go, and however
often each, a step writes the users that are another then than before: a few statements for up to ``STEP``.
What a user is shown as is kept in ``User.status``, which everything else reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

import structlog
from msgspec import structs

from hookroom.errors import HookroomError
from hookroom.people import presence as people
from hookroom.rules.model import User
from hookroom.rules.presence import Connection, of_connections, shown
from hookroom.storage.statement import Changes, Touch
from hookroom.storage.tables import presences, users
from hookroom.workspace.background import Background
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

GATHER_S: Final = 0.25
"""From the first that comes or goes to writing it: who comes back in between was never away."""
STEP: Final = 500
"""Users looked at in one step."""
SWEEP_S: Final = 10.0
"""From one look for what dead nodes left behind to the next."""
RETRY_S: Final = 2.0


class Presence:
    """The connections of this node by user. ``node`` is the id of its lease.

    A connection that serves nobody (not logged in) is not known here. ``connected`` again, with another user,
    is a login as somebody else; ``gone`` is also right for one that was never there, or logs out.
    """

    def __init__(self, ws: Workspace, node: str) -> None:
        self._ws = ws
        self._node = node
        self._users: dict[str, str] = {}
        """Connection -> user."""
        self._connections: dict[str, dict[str, Connection]] = {}
        """User -> connection -> what it says."""
        self._written: dict[str, str] = {}
        """User -> what this node's row says of them."""
        self._changed: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._background = Background()
        ws.db.on_touched(self._heard, {users.STATUS_TOUCHED})

    def start(self) -> None:
        """Write from now on, and look after what nodes that died left behind."""
        self._background.start("presence", self._write_for_ever())
        self._background.start("presence-sweep", self._sweep_for_ever())

    async def stop(self) -> None:
        """Write no more. This node's rows stay until another node, or the next process, finds them."""
        await self._background.stop()

    def connected(self, connection_id: str, user_id: str) -> None:
        """A connection serves this user from now on, as ``online``."""
        if self._users.get(connection_id) != user_id:
            self.gone(connection_id)
        self._users[connection_id] = user_id
        self._connections.setdefault(user_id, {})[connection_id] = "online"
        self._look_at(user_id)

    def says(self, connection_id: str, status: Connection) -> None:
        """The client says that its user is there or away; nothing happens for a connection of nobody."""
        user_id = self._users.get(connection_id)
        if user_id is not None and self._connections[user_id][connection_id] != status:
            self._connections[user_id][connection_id] = status
            self._look_at(user_id)

    def gone(self, connection_id: str) -> None:
        """A connection ended, or serves nobody any longer."""
        user_id = self._users.pop(connection_id, None)
        if user_id is None:
            return
        del self._connections[user_id][connection_id]
        if not self._connections[user_id]:
            del self._connections[user_id]
        self._look_at(user_id)

    async def set_status(self, user_id: str, status: str | None, text: str | None = None) -> User:
        """The user chooses a status, a text or both. Raises as ``people.presence.set_status``."""
        return await people.set_status(self._ws, user_id, status, text)

    def connections_of(self, user_id: str) -> int:
        """How many connections to this node serve the user."""
        return len(self._connections.get(user_id, ()))

    def write_again(self) -> None:
        """This node's lease had run out: others may have removed what it wrote."""
        self._written.clear()
        for user_id in self._connections:
            self._look_at(user_id)

    def _look_at(self, user_id: str) -> None:
        self._changed[user_id] = None
        self._wake.set()

    def _heard(self, touched: Sequence[Touch], _local: bool) -> None:
        # What somebody else wrote, the user's own choice or another node, may not go with their connections.
        for kind, key in touched:
            if kind == users.STATUS_TOUCHED and key in self._connections:
                self._look_at(key)

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            looked_at = list(self._changed)[:STEP]
            for user_id in looked_at:
                del self._changed[user_id]
            try:
                again = await self._settle(looked_at)
            except Exception as error:
                log.warning("presence could not be written", reason=type(error).__name__)
                again = looked_at
                await asyncio.sleep(RETRY_S)
            for user_id in again:
                self._look_at(user_id)
            if self._changed:
                self._wake.set()

    async def _settle(self, user_ids: Collection[str]) -> Collection[str]:
        """Write what these users are; answers those that somebody else changed meanwhile."""
        own = {one: of_connections(self._connections.get(one, {}).values()) for one in user_ids}
        await self._write_rows(own)
        anywhere = await presences.of_users(self._ws.db, self._node, self._ws.now(), user_ids)
        pairs: dict[str, tuple[User, User]] = {}
        for user_id in user_ids:
            old = await self._ws.directory.user(user_id)
            if old is None:
                continue
            status = shown(of_connections(anywhere.get(user_id, ())), old.status_default)
            if status != old.status:
                stamp = self._ws.stamp(old.updated_at)
                pairs[user_id] = old, structs.replace(old, status=status, updated_at=stamp)
        if not pairs:
            return ()
        changes = Changes()
        users.put_statuses(changes, self._ws.db.kind, list(pairs.values()))
        written = {row[0] for row in await self._ws.db.commit(changes)}
        return pairs.keys() - written

    async def _write_rows(self, own: dict[str, str]) -> None:
        changed = {
            user_id: now for user_id, now in own.items() if self._written.get(user_id, "offline") != now
        }
        if not changed:
            return
        changes, kind = Changes(), self._ws.db.kind
        for status in ("online", "away"):
            if ids := [user_id for user_id, now in changed.items() if now == status]:
                presences.put(changes, kind, self._node, ids, status, self._ws.now())
        if ids := [user_id for user_id, now in changed.items() if now == "offline"]:
            presences.remove(changes, kind, self._node, ids)
        await self._ws.db.commit(changes)
        for user_id, now in changed.items():
            if now == "offline":
                self._written.pop(user_id, None)
            else:
                self._written[user_id] = now

    async def _sweep_for_ever(self) -> None:
        alone = self._ws.db.kind == "sqlite"
        while True:
            try:
                while await self._sweep():
                    pass
                if alone:
                    return  # No other node can die.
            except HookroomError as error:
                log.warning("presence of dead nodes could not be removed", reason=str(error))
            except Exception:
                log.exception("presence of dead nodes could not be removed")
            await asyncio.sleep(SWEEP_S)

    async def _sweep(self) -> bool:
        """Remove some rows of dead nodes, and look at their users; answers whether there were any."""
        db = self._ws.db
        found = await presences.left_behind(db, self._node, self._ws.now(), STEP)
        if not found:
            return False
        changes = Changes()
        for node in dict.fromkeys(node for node, _ in found):
            presences.remove(changes, db.kind, node, [user_id for of, user_id in found if of == node])
        await db.commit(changes)
        for _, user_id in found:
            self._look_at(user_id)
        return True
