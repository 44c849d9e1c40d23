"""``<user>/notification``: new messages, as a client shows them to who looks elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from hookroom.live.hub import Hub
from hookroom.live.places import NOTIFICATION, USER
from hookroom.rooms import room_views
from hookroom.rules import notification_settings
from hookroom.rules.model import Message, Room, Subscription, User
from hookroom.rules.notifications import FIELD, Occasion, tells
from hookroom.storage.tables import messages, room_members, rooms
from hookroom.workspace.workspace import Workspace

KNOWN_MS: Final = 10_000
MAX_KNOWN: Final = 1000
"""Rooms of which something is known."""
_STEP: Final = 500


class _Room(NamedTuple):
    """What is known of a room for a while."""

    at: int
    members: int
    attentive: frozenset[str]
    """Of a crowded room: those who listen, and said themselves what they want to be told."""


class Notifications:
    """Notifies the users of this node who listen.

    In a room with more members than ``Notifications_Max_Room_Members`` a message is looked at for those whom it
    concerns, and for the few who said that they want more: what they said is known again every ``KNOWN_MS``.
    """

    def __init__(self, ws: Workspace, hub: Hub) -> None:
        self._ws = ws
        self._hub = hub
        self._rooms: dict[str, _Room] = {}

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
        known = await self._known(room, listening)
        most = self._ws.settings["Notifications_Max_Room_Members"]
        said = Occasion(
            message=message,
            room_type=room.type,
            followers=await self._followers(message),
            in_teams=await self._in_teams(message, listening),
            crowded=0 < most < known.members,
            default=self._ws.settings["Accounts_Default_User_Preferences_desktopNotifications"],
        )
        if said.crowded:
            concerned = {one["_id"] for one in message.mentions or ()} | said.followers | said.in_teams
            listening = [one for one in listening if one in concerned or one in known.attentive]
        for user_id in listening:
            await self._tell(said, room, user_id)

    async def _tell(self, said: Occasion, room: Room, user_id: str) -> None:
        member = await self._ws.directory.subscription(room.id, user_id)
        user = await self._ws.directory.user(user_id)
        if member is None or user is None or not user.active:
            return
        ignored = said.message.user.id in (member.ignored or ())
        if tells(said, user_id, status=user.status, settings=_settings(member, user), ignored=ignored):
            event = await self._event(said.message, room, user)
            self._hub.publish(USER, f"{user_id}/{NOTIFICATION}", [event])

    async def _known(self, room: Room, listening: Sequence[str]) -> _Room:
        now = self._ws.now()
        known = self._rooms.get(room.id)
        if known is not None and now - known.at < KNOWN_MS:
            return known
        members = (await rooms.activity(self._ws.db, room.id)).members
        attentive: set[str] = set()
        if 0 < self._ws.settings["Notifications_Max_Room_Members"] < members:
            for user_id, (user, member) in (await self._members(room, listening)).items():
                settings = _settings(member, user)
                if settings.get(FIELD) or settings.get("userHighlights"):
                    attentive.add(user_id)
        if len(self._rooms) >= MAX_KNOWN:
            self._rooms.clear()
        known = self._rooms[room.id] = _Room(now, members, frozenset(attentive))
        return known

    async def _members(self, room: Room, listening: Sequence[str]) -> dict[str, tuple[User, Subscription]]:
        found: dict[str, tuple[User, Subscription]] = {}
        for i in range(0, len(listening), _STEP):
            part = listening[i : i + _STEP]
            for user, listed in await room_members.memberships_in(self._ws.db, room.id, part):
                found[user.id] = user, listed.subscription
        return found

    async def _followers(self, message: Message) -> frozenset[str]:
        if message.thread_id is None:
            return frozenset()
        first = await messages.by_id(self._ws.db, message.thread_id)
        return frozenset((first.replies if first else None) or ())

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


def _settings(member: Subscription, user: User) -> dict[str, Any]:
    own = (user.settings or {}).get("preferences", {})
    return notification_settings.shown(member.preferences or {}, own)
