"""What everybody is told of users, and users of themselves.

To all who are logged in (``stream-notify-logged``): ``user-status``, ``Users:NameChanged``, ``Users:Deleted``,
``updateAvatar``, ``roles-change``. To the user (``stream-notify-user``): ``userData``, ``force_logout``. Names and
shapes are the original's (``server/modules/listeners/listeners.module.ts``).

To who asked for some users' status alone (``stream-user-presence``): that, under the id of the user.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import HookroomError
from hookroom.live.event import Event
from hookroom.live.hub import Hub
from hookroom.live.paced import Paced
from hookroom.live.places import USER
from hookroom.rules.ddp import to_ddp
from hookroom.rules.model import User
from hookroom.rules.presence import NUMBERS
from hookroom.storage.statement import Touch
from hookroom.storage.tables import rooms, users
from hookroom.workspace.workspace import Workspace

LOGGED: Final = "stream-notify-logged"
PRESENCE: Final = "stream-user-presence"
USER_DATA: Final = "userData"
FORCE_LOGOUT: Final = "force_logout"

_encode: Final = msgspec.json.Encoder().encode

_WANTED_BY_ALL: Final = {
    users.STATUS_TOUCHED: "user-status",
    users.NAME_TOUCHED: "Users:NameChanged",
    users.AVATAR_TOUCHED: "updateAvatar",
    rooms.AVATAR_TOUCHED: "updateAvatar",
    users.GONE_TOUCHED: "Users:Deleted",
    users.ROLE_TOUCHED: "roles-change",
}
_MAY_BE_ABSENT: Final = tuple(
    field.encode_name for field in msgspec.structs.fields(User) if field.default is None
)


class PeopleEvents(Paced):
    """Tells of users soon after they changed: several changes at once are told as what they come to."""

    pause_s = 0.1

    def __init__(self, ws: Workspace, hub: Hub) -> None:
        super().__init__()
        self._ws = ws
        self._hub = hub
        self._touched: dict[Touch, None] = {}

    def touched(self, kind: str, key: str) -> None:
        """A user, or the picture of a room, is another."""
        if kind in (users.OUT_TOUCHED, users.GONE_TOUCHED):
            # At once: soon their connections end.
            self._hub.publish(USER, f"{key}/{FORCE_LOGOUT}", [])
        if self._is_wanted(kind, key):
            self._touched[kind, key] = None
            self.wake()

    async def step(self) -> None:
        """Tell of those that were touched."""
        touched, self._touched = self._touched, {}
        for done, (kind, key) in enumerate(touched):
            try:
                await self._tell(kind, key)
            except HookroomError:
                self._touched = dict.fromkeys(list(touched)[done:]) | self._touched
                raise

    def _is_wanted(self, kind: str, key: str) -> bool:
        hub = self._hub
        if kind == "user":
            return hub.wanted(USER, f"{key}/{USER_DATA}")
        if kind == users.STATUS_TOUCHED and hub.wanted(PRESENCE, key):
            return True
        event = _WANTED_BY_ALL.get(kind)
        return event is not None and hub.wanted(LOGGED, event)

    async def _tell(self, kind: str, key: str) -> None:
        if kind == rooms.AVATAR_TOUCHED:
            room = await self._ws.directory.room(key)
            if room is not None:
                self._publish("updateAvatar", {"rid": room.id, "etag": room.avatar_etag})
        elif kind == users.GONE_TOUCHED:
            erasure = self._ws.settings["Message_ErasureType"]
            self._publish("Users:Deleted", {"userId": key, "messageErasureType": erasure})
        elif kind == users.ROLE_TOUCHED:
            await self._tell_role(key)
        else:
            await self._tell_user(kind, key, await self._ws.directory.user(key))

    async def _tell_user(self, kind: str, user_id: str, user: User | None) -> None:
        if kind == "user":
            self._hub.publish(USER, f"{user_id}/{USER_DATA}", [_data(user_id, user)])
        elif user is None:
            return
        elif kind == users.STATUS_TOUCHED:
            self._tell_status(user)
        elif kind == users.NAME_TOUCHED:
            self._publish("Users:NameChanged", {"_id": user.id, "name": user.name, "username": user.username})
        else:
            self._publish("updateAvatar", {"username": user.username, "etag": user.avatar_etag})

    def _tell_status(self, user: User) -> None:
        if self._ws.settings["Presence_broadcast_disabled"]:
            return
        number, text = NUMBERS.get(user.status, 0), user.status_text or ""
        self._publish("user-status", [user.id, user.username, number, text, user.name, list(user.roles)])
        if self._hub.wanted(PRESENCE, user.id):
            self._hub.tell(PRESENCE, user.id, _presence(user, number, text))

    async def _tell_role(self, key: str) -> None:
        way, role, user_id, *room = key.split("/", 3)
        user = await self._ws.directory.user(user_id)
        if user is not None:
            what: dict[str, Any] = {
                "type": way,
                "_id": role,
                "u": {"_id": user.id, "username": user.username},
            }
            self._publish("roles-change", what | ({"scope": room[0]} if room else {}))

    def _publish(self, event: str, what: object) -> None:
        self._hub.publish(LOGGED, event, [what])


def _presence(user: User, number: int, text: str) -> Event:
    # Not as other streams: the id is the user's, and names them once more beside the event.
    args = [[user.username, number, text]]
    fields = {"eventName": user.id, "uid": user.id, "args": args}
    return Event(_encode({"msg": "changed", "collection": PRESENCE, "id": user.id, "fields": fields}))


def _data(user_id: str, user: User | None) -> dict[str, Any]:
    if user is None:
        return {"type": "removed", "id": user_id}
    # What changed is not known: all of it is what it is now.
    diff = to_ddp(user)
    del diff["_id"]
    unset = {name: 1 for name in _MAY_BE_ABSENT if name not in diff}
    return {"type": "updated", "id": user_id, "diff": diff, "unset": unset}
