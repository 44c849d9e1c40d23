"""Users, rooms, memberships and logins as every request needs them: from memory, right on every node."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from hookroom.rules.model import Room, Subscription, Team, User
from hookroom.rules.second_factor import TwoFactor
from hookroom.storage.database import Database
from hookroom.storage.statement import Touch
from hookroom.storage.tables import rooms, subscriptions, teams, tokens, two_factor, users
from hookroom.workspace.cache import ReadThrough

V = TypeVar("V")

# The plain lookups hand on the cache's own coroutine: one fewer for each on the hot path.
Loading = Coroutine[Any, Any, V | None]


class Directory:
    """Read-through caches over the tables, emptied by what commits touch, here and on other nodes."""

    def __init__(self, db: Database) -> None:
        self._users: ReadThrough[User] = ReadThrough(lambda key: users.by_id(db, key), 20_000)
        self._usernames: ReadThrough[str] = ReadThrough(lambda key: users.id_by_username(db, key), 20_000)
        self._rooms: ReadThrough[Room] = ReadThrough(lambda key: rooms.by_id(db, key), 20_000)
        self._room_names: ReadThrough[str] = ReadThrough(lambda key: rooms.id_by_name(db, key), 20_000)
        self._room_members: ReadThrough[str] = ReadThrough(lambda key: rooms.id_by_members(db, key), 20_000)
        self._members: ReadThrough[Subscription] = ReadThrough(self._load_member, 100_000)
        self._teams: ReadThrough[Team] = ReadThrough(lambda key: teams.by_id(db, key), 20_000)
        self._team_names: ReadThrough[str] = ReadThrough(lambda key: teams.id_by_name(db, key), 20_000)
        self._tokens: ReadThrough[tokens.Token] = ReadThrough(lambda key: tokens.by_hash(db, key), 20_000)
        self._two_factors: ReadThrough[TwoFactor] = ReadThrough(lambda key: two_factor.of(db, key), 20_000)
        self._db = db
        self._caches: dict[str, ReadThrough[Any]] = {
            "user": self._users,
            "username": self._usernames,
            "room": self._rooms,
            "room-name": self._room_names,
            "room-members": self._room_members,
            "member": self._members,
            "team": self._teams,
            "team-name": self._team_names,
            "token": self._tokens,
            "two-factor": self._two_factors,
        }
        db.on_touched(self._forget, {*self._caches, "*"})

    def user(self, user_id: str) -> Loading[User]:
        """The user with that id."""
        return self._users.get(user_id)

    async def user_named(self, username: str) -> User | None:
        """The user of that name; case does not count."""
        user_id = await self._usernames.get(users.key(username))
        return await self._users.get(user_id) if user_id else None

    def room(self, room_id: str) -> Loading[Room]:
        """The room with that id."""
        return self._rooms.get(room_id)

    async def room_named(self, name: str) -> Room | None:
        """The channel or group of that name."""
        room_id = await self._room_names.get(rooms.key(name))
        return await self._rooms.get(room_id) if room_id else None

    async def direct_room(self, user_ids: Sequence[str]) -> Room | None:
        """The direct room of exactly these users."""
        room_id = await self._room_members.get(rooms.members_key(user_ids))
        return await self._rooms.get(room_id) if room_id else None

    def subscription(self, room_id: str, user_id: str) -> Loading[Subscription]:
        """A user's membership of a room."""
        return self._members.get(subscriptions.member_key(room_id, user_id))

    def team(self, team_id: str) -> Loading[Team]:
        """The team with that id."""
        return self._teams.get(team_id)

    async def team_named(self, name: str) -> Team | None:
        """The team of that name; case does not count."""
        team_id = await self._team_names.get(teams.key(name))
        return await self._teams.get(team_id) if team_id else None

    def token(self, token_hash: str) -> Loading[tokens.Token]:
        """The login or personal token with that digest."""
        return self._tokens.get(token_hash)

    def two_factor(self, user_id: str) -> Loading[TwoFactor]:
        """What a user must show beside their password, if they ever turned any of it on."""
        return self._two_factors.get(user_id)

    def forget_everything(self) -> None:
        """Load everything anew: after a write that found older data than it expected."""
        for cache in self._caches.values():
            cache.clear()

    async def _load_member(self, key: str) -> Subscription | None:
        room_id, _, user_id = key.partition("/")
        return await subscriptions.one(self._db, room_id, user_id)

    def _forget(self, touched: Sequence[Touch], _local: bool) -> None:
        for kind, key in touched:
            if kind == "*":
                self.forget_everything()
            elif cache := self._caches.get(kind):
                cache.drop(key)
