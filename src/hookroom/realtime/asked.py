"""What a client asks for: methods and subscriptions, one after the other, as Meteor works them off.

There is a task only while something waits. What a client asks for faster than it is worked off, or than it reads
the answers, is not read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from hookroom.errors import HookroomError, Refused
from hookroom.live.people import PRESENCE
from hookroom.methods.errors import ddp_error, internal_error
from hookroom.methods.registry import MethodCall, named
from hookroom.methods.table import METHODS
from hookroom.realtime.admission import SILENT, STREAMS, admit, event_name
from hookroom.realtime.listening import Listening
from hookroom.realtime.watching import Watching
from hookroom.rules.model import User
from hookroom.workspace.rate_limit import Windows

if TYPE_CHECKING:
    from hookroom.realtime.session import Session

log = structlog.get_logger()

MAX_SUBSCRIPTIONS: Final = 5000
"""Of a connection."""
MAX_ID: Final = 512
"""Characters of a client's id of a subscription, which is kept for as long as that lasts."""
MAX_WAITING: Final = 64
"""Messages that wait to be worked off at which no more are read."""
MAX_WAITING_BYTES: Final = 256 * 1024

_encode: Final = msgspec.json.Encoder().encode


class Asked:
    """What ``session`` asked for and what is done about it. ``method`` is the one that runs, if any."""

    __slots__ = (
        "_bytes",
        "_session",
        "_silent",
        "_task",
        "_waiting",
        "_watching",
        "_windows",
        "at",
        "method",
    )

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._windows = Windows()
        self._silent: set[str] = set()
        """Subscriptions to what has nothing to tell."""
        self._watching = Watching(session)
        self.at = asyncio.get_running_loop().time()
        """When something was asked for last, by the loop's clock."""
        self.method = ""

    def add(self, message: dict[str, Any], size: int) -> None:
        """A message of ``size`` bytes: ``method``, ``sub`` or ``unsub``."""
        self._waiting.append((message, size))
        self.at = asyncio.get_running_loop().time()
        self._bytes += size
        if len(self._waiting) >= MAX_WAITING or self._bytes >= MAX_WAITING_BYTES:
            self._session.connection.pause(2)
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    def forget(self) -> None:
        """The client is gone: nobody waits for the rest."""
        self._waiting.clear()
        self._watching.stop()

    def rest(self, now: int) -> None:
        """Let go of what is not needed while nothing is asked; ``now`` is in epoch milliseconds."""
        self._windows.forget_past(now)

    async def _work(self) -> None:
        while self._waiting:
            if self._session.connection.is_full:
                await self._session.connection.drained()
                continue
            message, size = self._waiting.popleft()
            self._bytes -= size
            try:
                await self._do(message)
            except Exception:
                log.exception("a realtime message was not worked off", kind=message["msg"])
                self._session.connection.close(1011, "internal error")
            if len(self._waiting) < MAX_WAITING // 2 and self._bytes < MAX_WAITING_BYTES // 2:
                self._session.connection.resume(2)
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
            self._session.error("Malformed method invocation", message)
            return
        answer: dict[str, Any] = {"msg": "result", "id": id_}
        try:
            method = named(METHODS, name)
            self._limit(name)
            self.method = name
            result = await method(await self._method_call(), params)
            if result is not None:
                answer["result"] = result
        except HookroomError as error:
            answer["error"] = ddp_error(error, name)
        except Exception:
            log.exception("a method failed", method=name)
            answer["error"] = internal_error()
        finally:
            self.method = ""
        self._session.connection.answer(_encode(answer), _encode({"msg": "updated", "methods": [id_]}))

    async def _method_call(self) -> MethodCall:
        user = await self._caller()
        return MethodCall(
            self._session.parts.services,
            self._session.address,
            caller=user,
            token=self._session.token if user is not None else None,
            connection=self._session,
        )

    async def _caller(self) -> User | None:
        """Who the session is, as they are now; nobody from the moment on that their login is worth nothing."""
        token, ws = self._session.token, self._session.parts.ws
        if token is None:
            return None
        stored = await ws.directory.token(token.hash)
        user = await ws.directory.user(token.user_id)
        valid = stored is not None and stored.is_valid(ws.now()) and user is not None and user.active
        return user if valid else None

    async def _subscribe(self, message: dict[str, Any]) -> None:
        id_, name, params = message.get("id"), message.get("name"), message.get("params", [])
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(params, list):
            self._session.error("Malformed subscription", message)
            return
        if len(id_) > MAX_ID:
            self._session.error(f"The id of a subscription has at most {MAX_ID} characters")
            return
        if id_ in self._session.listenings or id_ in self._silent or id_ == self._watching.id:
            return  # A client that is not sure asks again; as Meteor, this is passed over.
        try:
            if len(self._session.listenings) + len(self._silent) >= MAX_SUBSCRIPTIONS:
                raise Refused(
                    "too-many-subscriptions", f"A connection may have {MAX_SUBSCRIPTIONS} subscriptions"
                )
            if name in SILENT or name in STREAMS or name == PRESENCE:
                self._limit(name)
            if name == PRESENCE:
                if not self._watching.ask(id_, params):
                    self._session.say({"msg": "nosub", "id": id_})
                    return
            elif name in SILENT:
                self._silent.add(id_)
            else:
                await self._listen(id_, name, params)
        except HookroomError as error:
            self._session.say({"msg": "nosub", "id": id_, "error": ddp_error(error)})
            return
        if len(params) > 1 and _uses_collection(params[1]):
            fields = {"eventName": params[0]}
            self._session.say({"msg": "added", "collection": name, "id": "id", "fields": fields})
        self._session.say({"msg": "ready", "subs": [id_]})
        listening = self._session.listenings.get(id_)
        if listening is not None:
            # What came before ``ready`` was held, and what was touched while nobody watched is looked at.
            self._session.parts.rechecking.look_at(listening)

    async def _listen(self, id_: str, stream: str, params: list[Any]) -> None:
        event = event_name(stream, params)
        admission = await admit(self._session.parts.ws, self._session.user, stream, event)
        if self._session.open:
            listening = self._session.listenings[id_] = Listening(
                self._session, id_, stream, event, admission
            )
            listening.hold()
            await listening.start()

    def _unsubscribe(self, message: dict[str, Any]) -> None:
        id_ = message.get("id")
        if not isinstance(id_, str):
            self._session.error("Malformed unsubscription", message)
            return
        self._silent.discard(id_)
        if id_ == self._watching.id:
            self._watching.stop()
        listening = self._session.listenings.pop(id_, None)
        if listening is not None:
            listening.stop()
        self._session.say({"msg": "nosub", "id": id_})

    def _limit(self, name: str) -> None:
        ws, people = self._session.parts.ws, self._session.parts.people
        if ws.test_mode:
            return
        self._session.parts.limit.check(
            name,
            ws.now(),
            address=people.windows(f"address {self._session.address}")
            if self._session.address != "127.0.0.1"
            else None,
            user=people.windows(f"user {self._session.user.id}") if self._session.user else None,
            connection=self._windows,
        )


def _uses_collection(option: object) -> bool:
    return option is True or (isinstance(option, dict) and option.get("useCollection") is True)
