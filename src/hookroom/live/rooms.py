"""``<user>/rooms-changed``: rooms as they are after what happened in them, to their members who listen.

Every message makes a room another: its last message and its numbers. It is read once for all members, at most
twice a second.
"""

from __future__ import annotations

from hookroom.errors import HookroomError
from hookroom.live.hub import Hub
from hookroom.live.paced import Paced
from hookroom.live.places import ROOMS, USER, Places
from hookroom.rooms import room_views
from hookroom.rules.ddp import to_ddp
from hookroom.workspace.workspace import Workspace


class RoomEvents(Paced):
    """Tells users of the rooms that they are in."""

    pause_s = 0.5

    def __init__(self, ws: Workspace, hub: Hub, places: Places) -> None:
        super().__init__()
        self._ws = ws
        self._hub = hub
        self._places = places
        self._changed: dict[str, None] = {}
        self._joined: dict[tuple[str, str], None] = {}

    def changed(self, room_id: str) -> None:
        """Something of a room, or in it, is another."""
        self._changed[room_id] = None
        self.wake()

    def joined(self, room_id: str, user_id: str) -> None:
        """A user came into a room, which is new to them."""
        if self._wanted(user_id):
            self._joined[room_id, user_id] = None
            self.wake()

    def anything(self) -> None:
        """Any room may be another."""
        for room_id in self._places.everywhere():
            self.changed(room_id)

    def gone(self, room_id: str) -> None:
        """A room is gone."""
        self._changed.pop(room_id, None)
        for user_id, _ in self._places.surely_in(room_id):
            self._hub.publish(USER, f"{user_id}/{ROOMS}", ["removed", {"_id": room_id}])

    async def step(self) -> None:
        """Tell of what changed."""
        joined, self._joined = self._joined, {}
        changed, self._changed = self._changed, {}
        try:
            while joined:
                (room_id, user_id), _ = joined.popitem()
                if (room := await room_views.room(self._ws, room_id)) is not None:
                    self._hub.publish(USER, f"{user_id}/{ROOMS}", ["inserted", to_ddp(room)])
            while changed:
                room_id, _ = changed.popitem()
                await self._tell(room_id)
        except HookroomError:
            # Told again as it is by then; who joined as well, to whom it is still new.
            self._changed = {room_id: None, **changed, **self._changed}
            self._joined = joined | self._joined
            raise

    async def _tell(self, room_id: str) -> None:
        users = [user_id for user_id in self._places.users_of(room_id) if self._wanted(user_id)]
        if not users:
            return
        room = await room_views.room(self._ws, room_id)
        if room is None:
            return
        args = ["updated", to_ddp(room)]
        sure = {user_id for user_id, _ in self._places.surely_in(room_id)}
        for user_id in users:
            if user_id in sure or await self._ws.directory.subscription(room_id, user_id) is not None:
                self._hub.publish(USER, f"{user_id}/{ROOMS}", args)

    def _wanted(self, user_id: str) -> bool:
        return self._hub.wanted(USER, f"{user_id}/{ROOMS}")
