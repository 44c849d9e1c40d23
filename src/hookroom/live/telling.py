"""From what was written, on any node, to what the clients of this one are told beside messages.

::

    touched, told ──► one of these, by kind          ──► Hub
                      deleted messages   at once
                      SubscriptionEvents a few times a second, as do RoomEvents; both hear messages from Feed
                      Notifications      each message
                      PeopleEvents       a moment later
                      ServerEvents       when it is in force here

All of it is derived from what was written anyway, and only where somebody listens
(docs/decisions/0015-what-clients-are-told.md). The messages themselves are ``room_messages``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hookroom.live.feed import Feed
from hookroom.live.hub import Hub
from hookroom.live.notifications import Notifications
from hookroom.live.paced import Paced
from hookroom.live.people import PeopleEvents
from hookroom.live.places import Places
from hookroom.live.rooms import RoomEvents
from hookroom.live.server import ServerEvents
from hookroom.live.subscriptions import SubscriptionEvents
from hookroom.rules.model import Message
from hookroom.storage.statement import Touch
from hookroom.storage.tables import messages, rooms, subscriptions
from hookroom.workspace.workspace import Workspace

ROOM: Final = "stream-notify-room"


class Telling:
    """Listens to the database. ``start`` before anybody listens, ``stop`` in the end."""

    def __init__(self, ws: Workspace, hub: Hub) -> None:
        self._hub = hub
        self._ws = ws
        self._places = Places(ws.db, hub)
        self._subscriptions = SubscriptionEvents(ws, hub, self._places)
        self._rooms = RoomEvents(ws, hub, self._places)
        self._feed = Feed(ws, self._places, self._subscriptions, self._rooms, Notifications(ws, hub))
        self._people = PeopleEvents(ws, hub)
        self._server = ServerEvents(ws, hub)
        self._paced: tuple[Paced, ...] = (
            self._places,
            self._feed,
            self._subscriptions,
            self._rooms,
            self._people,
        )
        ws.db.on_touched(self._touched)
        ws.db.on_told(self._told)

    def start(self) -> None:
        """Tell from now on."""
        for one in self._paced:
            one.start()

    async def stop(self) -> None:
        """Tell no more."""
        for one in self._paced:
            await one.stop()

    def _told(self, told: Sequence[object]) -> None:
        if self._places:
            for one in told:
                if isinstance(one, Message):
                    self._feed.told(one)

    def _touched(self, touched: Sequence[Touch], local: bool) -> None:
        for kind, key in touched:
            if kind == messages.TOUCHED:
                if not local and self._places:
                    room_id, _, message_id = key.partition("/")
                    self._feed.touched(room_id, message_id)
            elif kind == messages.GONE_TOUCHED:
                self._message_gone(key)
            elif kind in ("setting", "authority"):
                self._server.touched(kind, key, local)
            else:
                self._people.touched(kind, key)
                if self._places:
                    self._touched_of_rooms(kind, key)

    def _message_gone(self, key: str) -> None:
        room_id, _, message_id = key.partition("/")
        self._hub.publish(ROOM, f"{room_id}/deleteMessage", [{"_id": message_id}])
        if self._places.anybody_in(room_id):
            self._subscriptions.room_touched(room_id)
            self._rooms.changed(room_id)

    def _touched_of_rooms(self, kind: str, key: str) -> None:
        room_id, _, rest = key.partition("/")
        if kind == "member":
            self._subscriptions.touched(room_id, rest)
        elif kind == subscriptions.JOINED:
            self._places.moved(room_id, rest)
            self._subscriptions.touched(room_id, rest, "inserted")
            self._rooms.joined(room_id, rest)
        elif kind == subscriptions.LEFT:
            user_id, _, subscription_id = rest.partition("/")
            self._places.moved(room_id, user_id)
            self._subscriptions.left(room_id, user_id, subscription_id)
        elif kind in ("room", messages.MANY_GONE):
            if self._places.anybody_in(key):
                self._subscriptions.room_touched(key)
                self._rooms.changed(key)
        elif kind == rooms.GONE_TOUCHED:
            self._subscriptions.room_gone(key)
            self._rooms.gone(key)
            self._places.forget_room(key)
        elif kind == "*" and key:
            # What another node wrote was not heard. (Without a key it is a room that went, of which all is known.)
            self._places.load_again()
            self._subscriptions.anything()
            self._rooms.anything()
