"""A server's parts on a database, in this process, for use cases of integrations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from tests.rules.values import a_user

from hookroom.assembly import assemble
from hookroom.config import load
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.rooms.membership import new_subscription
from hookroom.rules.ids import room_id, user_id
from hookroom.rules.model import Room, RoomType, User
from hookroom.services import Services
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions, users
from hookroom.workspace.workspace import Workspace

INCOMING = {
    "type": "webhook-incoming",
    "name": "deploys",
    "enabled": True,
    "username": "poster",
    "channel": "#here",
    "scriptEnabled": False,
}
OUTGOING = {
    **INCOMING,
    "type": "webhook-outgoing",
    "event": "sendMessage",
    "urls": ["http://127.0.0.1:9/hook"],
}


class House:
    """Users by what they may do, two rooms, and the parts of the server.

    ``master`` holds all permissions, ``keeper`` only those of their own integrations, ``clerk`` only those of
    all, ``stranger`` none. ``poster`` is a bot. ``keeper`` and ``clerk`` are in ``#here`` but not in ``#there``.
    """

    def __init__(self, services: Services) -> None:
        self.ws: Workspace = services.ws
        self.registry: Registry = services.integrations
        self.host: ScriptHost = services.script_host
        self.users: dict[str, User] = {}
        self.rooms: dict[str, Room] = {}

    async def furnish(self) -> None:
        """Make users, rooms and permissions."""
        for name in ("master", "keeper", "clerk", "stranger"):
            await self.add_user(name, "user", name)
        await self.add_user("poster", "user", "bot")
        await self.add_room("here", members=("keeper", "clerk"))
        await self.add_room("there")
        changes = Changes()
        for kind in ("incoming", "outgoing"):
            for permission, holder in ((f"manage-{kind}", "clerk"), (f"manage-own-{kind}", "keeper")):
                self.ws.authority.grant(changes, f"{permission}-integrations", ["master", holder], 1)
        await self.ws.db.commit(changes)

    async def add_user(self, name: str, *roles: str) -> User:
        """A user with these roles."""
        at = self.ws.stamp()
        user = a_user(id=user_id(), username=name, name=name, roles=roles, created_at=at, updated_at=at)
        changes = Changes()
        users.insert(changes, user)
        await self.ws.db.commit(changes)
        self.users[name] = user
        return user

    async def add_room(self, name: str, kind: RoomType = "c", members: Sequence[str] = ()) -> Room:
        """A room with these members."""
        at = self.ws.stamp()
        room = Room(id=room_id(), type=kind, name=name, read_only=False, created_at=at, updated_at=at)
        changes = Changes()
        rooms.insert(changes, room)
        for member in members:
            subscriptions.insert(changes, new_subscription(room.id, self.users[member], at))
        await self.ws.db.commit(changes)
        self.rooms[name] = room
        return room


def run(url: str, data: Path, body: Callable[[House], Awaitable[None]]) -> None:
    """Run ``body`` in a furnished house on the database at ``url``."""

    async def main() -> None:
        config = load(database_url=url, data=data, test_mode=True)
        async with assemble(config, "http://localhost") as started:
            house = House(started.services)
            await house.furnish()
            await body(house)

    asyncio.run(main())


def body_of(template: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A request's body: ``template`` with ``fields`` in it; those that are ``...`` are left out."""
    return {name: value for name, value in {**template, **fields}.items() if value is not ...}
