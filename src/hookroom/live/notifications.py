"""``<user>/notification``: new messages, as a client shows them to who looks elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hookroom.live.hub import Hub
from hookroom.live.places import NOTIFICATION, USER
from hookroom.rooms import room_views
from hookroom.rules import notification_settings
from hookroom.rules.model import Message, Room, User
from hookroom.rules.notifications import Occasion, tells
from hookroom.storage.tables import messages, rooms
from hookroom.workspace.workspace import Workspace

COUNT_AGAIN_MS: Final = 10_000
"""How long the number of a room's members counts as known."""
MAX_COUNTS: Final = 1000


class Notifications:
    """Notifies the users of this node who listen."""

    def __init__(self, ws: Workspace, hub: Hub) -> None:
        self._ws = ws
        self._hub = hub
        self._members: dict[str, tuple[int, int]] = {}
        """Room -> when it was counted, and how many there were."""

    async def heard(self, message: Message, room: Room, users: Sequence[str]) -> None:
        """A message was written; ``users`` are those who listen and are, or may be, in its room."""
        if message.type is not None or message.updated_at != message.created_at:
            return
        listening = [
            user_id
            for user_id in users
            if user_id != message.user.id and self._hub.wanted(USER, f"{user_id}/{NOTIFICATION}")
        ]
        if not listening:
            return
        said = await self._occasion(message, room, listening)
        for user_id in listening:
            member = await self._ws.directory.subscription(room.id, user_id)
            user = await self._ws.directory.user(user_id)
            if member is None or user is None or not user.active:
                continue
            own = (user.settings or {}).get("preferences", {})
            settings = notification_settings.shown(member.preferences or {}, own)
            ignored = message.user.id in (member.ignored or ())
            if tells(said, user_id, status=user.status, settings=settings, ignored=ignored):
                event = await self._event(message, room, user)
                self._hub.publish(USER, f"{user_id}/{NOTIFICATION}", [event])

    async def _occasion(self, message: Message, room: Room, listening: Sequence[str]) -> Occasion:
        followers: frozenset[str] = frozenset()
        if message.thread_id is not None:
            first = await messages.by_id(self._ws.db, message.thread_id)
            followers = frozenset((first.replies if first else None) or ())
        most = self._ws.settings["Notifications_Max_Room_Members"]
        return Occasion(
            message=message,
            room_type=room.type,
            followers=followers,
            in_teams=await self._in_teams(message, listening),
            crowded=most > 0 and await self._count(room.id) > most,
            default=self._ws.settings["Accounts_Default_User_Preferences_desktopNotifications"],
        )

    async def _in_teams(self, message: Message, listening: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        for one in message.mentions or ():
            team = await self._ws.directory.team(one["_id"]) if one.get("type") == "team" else None
            if team is None:
                continue
            for user_id in listening:
                if await self._ws.directory.subscription(team.room_id, user_id) is not None:
                    found.add(user_id)
        return frozenset(found)

    async def _count(self, room_id: str) -> int:
        now = self._ws.now()
        at, members = self._members.get(room_id, (0, 0))
        if now - at > COUNT_AGAIN_MS:
            members = (await rooms.activity(self._ws.db, room_id)).members
            if len(self._members) >= MAX_COUNTS:
                self._members.clear()
            self._members[room_id] = (now, members)
        return members

    async def _event(self, message: Message, room: Room, user: User) -> dict[str, Any]:
        sender, name = message.user, room.name
        title, text = f"#{room.display_name or room.name}", f"{sender.username}: {_text(message)}"
        if room.type == "d":
            name, _ = await room_views.direct_names(self._ws, user, room)
            title = name
            if len(room.user_ids or ()) <= 2:
                title, text = sender.username or "", _text(message)
        payload: dict[str, Any] = {
            "_id": message.id,
            "rid": room.id,
            "sender": {"_id": sender.id, "username": sender.username, "name": sender.name},
            "type": room.type,
            "name": name,
            "message": {"msg": message.text},
        }
        if message.thread_id is not None:
            payload["tmid"] = message.thread_id
        return {"title": title, "text": text, "payload": payload}


def _text(message: Message) -> str:
    if message.text:
        return message.text
    for one in message.attachments or ():
        for field in ("title", "text", "description", "fallback"):
            if one.get(field):
                return str(one[field])
    return ""
