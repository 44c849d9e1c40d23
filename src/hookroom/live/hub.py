"""Who listens to what on this node, and how it is told to them.

An event belongs to a stream and has a name, as in the realtime API: ``stream-notify-room`` and
``GENERAL/deleteMessage``. It is encoded once, however many listen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec
import structlog

from hookroom.errors import HookroomError
from hookroom.live.event import Event
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Touch

log = structlog.get_logger()

SIGNAL: Final = "signal"
"""The kind of touch that carries an event to other nodes; its key is the event as JSON."""

MAX_SIGNAL_BYTES: Final = 4000
"""Largest event that goes to other nodes by itself."""

_encode: Final = msgspec.json.Encoder().encode

Key = tuple[str, str]
"""Stream and name of an event."""


class Listener(Protocol):
    """A connection that was let in to an event."""

    def hear(self, event: Event) -> None:
        """Send ``event``. Neither blocks nor raises."""
        ...


class Hub:
    """The listeners of this node by what they listen to."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._listeners: dict[Key, dict[Listener, None]] = {}
        self._interest: list[Callable[[Key, bool], None]] = []
        self._sending: set[asyncio.Task[None]] = set()
        db.on_touched(self._heard, {SIGNAL})

    def listen(self, stream: str, event: str, listener: Listener) -> None:
        """Tell ``listener`` of an event from now on."""
        key = (stream, event)
        listeners = self._listeners.get(key)
        if listeners is None:
            self._listeners[key] = {listener: None}
            self._say(key, True)
        else:
            listeners[listener] = None

    def leave(self, stream: str, event: str, listener: Listener) -> None:
        """Tell it no longer; nothing happens where it did not listen."""
        key = (stream, event)
        listeners = self._listeners.get(key)
        if listeners is None or listener not in listeners:
            return
        del listeners[listener]
        if not listeners:
            del self._listeners[key]
            self._say(key, False)

    def wanted(self, stream: str, event: str) -> bool:
        """Whether anybody on this node listens: what nobody wants need not be made."""
        return (stream, event) in self._listeners

    def on_interest(self, listener: Callable[[Key, bool], None]) -> None:
        """Call ``listener(key, wanted)`` when the first one begins to listen and when the last one left."""
        self._interest.append(listener)

    def publish(self, stream: str, event: str, args: Sequence[Any]) -> None:
        """Tell the listeners of this node. ``args`` are as on the wire: dates as ``rules.ddp`` writes them."""
        if self.wanted(stream, event):
            self.tell(stream, event, Event(changed(stream, event, args)))

    def tell(self, stream: str, event: str, said: Event) -> None:
        """``publish`` what is encoded already."""
        for listener in tuple(self._listeners.get((stream, event), ())):
            listener.hear(said)

    def signal(self, stream: str, event: str, args: Sequence[Any]) -> None:
        """Tell the listeners of all nodes something that is written nowhere, such as that somebody types.

        Those of this node hear it at once. What is larger than ``MAX_SIGNAL_BYTES`` stays on this node.
        """
        self.publish(stream, event, args)
        if self._db.kind == "sqlite":
            return  # No other process has it open.
        text = _encode([stream, event, args])
        if len(text) > MAX_SIGNAL_BYTES:
            log.warning("an event is too large for other nodes", stream=stream)
            return
        changes = Changes()
        changes.touch(SIGNAL, text.decode())
        task = asyncio.create_task(self._pass_on(changes))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _pass_on(self, changes: Changes) -> None:
        try:
            await self._db.commit(changes)
        except HookroomError:
            log.warning("an event did not reach other nodes")

    def _heard(self, touched: Sequence[Touch], local: bool) -> None:
        if local:
            return
        for kind, key in touched:
            if kind == SIGNAL:
                stream, event, args = msgspec.json.decode(key)
                self.publish(stream, event, args)

    def _say(self, key: Key, wanted: bool) -> None:
        for listener in self._interest:
            listener(key, wanted)


def changed(stream: str, event: str, args: Sequence[Any]) -> bytes:
    """The protocol's message for an event (DDP, ``changed``): clients tell streams by ``collection`` alone."""
    fields = {"eventName": event, "args": args}
    return _encode({"msg": "changed", "collection": stream, "id": "id", "fields": fields})
