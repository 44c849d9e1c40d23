"""``<user>/subscriptions-changed``: a user's memberships, as they are after what happened in their rooms.

A message changes what is shown of a room to its members: that something is new, and to those it mentions a
number. Nobody is told twice that something is new, and what follows from many messages is looked up once for all
members who listen: a busy room costs a query now and then, and nothing for those who have heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from hookroom.errors import HookroomError
from hookroom.live.hub import Hub, Key
from hookroom.live.paced import Paced
from hookroom.live.places import SUBSCRIPTIONS, USER, Places
from hookroom.rooms import room_views
from hookroom.rules import unread
from hookroom.rules.ddp import to_ddp
from hookroom.rules.mentions import GROUPS
from hookroom.rules.model import Message, Room
from hookroom.workspace.workspace import Workspace

_STEP: Final = 200
"""Members whose subscriptions one query reads."""

Why = Literal["new", "updated", "inserted"]
"""Why a membership is looked at; the later ones hold for the earlier. ``new``: to say that something is new."""

_WEIGHT: Final[Mapping[Why, int]] = {"new": 0, "updated": 1, "inserted": 2}


class SubscriptionEvents(Paced):
    """Tells users of their memberships, at most a few times a second."""

    pause_s = 0.3

    def __init__(self, ws: Workspace, hub: Hub, places: Places) -> None:
        super().__init__()
        self._ws = ws
        self._hub = hub
        self._places = places
        self._changed: dict[str, dict[str, Why]] = {}
        """Room -> users whose membership of it is to be looked at."""
        self._alerted: dict[str, set[str]] = {}
        """User -> rooms of which they were told that something there is new."""
        hub.on_interest(self._interest)

    def touched(self, room_id: str, user_id: str, why: Why = "updated") -> None:
        """A membership was written."""
        self._forget_alert(room_id, user_id)
        if self._wanted(user_id):
            self._look_at(room_id, [user_id], why)

    def left(self, room_id: str, user_id: str, subscription_id: str) -> None:
        """A membership ended."""
        self._changed.get(room_id, {}).pop(user_id, None)
        self._forget_alert(room_id, user_id)
        if self._wanted(user_id):
            gone = {"_id": subscription_id, "rid": room_id, "u": {"_id": user_id}}
            self._hub.publish(USER, f"{user_id}/{SUBSCRIPTIONS}", ["removed", gone])

    def room_touched(self, room_id: str) -> None:
        """A room has another name, is archived, or something happened to a message that nobody can tell."""
        users = self._places.users_of(room_id)
        for user_id in users:
            self._forget_alert(room_id, user_id)
        self._look_at(room_id, users)

    def anything(self) -> None:
        """Any membership of anybody may be another: all are told anew, at the pace of all others."""
        for room_id in self._places.everywhere():
            self.room_touched(room_id)

    def room_gone(self, room_id: str) -> None:
        """A room is gone, with all memberships."""
        for user_id, subscription_id in self._places.surely_in(room_id):
            self.left(room_id, user_id, subscription_id)
        self._changed.pop(room_id, None)

    def heard(self, message: Message, room: Room, users: Sequence[str]) -> None:
        """A message is new or changed; ``users`` are those who listen and are, or may be, in its room."""
        if message.updated_at != message.created_at:
            if message.type == "rm":
                self.room_touched(room.id)
            else:
                self._look_at(room.id, _among(users, [*(message.replies or ()), *_mentioned(message)]))
            return
        if message.type is not None or (message.thread_id is not None and not message.shown_in_room):
            return  # Counts for nobody; who follows the thread hears of its first message, which changes too.
        mentioned = _mentioned(message)
        others = [one for one in users if one != message.user.id]
        counted = self._ws.settings[unread.setting_of(room.type)] == unread.ALL
        if counted or not mentioned.isdisjoint(GROUPS) or _teams(message):
            self._look_at(room.id, others)
            return
        self._look_at(room.id, [one for one in others if room.id not in self._alerted.get(one, ())], "new")
        self._look_at(room.id, _among(others, mentioned))

    async def step(self) -> None:
        """Tell those who are to be told."""
        changed, self._changed = self._changed, {}
        while changed:
            room_id, users = changed.popitem()
            try:
                await self._tell_all(room_id, users)
            except HookroomError:
                changed[room_id] = users
                for left, its in changed.items():
                    self._changed[left] = its | self._changed.get(left, {})
                raise

    async def _tell_all(self, room_id: str, users: dict[str, Why]) -> None:
        wanted = [user_id for user_id in users if self._wanted(user_id)]
        for i in range(0, len(wanted), _STEP):
            part = wanted[i : i + _STEP]
            # What happens in the room while it is read is looked at again.
            for user_id in part:
                self._forget_alert(room_id, user_id)
            answers = await room_views.memberships_in(self._ws, room_id, part)
            again = self._changed.get(room_id, {})
            for user_id, answer in answers.items():
                action = "inserted" if users[user_id] == "inserted" else "updated"
                self._hub.publish(USER, f"{user_id}/{SUBSCRIPTIONS}", [action, to_ddp(answer)])
                if answer["alert"] and again.get(user_id, "new") == "new":
                    again.pop(user_id, None)
                    self._alerted.setdefault(user_id, set()).add(room_id)

    def _look_at(self, room_id: str, users: Iterable[str], why: Why = "updated") -> None:
        changed = self._changed.setdefault(room_id, {})
        for user_id in users:
            if _WEIGHT[changed.get(user_id, "new")] <= _WEIGHT[why]:
                changed[user_id] = why
        if changed:
            self.wake()
        else:
            del self._changed[room_id]

    def _forget_alert(self, room_id: str, user_id: str) -> None:
        if user_id in self._alerted:
            self._alerted[user_id].discard(room_id)

    def _interest(self, key: Key, wanted: bool) -> None:
        stream, event = key
        if stream == USER and not wanted:
            user_id, _, name = event.partition("/")
            if name == SUBSCRIPTIONS:
                # Whoever comes again reads for themselves what there is.
                self._alerted.pop(user_id, None)

    def _wanted(self, user_id: str) -> bool:
        return self._hub.wanted(USER, f"{user_id}/{SUBSCRIPTIONS}")


def _mentioned(message: Message) -> set[str]:
    return {one["_id"] for one in message.mentions or ()}


def _teams(message: Message) -> bool:
    return any(one.get("type") == "team" for one in message.mentions or ())


def _among(users: Sequence[str], wanted: Iterable[str]) -> Sequence[str]:
    chosen = set(wanted)
    return [one for one in users if one in chosen]
