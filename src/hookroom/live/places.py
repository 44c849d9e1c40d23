"""Which of those who listen on this node are in which room: so that what happens there finds them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.live.hub import Hub, Key
from hookroom.live.paced import Paced
from hookroom.storage.database import Database
from hookroom.storage.tables import room_members

USER: Final = "stream-notify-user"
SUBSCRIPTIONS: Final = "subscriptions-changed"
ROOMS: Final = "rooms-changed"
NOTIFICATION: Final = "notification"

_OF_ROOMS: Final = frozenset({SUBSCRIPTIONS, ROOMS, NOTIFICATION})
"""Events of a user that come from the rooms they are in."""
_STEP: Final = 200


class Places(Paced):
    """The rooms of the users who listen to such events. ``bool``: whether there is any such user.

    Users come in at once and their rooms a moment later: until then they count as being everywhere, and whoever
    tells them something makes sure.
    """

    pause_s = 0.0
    rest = 0.0

    def __init__(self, db: Database, hub: Hub) -> None:
        super().__init__()
        self._db = db
        self._wanting: dict[str, int] = {}
        self._loading: dict[str, None] = {}
        self._moved: set[str] = set()
        self._rooms: dict[str, dict[str, str]] = {}
        """User -> room -> subscription."""
        self._users: dict[str, dict[str, None]] = {}
        hub.on_interest(self._interest)

    def __bool__(self) -> bool:
        return bool(self._wanting)

    def anybody_in(self, room_id: str) -> bool:
        """Whether somebody who listens may be in the room."""
        return bool(self._loading) or room_id in self._users

    def users_of(self, room_id: str) -> Sequence[str]:
        """Who of those who listen is in the room, or may be."""
        return [*self._users.get(room_id, ()), *self._loading]

    def surely_in(self, room_id: str) -> Sequence[tuple[str, str]]:
        """Who is known to be in the room, with their subscriptions."""
        return [(user_id, self._rooms[user_id][room_id]) for user_id in self._users.get(room_id, ())]

    def everywhere(self) -> Sequence[str]:
        """The rooms of all who listen."""
        return list(self._users)

    def moved(self, room_id: str, user_id: str) -> None:
        """A user came into a room or left it."""
        if user_id in self._wanting:
            self._loading[user_id] = None
            self._moved.add(user_id)
            # Nothing of the room is told to them for sure until it is known which of the two it was.
            self._forget_place(user_id, room_id)
            self.wake()

    def forget_room(self, room_id: str) -> None:
        """The room is gone."""
        for user_id in self._users.pop(room_id, ()):
            self._rooms[user_id].pop(room_id, None)

    def load_again(self) -> None:
        """Anybody may have moved."""
        self._loading |= dict.fromkeys(self._wanting)
        self._moved |= self._wanting.keys()
        self.wake()

    async def step(self) -> None:
        """Read where those are who are not known, or moved."""
        while self._loading:
            asked = list(self._loading)[:_STEP]
            self._moved.difference_update(asked)
            found: dict[str, dict[str, str]] = {user_id: {} for user_id in asked}
            for user_id, room_id, subscription_id in await room_members.places(self._db, asked):
                found[user_id][room_id] = subscription_id
            for user_id, rooms in found.items():
                if user_id in self._moved:
                    continue  # While it was read; once more.
                self._loading.pop(user_id, None)
                self._forget_user(user_id)
                if user_id in self._wanting:
                    self._rooms[user_id] = rooms
                    for room_id in rooms:
                        self._users.setdefault(room_id, {})[user_id] = None

    def _interest(self, key: Key, wanted: bool) -> None:
        stream, event = key
        user_id, _, name = event.partition("/")
        if stream != USER or name not in _OF_ROOMS:
            return
        count = self._wanting.get(user_id, 0) + (1 if wanted else -1)
        if count > 0:
            if user_id not in self._wanting:
                self._loading[user_id] = None
                self.wake()
            self._wanting[user_id] = count
        else:
            self._wanting.pop(user_id, None)
            self._loading.pop(user_id, None)
            self._forget_user(user_id)

    def _forget_user(self, user_id: str) -> None:
        for room_id in tuple(self._rooms.get(user_id, ())):
            self._forget_place(user_id, room_id)
        self._rooms.pop(user_id, None)

    def _forget_place(self, user_id: str, room_id: str) -> None:
        self._rooms.get(user_id, {}).pop(room_id, None)
        users = self._users.get(room_id)
        if users is not None:
            users.pop(user_id, None)
            if not users:
                del self._users[room_id]
