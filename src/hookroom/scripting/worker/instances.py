"""The scripts of a worker: those alive, and the state of those that are not.

At most so many are alive; whoever ran longest ago makes room and leaves a snapshot. Snapshots are bounded too, and
a script that has lost its own begins anew, as after a restart of the server.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

from hookroom.scripting.worker.live import LiveScript, Source

GOOD_FOR_S: Final = 5.0
"""Seconds that a snapshot of a living script is good for: what the script loses when it has to be stopped."""

SHARE: Final = 4
"""A snapshot that would take more than a quarter of all the room is not kept: others have state too."""
SPARE: Final = 4
"""Instances kept for the next script that has to be woken up or loaded."""


class Instance:
    """A script alive and what is known of it."""

    __slots__ = ("changed", "doomed", "script", "size", "taken_at", "turns", "version", "waiting")

    def __init__(self, script: LiveScript, version: bytes) -> None:
        self.script = script
        self.version = version
        self.size = script.memory
        """Bytes of its memory when it was last at rest."""
        self.turns = 1
        """Turns that have it: one that runs, or one more whose end is told already."""
        self.doomed = False
        """Whether it ends with the last of them."""
        self.waiting: set[int] = set()
        """Calls of it that wait for something outside."""
        self.changed = True
        """Whether it ran since its snapshot was taken."""
        self.taken_at = time.monotonic()

    @property
    def at_rest(self) -> bool:
        """Whether nothing happens in it, nor will by itself."""
        return not self.turns and not self.waiting


class Instances:
    """All scripts of one worker. Safe for many threads; an instance is for the one that took it."""

    def __init__(self, source: Source, *, most: int, live_memory: int, snapshots: int) -> None:
        self._source = source
        self._most = most
        self._live_memory = live_memory
        self._snapshot_memory = snapshots
        self._alive: OrderedDict[str, Instance] = OrderedDict()
        self._alive_size = 0
        self._snapshots: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        self._snapshots_size = 0
        self._spare: list[LiveScript] = []
        """Instances whose scripts had to make room: with other contents they are new ones."""
        self._lock = threading.Lock()

    def take(self, key: str, version: bytes, memory: int) -> Instance | None:
        """The instance ``key`` for a turn, woken up if need be; ``None`` when it has to be loaded."""
        with self._lock:
            found = self._alive.get(key)
            if found is not None:
                if found.version == version:
                    found.turns += 1
                    self._alive.move_to_end(key)
                    return found
                self._bury(key)
            kept = self._snapshots.get(key)
            if kept is None:
                return None
            if kept[0] != version:
                self._lose(key)
                return None
            self._make_room()
            spare = self._spare.pop() if self._spare else None
        # Not with the lock, which a thread that is slow or of little importance would hold for all others.
        woken = Instance(self._empty(spare, memory), version)
        try:
            woken.script.restore(kept[1])
        except BaseException:
            woken.script.close()
            raise
        with self._lock:
            if key in self._snapshots:
                # Unless those who made room left theirs in its place.
                self._snapshots.move_to_end(key)
            self._enter(key, woken)
            return woken

    def new(self, memory: int, *, now: int | None = None) -> LiveScript:
        """An empty instance; ``add`` it once its script is loaded, or close it. ``now`` as for ``LiveScript``."""
        with self._lock:
            self._make_room()
            spare = self._spare.pop() if self._spare and now is None else None
        if now is not None:
            return LiveScript(self._source, memory, now=now)
        return self._empty(spare, memory)

    def add(self, key: str, version: bytes, script: LiveScript) -> Instance:
        """A script that was just loaded is alive from now on."""
        with self._lock:
            self._bury(key)
            self._lose(key)
            new = Instance(script, version)
            self._enter(key, new)
            return new

    def held(self, key: str) -> Instance | None:
        """The instance ``key`` if it is alive: it must be, while a call of it is under way."""
        with self._lock:
            found = self._alive.get(key)
            if found is not None:
                found.turns += 1
            return found

    def give_back(self, key: str, instance: Instance) -> None:
        """A turn has ended. The next one may have begun already: its order came in answer to this one's end."""
        with self._lock:
            instance.changed = True
            closing = self._let_go(instance)
            if self._alive.get(key) is instance:
                size = instance.script.memory
                self._alive_size += size - instance.size
                instance.size = size
                aged = time.monotonic() - instance.taken_at > GOOD_FOR_S
                if aged and instance.at_rest:
                    self._keep(key, instance)
                if self._alive_size > self._live_memory:
                    self._make_room(0)
        if closing:
            instance.script.close()

    def abandon(self, key: str, call: int) -> None:
        """A call will not go on: the script need not stay alive for it."""
        with self._lock:
            if (found := self._alive.get(key)) is not None:
                found.waiting.discard(call)

    def end(self, key: str, instance: Instance) -> None:
        """The instance is broken; the next one begins with the last good snapshot, if there is one.

        To be called before the end of the turn is told: what is told brings the next turn.
        """
        with self._lock:
            if self._alive.get(key) is instance:
                self._depart(key)
            instance.doomed = True
            closing = self._let_go(instance)
        if closing:
            instance.script.close()

    def forget(self, key: str) -> None:
        """Nothing of ``key`` is needed any more."""
        with self._lock:
            self._bury(key)
            self._lose(key)

    def _empty(self, spare: LiveScript | None, memory: int) -> LiveScript:
        if spare is not None:
            if spare.empty(memory):
                return spare
            spare.close()
        return LiveScript(self._source, memory)

    def _bury(self, key: str) -> None:
        old = self._depart(key)
        if old is not None:
            old.doomed = True
            if not old.turns:
                old.script.close()

    @staticmethod
    def _let_go(instance: Instance) -> bool:
        """One turn less; whether the instance has to be closed now."""
        instance.turns -= 1
        return instance.doomed and not instance.turns

    def _lose(self, key: str) -> None:
        lost = self._snapshots.pop(key, None)
        if lost is not None:
            self._snapshots_size -= len(lost[1])

    def _enter(self, key: str, instance: Instance) -> None:
        self._alive[key] = instance
        self._alive_size += instance.size

    def _depart(self, key: str) -> Instance | None:
        old = self._alive.pop(key, None)
        if old is not None:
            self._alive_size -= old.size
        return old

    def _make_room(self, more: int = 1) -> None:
        """Let those end that ran longest ago, until so many ``more`` may live."""
        while len(self._alive) + more > 1 and (
            len(self._alive) + more > self._most or self._alive_size > self._live_memory
        ):
            key = next((key for key, one in self._alive.items() if one.at_rest), None)
            if key is None:
                return
            old = self._alive[key]
            if old.changed:
                self._keep(key, old)
            self._depart(key)
            if len(self._spare) < SPARE:
                self._spare.append(old.script)
            else:
                old.script.close()

    def _keep(self, key: str, instance: Instance) -> None:
        """Take a snapshot of an instance that is at rest."""
        if not self._snapshot_memory:
            return
        snapshot = instance.script.snapshot()
        instance.changed, instance.taken_at = False, time.monotonic()
        self._lose(key)
        if len(snapshot) * SHARE > self._snapshot_memory:
            return
        self._snapshots[key] = instance.version, snapshot
        self._snapshots_size += len(snapshot)
        while self._snapshots_size > self._snapshot_memory and len(self._snapshots) > 1:
            self._lose(next(iter(self._snapshots)))
