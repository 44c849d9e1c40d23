"""New and changed messages of all nodes, for what members are told beside the message itself.

Nothing is kept, and nothing loaded, of rooms that none of those who listen is in.
"""

from __future__ import annotations

from typing import Final

import structlog

from hookroom.errors import HookroomError
from hookroom.live.notifications import Notifications
from hookroom.live.paced import Paced
from hookroom.live.places import Places
from hookroom.live.rooms import RoomEvents
from hookroom.live.subscriptions import SubscriptionEvents
from hookroom.rules.model import Message
from hookroom.storage.tables import message_loading
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

MAX_WAITING: Final = 10_000
"""Messages that wait; more than these are passed over, so that a node that is too slow stays alive."""


class Feed(Paced):
    """Hands messages to those who tell of them, in their order."""

    pause_s = 0.0
    rest = 0.0

    def __init__(
        self,
        ws: Workspace,
        places: Places,
        subscriptions: SubscriptionEvents,
        rooms: RoomEvents,
        notifications: Notifications,
    ) -> None:
        super().__init__()
        self._ws = ws
        self._places = places
        self._subscriptions = subscriptions
        self._rooms = rooms
        self._notifications = notifications
        self._waiting: list[Message | str] = []

    def told(self, message: Message) -> None:
        """One was written on this node."""
        self._wait(message.room_id, message)

    def touched(self, room_id: str, message_id: str) -> None:
        """One was written on another node."""
        self._wait(room_id, message_id)

    async def step(self) -> None:
        """Tell of those that wait."""
        waiting, self._waiting = self._waiting, []
        ids = {one for one in waiting if isinstance(one, str)}
        try:
            loaded = await message_loading.by_ids(self._ws.db, ids) if ids else {}
        except HookroomError:
            self._waiting = waiting + self._waiting
            raise
        for one in waiting:
            message = loaded.pop(one, None) if isinstance(one, str) else one
            if message is not None:
                await self._hear(message)

    async def _hear(self, message: Message) -> None:
        try:
            room = await self._ws.directory.room(message.room_id)
            users = self._places.users_of(message.room_id)
            if room is None or not users:
                return
            self._rooms.changed(room.id)
            self._subscriptions.heard(message, room, users)
            await self._notifications.heard(message, room, users)
        except HookroomError as error:
            log.warning("nobody was notified", reason=str(error))

    def _wait(self, room_id: str, item: Message | str) -> None:
        if not self._places.anybody_in(room_id):
            return
        if len(self._waiting) >= MAX_WAITING:
            log.warning("too many messages at once: nobody is notified of some")
            self._waiting.clear()
            self._subscriptions.anything()
        self._waiting.append(item)
        self.wake()
