"""One session of DDP: what a client asks for, and who it is.

::

    connect ──► connected ──┬─► ping / pong                at once
      │                     └─► method / sub / unsub       one after the other, as in Meteor
      └─► failed, closed

While nothing is asked there is no task. What a client sends is worked off in the order in which it came, so that a
``sub`` after a ``login`` is the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hookroom.errors import HookroomError
from hookroom.methods.errors import ddp_error
from hookroom.realtime.asked import Asked
from hookroom.rules.ddp_version import agreed, best
from hookroom.rules.ids import random_id
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.model import User
from hookroom.storage.tables.tokens import Token

if TYPE_CHECKING:
    from hookroom.realtime.connection import Connection
    from hookroom.realtime.listening import Listening
    from hookroom.realtime.parts import Parts

PING: Final = b'{"msg":"ping"}'
LOGGED_OUT: Final = 4401
"""The close code of a session whose token is no longer valid; 4000 and above are for applications."""

_encode: Final = msgspec.json.Encoder().encode
_ASKED: Final = frozenset({"method", "sub", "unsub"})


class Session:
    """A client of the realtime API. ``connection`` is set once it is open."""

    __slots__ = (
        "address",
        "asked",
        "connection",
        "id",
        "listenings",
        "open",
        "parts",
        "token",
        "user",
        "version",
    )

    connection: Connection

    def __init__(self, parts: Parts, address: str) -> None:
        self.parts = parts
        self.address = address
        self.id = random_id()
        self.open = True
        self.version: str | None = None
        """Of DDP, as agreed by ``connect``."""
        self.user: User | None = None
        """As they were when they logged in, or were looked at last."""
        self.token: Token | None = None
        self.listenings: dict[str, Listening] = {}
        """By the client's id."""
        self.asked: Asked | None = None
        """From the first method or subscription on."""
        parts.people.come(self)

    def take(self, text: bytes) -> None:
        """A message came."""
        if not self.open:
            return
        try:
            message = read_json(text)
        except NotJson:
            self.error("Parse error")
            return
        if not isinstance(message, dict) or not isinstance(message.get("msg"), str):
            if not _is_a_greeting(message):
                self.error("Bad request", message)
            return
        kind = message["msg"]
        if kind == "connect":
            self._connect(message)
        elif self.version is None:
            self.error("Must connect first", message)
        elif kind == "ping":
            id_ = message.get("id")
            self.say({"msg": "pong", "id": id_} if isinstance(id_, str) else {"msg": "pong"})
        elif kind in _ASKED:
            if self.asked is None:
                self.asked = Asked(self)
            self.asked.add(message, len(text))
        elif kind != "pong":
            self.error("Bad request", message)

    def login(self, user: User, token: Token) -> None:
        """See ``methods.registry.Connection``."""
        if not self.open:
            return
        self._leave()
        self.user, self.token = user, token
        self.parts.people.logged_in(self, user.id, token.hash)
        self.parts.services.presence.connected(self.id, user.id)
        fields: dict[str, Any] = {"username": user.username}
        if user.emails:
            fields["emails"] = [{"address": one.address, "verified": one.verified} for one in user.emails]
        self.say({"msg": "added", "collection": "users", "id": user.id, "fields": fields})
        self.parts.rechecking.session(self)

    def logout(self) -> None:
        """See ``methods.registry.Connection``."""
        user = self.user
        if user is not None:
            self._leave()
            self.say({"msg": "removed", "collection": "users", "id": user.id})
            self.parts.rechecking.session(self)

    async def check(self) -> None:
        """Find out whether the login is still valid, and close if not: the client is to log in anew."""
        token, ws = self.token, self.parts.ws
        if token is None:
            return
        stored = await ws.directory.token(token.hash)
        user = await ws.directory.user(token.user_id)
        if self.token is not token:
            return
        if stored is not None and stored.is_valid(ws.now()) and user is not None and user.active:
            self.user = user
        elif self.asked is None or self.asked.method != "logout":
            self.connection.close(LOGGED_OUT, "logged out")

    def end(self, listening: Listening, error: HookroomError) -> None:
        """A subscription is no longer allowed."""
        if self.listenings.get(listening.id) is listening:
            del self.listenings[listening.id]
            listening.stop()
            self.say({"msg": "nosub", "id": listening.id, "error": ddp_error(error)})

    def closed(self) -> None:
        """The connection is closed, or about to be."""
        if not self.open:
            return
        self.open = False
        for listening in self.listenings.values():
            listening.stop()
        self.listenings = {}
        if self.asked is not None:
            self.asked.forget()
        self._leave()
        self.parts.people.go(self)

    def _leave(self) -> None:
        if self.user is not None and self.token is not None:
            self.parts.people.logged_out(self, self.user.id, self.token.hash)
            self.parts.services.presence.gone(self.id)
        self.user = self.token = None

    def _connect(self, message: dict[str, Any]) -> None:
        if self.version is not None:
            self.error("Already connected", message)
            return
        self.version = agreed(message.get("version"), message.get("support"))
        if self.version is None:
            self.say({"msg": "failed", "version": best(message.get("support"))})
            self.connection.close()
        else:
            self.say({"msg": "connected", "session": self.id})

    def error(self, reason: str, offending: object = None) -> None:
        """Say that a message is not understood."""
        answer: dict[str, Any] = {"msg": "error", "reason": reason}
        if offending is not None:
            answer["offendingMessage"] = offending
        self.say(answer)

    def say(self, message: Mapping[str, Any]) -> None:
        """Tell the client."""
        self.connection.answer(_encode(message))


def _is_a_greeting(message: object) -> bool:
    # Meteor servers and clients greet with messages that have no kind, such as ``{"server_id": "0"}``.
    return isinstance(message, dict) and "msg" not in message and "server_id" in message
