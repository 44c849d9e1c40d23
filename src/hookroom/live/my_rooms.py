"""Who hears of a room under ``__my_messages__``: the users that listen, and what each may see.

Who may see a message is found from the room's side: by members for rooms that only members see, and all that
listen for the others. What a user may see is remembered until something that it depends on is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from hookroom.live.said import Said
from hookroom.rooms.access import may_read, may_see
from hookroom.rules.model import Room
from hookroom.storage.statement import Touch
from hookroom.storage.tables import joined_rooms
from hookroom.workspace.workspace import Workspace

_TRIES: Final = 5


class MessageListener(Protocol):
    """A connection that listens to messages."""

    def hear_message(self, said: Said, *, participant: bool | None = None) -> None:
        """Send it, to a member of its room or not (``None``: as is known of this listener). Never raises."""
        ...


class _User:
    """Somebody who listens. ``views``: room -> member or not, ``None`` where they may not see it."""

    __slots__ = ("id", "listeners", "rooms", "touched", "unsure", "views")

    def __init__(self, user_id: str) -> None:
        self.id = user_id
        self.listeners: dict[MessageListener, None] = {}
        self.rooms: set[str] = set()
        self.unsure: set[str] = set()
        """Rooms that they came into or left, who knows."""
        self.views: dict[str, bool | None] = {}
        self.touched = 0


class MyRooms:
    """The users that listen on this node, with the rooms that they are in."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._users: dict[str, _User] = {}
        self._of_room: dict[str, dict[str, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._users)

    async def listen(self, user_id: str, listener: MessageListener) -> None:
        """Tell ``listener`` from now on of what the user may see."""
        user = self._users.get(user_id)
        if user is None:
            user = self._users[user_id] = _User(user_id)
            user.listeners[listener] = None
            await self._load([user])
        else:
            user.listeners[listener] = None

    def leave(self, user_id: str, listener: MessageListener) -> None:
        """Tell it no longer."""
        user = self._users.get(user_id)
        if user is None:
            return
        user.listeners.pop(listener, None)
        if not user.listeners:
            del self._users[user_id]
            for room_id in user.rooms | user.unsure:
                self._out(room_id, user_id)

    def touched(self, touches: Sequence[Touch]) -> None:
        """Forget what may be another now."""
        for kind, key in touches:
            if kind == "member":
                room_id, _, user_id = key.partition("/")
                user = self._users.get(user_id)
                if user is not None:
                    user.unsure.add(room_id)
                    self._of_room.setdefault(room_id, {})[user_id] = None
                    self._unseen(user)
            elif kind == "user":
                user = self._users.get(key)
                if user is not None:
                    self._unseen(user)
            elif kind in ("room", "authority", "*"):
                for user in self._users.values():
                    self._unseen(user)

    async def load_again(self) -> None:
        """Read anew who is where: more was touched than was told."""
        await self._load(list(self._users.values()))

    async def tell(self, said: Said) -> None:
        """Tell all who may see the message's room."""
        for user_id in await self._candidates(said.room):
            user = self._users.get(user_id)
            if user is None:
                continue
            if said.room.id in user.views:
                view = user.views[said.room.id]
            else:
                view = await self._view(user, said.room)
            if view is not None:
                for listener in tuple(user.listeners):
                    listener.hear_message(said, participant=view)

    async def _candidates(self, room: Room) -> Iterable[str]:
        found: dict[str, None] = {}
        at: Room | None = room
        while at is not None:
            if at.type == "c":
                return tuple(self._users)
            found |= self._of_room.get(at.id, {})
            at = await self._ws.directory.room(at.parent_id) if at.parent_id else None
        return found

    async def _view(self, user: _User, room: Room) -> bool | None:
        for _ in range(_TRIES):
            before = user.touched
            if room.id in user.unsure:
                user.unsure.discard(room.id)
                member = await self._ws.directory.subscription(room.id, user.id)
                self._put(user, room.id, inside=member is not None)
            view = await self._seen(user, room)
            if user.touched == before:
                user.views[room.id] = view
                return view
        return view

    async def _seen(self, user: _User, room: Room) -> bool | None:
        person = await self._ws.directory.user(user.id)
        if person is None or not person.active:
            return None
        inside = room.id in user.rooms
        if may_read(self._ws, person, room, None) or await may_see(self._ws, person, room):
            return inside
        return None

    def _unseen(self, user: _User) -> None:
        user.touched += 1
        user.views.clear()

    def _put(self, user: _User, room_id: str, *, inside: bool) -> None:
        if room_id in user.unsure or self._users.get(user.id) is not user:
            return
        if inside:
            user.rooms.add(room_id)
        else:
            user.rooms.discard(room_id)
            self._out(room_id, user.id)

    def _out(self, room_id: str, user_id: str) -> None:
        users = self._of_room.get(room_id)
        if users is not None:
            users.pop(user_id, None)
            if not users:
                del self._of_room[room_id]

    async def _load(self, users: Sequence[_User]) -> None:
        found: dict[str, set[str]] = {user.id: set() for user in users}
        for room_id, user_id in await joined_rooms.of_users(self._ws.db, found):
            found[user_id].add(room_id)
        for user in users:
            if self._users.get(user.id) is not user:
                continue
            # What was touched meanwhile stays unsure, and is asked for when somebody speaks there.
            for room_id in user.rooms - found[user.id] - user.unsure:
                self._out(room_id, user.id)
            user.rooms = found[user.id]
            for room_id in user.rooms:
                self._of_room.setdefault(room_id, {})[user.id] = None
            self._unseen(user)
