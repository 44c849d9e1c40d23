"""One session of DDP: what a client asks for, and who it is.

::

    connect ──► connected ──┬─► ping / pong                at once
      │                     └─► method / sub / unsub       one after the other, as in Meteor
      └─► failed, closed

While nothing is asked there is no task. What a client sends is worked off in the order in which it came, so that a
``sub`` after a ``login`` is the user's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from hookroom.errors import HookroomError, Refused
from hookroom.methods.errors import ddp_error, internal_error
from hookroom.methods.registry import MethodCall, named
from hookroom.methods.table import METHODS
from hookroom.realtime.admission import SILENT, STREAMS, admit, event_name
from hookroom.realtime.call_limits import Windows
from hookroom.realtime.listening import Listening
from hookroom.rules.ddp_version import agreed, best
from hookroom.rules.ids import random_id
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.model import User
from hookroom.storage.tables.tokens import Token

if TYPE_CHECKING:
    from hookroom.realtime.connection import Connection
    from hookroom.realtime.parts import Parts

log = structlog.get_logger()

WELCOME: Final = b'{"server_id":"0"}'
PING: Final = b'{"msg":"ping"}'
LOGGED_OUT: Final = 4401
"""The close code of a session whose token is no longer valid; 4000 and above are for applications."""
MAX_SUBSCRIPTIONS: Final = 5000
MAX_WAITING: Final = 64
"""Messages that wait to be worked off at which no more are read."""
MAX_WAITING_BYTES: Final = 256 * 1024

_encode: Final = msgspec.json.Encoder().encode
_ASKED: Final = frozenset({"method", "sub", "unsub"})


class Session:
    """A client of the realtime API. ``connection`` is set once it is open."""

    __slots__ = (
        "_bytes",
        "_method",
        "_silent",
        "_task",
        "_waiting",
        "_windows",
        "address",
        "asked_at",
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
        self.asked_at = asyncio.get_running_loop().time()
        """When a method or subscription was asked for last, by the loop's clock."""
        self.version: str | None = None
        """Of DDP, as agreed by ``connect``."""
        self.user: User | None = None
        """As they were when they logged in, or were looked at last."""
        self.token: Token | None = None
        self.listenings: dict[str, Listening] = {}
        """By the client's id."""
        self._silent: set[str] = set()
        """Subscriptions to what has nothing to tell."""
        self._waiting: deque[tuple[dict[str, Any], int]] | None = None
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._windows: Windows | None = None
        self._method = ""
        parts.people.come(self)

    def take(self, text: bytes) -> None:
        """A message came."""
        if not self.open:
            return
        try:
            message = read_json(text)
        except NotJson:
            self._error("Parse error")
            return
        if not isinstance(message, dict) or not isinstance(message.get("msg"), str):
            if not _is_a_greeting(message):
                self._error("Bad request", message)
            return
        kind = message["msg"]
        if kind == "connect":
            self._connect(message)
        elif self.version is None:
            self._error("Must connect first", message)
        elif kind == "ping":
            id_ = message.get("id")
            self._say({"msg": "pong", "id": id_} if isinstance(id_, str) else {"msg": "pong"})
        elif kind in _ASKED:
            self._ask(message, len(text))
        elif kind != "pong":
            self._error("Bad request", message)

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
        self._say({"msg": "added", "collection": "users", "id": user.id, "fields": fields})
        self.parts.rechecking.session(self)

    def logout(self) -> None:
        """See ``methods.registry.Connection``."""
        user = self.user
        if user is not None:
            self._leave()
            self._say({"msg": "removed", "collection": "users", "id": user.id})
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
        elif self._method != "logout":
            self.connection.close(LOGGED_OUT, "logged out")

    def end(self, listening: Listening, error: HookroomError) -> None:
        """A subscription is no longer allowed."""
        if self.listenings.get(listening.id) is listening:
            del self.listenings[listening.id]
            listening.stop()
            self._say({"msg": "nosub", "id": listening.id, "error": ddp_error(error)})

    def closed(self) -> None:
        """The connection is closed, or about to be."""
        if not self.open:
            return
        self.open = False
        for listening in self.listenings.values():
            listening.stop()
        self.listenings = {}
        self._waiting = None
        self._leave()
        self.parts.people.go(self)

    def rest(self, now: int) -> None:
        """Let go of what is not needed while nothing is asked; ``now`` is in epoch milliseconds."""
        if self._windows is not None and self._windows.forget_past(now):
            self._windows = None

    def _leave(self) -> None:
        if self.user is not None and self.token is not None:
            self.parts.people.logged_out(self, self.user.id, self.token.hash)
            self.parts.services.presence.gone(self.id)
        self.user = self.token = None

    def _connect(self, message: dict[str, Any]) -> None:
        if self.version is not None:
            self._error("Already connected", message)
            return
        self.version = agreed(message.get("version"), message.get("support"))
        if self.version is None:
            self._say({"msg": "failed", "version": best(message.get("support"))})
            self.connection.close()
        else:
            self._say({"msg": "connected", "session": self.id})

    def _ask(self, message: dict[str, Any], size: int) -> None:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((message, size))
        self.asked_at = asyncio.get_running_loop().time()
        self._bytes += size
        if len(self._waiting) >= MAX_WAITING or self._bytes >= MAX_WAITING_BYTES:
            self.connection.pause(2)
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            if self.connection.is_full:
                await self.connection.drained()
                continue
            message, size = self._waiting.popleft()
            self._bytes -= size
            try:
                await self._do(message)
            except Exception:
                log.exception("a realtime message was not worked off", kind=message["msg"])
                self.connection.close(1011, "internal error")
            if len(self._waiting or ()) < MAX_WAITING // 2 and self._bytes < MAX_WAITING_BYTES // 2:
                self.connection.resume(2)
        self._waiting = None
        self._bytes = 0
        self._task = None

    async def _do(self, message: dict[str, Any]) -> None:
        match message["msg"]:
            case "method":
                await self._call(message)
            case "sub":
                await self._subscribe(message)
            case _:
                self._unsubscribe(message)

    async def _call(self, message: dict[str, Any]) -> None:
        id_, name, params = message.get("id"), message.get("method"), message.get("params", [])
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(params, list):
            self._error("Malformed method invocation", message)
            return
        answer: dict[str, Any] = {"msg": "result", "id": id_}
        try:
            method = named(METHODS, name)
            self._limit(name)
            self._method = name
            result = await method(await self._method_call(), params)
            if result is not None:
                answer["result"] = result
        except HookroomError as error:
            answer["error"] = ddp_error(error, name)
        except Exception:
            log.exception("a method failed", method=name)
            answer["error"] = internal_error()
        finally:
            self._method = ""
        self.connection.answer(_encode(answer), _encode({"msg": "updated", "methods": [id_]}))

    async def _method_call(self) -> MethodCall:
        user = await self._caller()
        return MethodCall(
            self.parts.services,
            self.address,
            caller=user,
            token=self.token if user is not None else None,
            connection=self,
        )

    async def _caller(self) -> User | None:
        """Who the session is, as they are now."""
        if self.token is None:
            return None
        user = await self.parts.ws.directory.user(self.token.user_id)
        return user if user is not None and user.active else None

    async def _subscribe(self, message: dict[str, Any]) -> None:
        id_, name, params = message.get("id"), message.get("name"), message.get("params", [])
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(params, list):
            self._error("Malformed subscription", message)
            return
        if id_ in self.listenings or id_ in self._silent:
            return  # A client that is not sure asks again; as Meteor, this is passed over.
        try:
            if len(self.listenings) + len(self._silent) >= MAX_SUBSCRIPTIONS:
                raise Refused(
                    "too-many-subscriptions", f"A connection may have {MAX_SUBSCRIPTIONS} subscriptions"
                )
            if name in SILENT or name in STREAMS:
                self._limit(name)
            if name in SILENT:
                self._silent.add(id_)
            else:
                await self._listen(id_, name, params)
        except HookroomError as error:
            self._say({"msg": "nosub", "id": id_, "error": ddp_error(error)})
            return
        if len(params) > 1 and _uses_collection(params[1]):
            fields = {"eventName": params[0]}
            self._say({"msg": "added", "collection": name, "id": "id", "fields": fields})
        self._say({"msg": "ready", "subs": [id_]})
        listening = self.listenings.get(id_)
        if listening is not None:
            # What came before ``ready`` was held, and what was touched since nobody watched is looked at.
            await listening.check()

    async def _listen(self, id_: str, stream: str, params: list[Any]) -> None:
        event = event_name(stream, params)
        admission = await admit(self.parts.ws, self.user, stream, event)
        if self.open:
            listening = self.listenings[id_] = Listening(self, id_, stream, event, admission)
            listening.hold()
            await listening.start()

    def _unsubscribe(self, message: dict[str, Any]) -> None:
        id_ = message.get("id")
        if not isinstance(id_, str):
            self._error("Malformed unsubscription", message)
            return
        self._silent.discard(id_)
        listening = self.listenings.pop(id_, None)
        if listening is not None:
            listening.stop()
        self._say({"msg": "nosub", "id": id_})

    def _limit(self, name: str) -> None:
        ws, people = self.parts.ws, self.parts.people
        if ws.test_mode:
            return
        if self._windows is None:
            self._windows = Windows()
        self.parts.limit.check(
            name,
            ws.now(),
            address=people.windows(f"address {self.address}") if self.address != "127.0.0.1" else None,
            user=people.windows(f"user {self.user.id}") if self.user else None,
            connection=self._windows,
        )

    def _error(self, reason: str, offending: object = None) -> None:
        answer: dict[str, Any] = {"msg": "error", "reason": reason}
        if offending is not None:
            answer["offendingMessage"] = offending
        self._say(answer)

    def _say(self, message: Mapping[str, Any]) -> None:
        self.connection.answer(_encode(message))


def _uses_collection(option: object) -> bool:
    return option is True or (isinstance(option, dict) and option.get("useCollection") is True)


def _is_a_greeting(message: object) -> bool:
    # Meteor servers and clients greet with messages that have no kind, such as ``{"server_id": "0"}``.
    return isinstance(message, dict) and "msg" not in message and "server_id" in message
