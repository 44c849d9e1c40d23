"""What a worker does with each message."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Final

import wasmtime

from hookroom.scripting.worker.compiler import Compiler
from hookroom.scripting.worker.crew import PATIENCE_S, Crew
from hookroom.scripting.worker.engine import Stopped
from hookroom.scripting.worker.instances import Instance, Instances
from hookroom.scripting.worker.live import LiveScript
from hookroom.scripting.worker.messages import (
    PENDING,
    Abandon,
    Answered,
    Ask,
    Call,
    Drop,
    Failed,
    FromWorker,
    Http,
    Resume,
    Turned,
    Unknown,
)
from hookroom.scripting.worker.quickjs import Thrown

MOST_HTTP: Final = 20
"""Requests by ``HTTP`` in one turn; each holds up a thread."""

MOST_BRACKETS: Final = 100_000
"""Brackets and braces in what a script says, those in texts included: a megabyte of lists takes the server a fifth
of a second to read, of anything else a few milliseconds."""
TOO_MANY: Final = f"the result is too large: more than {MOST_BRACKETS} objects and lists"
BEGAN_ANEW: Final = "The script was stopped by another call of it, or changed, while this one waited"
MOST_SLOW: Final = 10_000
"""Instances that are remembered for having taken long."""

_STOPPED: Final = {
    "time": ("time", "The script ran longer than it may"),
    "memory": ("memory", "The script needs more memory than it may have"),
    "stack": ("crash", "Maximum call stack size exceeded"),
}


class Turns:
    """Works on messages. ``send`` may be called from any thread; ``crew`` is told of waits."""

    def __init__(self, send: Callable[[FromWorker], None]) -> None:
        self._send = send
        self._instances: Instances | None = None
        self._compiler: Compiler | None = None
        self._crew: Crew | None = None
        self._waits: dict[int, queue.SimpleQueue[bytes]] = {}
        self._turn = threading.local()
        self._lock = threading.Lock()
        self._busy: dict[str, deque[threading.Lock | None]] = {}
        """The instances that have turns: what each of those is waiting for, the one that runs first."""
        self._slow: OrderedDict[str, None] = OrderedDict()
        """Instances whose last turn took long: the next one has a thread of its own from the start."""

    def ready(self, instances: Instances, compiler: Compiler | None, crew: Crew) -> None:
        """What is needed for work; before the first message."""
        self._instances, self._compiler, self._crew = instances, compiler, crew

    def work(self, message: object) -> None:
        """Do what ``message`` says, and answer it."""
        match message:
            case Call():
                with self._alone(message.key):
                    self._call(message)
            case Resume():
                with self._alone(message.key):
                    self._resume(message)
            case Answered():
                if (wait := self._waits.get(message.turn)) is not None:
                    wait.put(message.answer)
            case Drop():
                assert self._instances is not None
                self._instances.forget(message.key)
            case Abandon():
                assert self._instances is not None
                self._instances.abandon(message.key, message.call)
            case Ask():
                self._ask(message)

    def http(self, request: bytes) -> tuple[bytes, float]:
        """Carry out a script's request while it stands still; called in the thread of its turn (``live.Host``)."""
        turn: int = self._turn.number
        self._turn.requests += 1
        if self._turn.requests > MOST_HTTP:
            return b'{"error":"too many requests in one call"}', 0.0
        wait = self._waits[turn] = queue.SimpleQueue()
        try:
            assert self._crew is not None
            self._crew.step_aside()
            began = time.perf_counter()
            self._send(Http(turn, request))
            answer = wait.get()
            return answer, time.perf_counter() - began
        finally:
            del self._waits[turn]

    def _call(self, call: Call) -> None:
        assert self._instances is not None
        instances = self._instances
        self._turn.number, self._turn.requests = call.turn, 0
        instance: Instance | None = None
        self._mind(call.key)
        try:
            instance = instances.take(call.key, call.version, call.memory)
            if loaded := instance is None:
                if call.code is None:
                    self._send(Unknown(call.turn))
                    return
                instance = self._load(call, call.code)
                if instance is None:
                    return
            left = max(1, call.time - int(instance.script.took)) if loaded else call.time
            said = instance.script.turn("call", call.argument, call.turn, left)
        except (Stopped, Thrown) as error:
            self._broken(call.turn, call.key, instance, error)
        except wasmtime.WasmtimeError:
            self._send(Failed(call.turn, "busy", "Error", "No room for another script", "", 0.0, 0))
        else:
            self._said(call.turn, call.key, instance, call.turn, said)

    def _load(self, call: Call, code: str) -> Instance | None:
        """A new instance with the script loaded; answered is why not, if not."""
        assert self._instances is not None
        script = self._instances.new(call.memory, now=call.now)
        try:
            script.seed(call.seed)
            script.load(code, legacy=call.legacy, limit_ms=call.time)
            script.seed(call.seed)
        except (Stopped, Thrown) as error:
            self._judge(call.key, script.took)
            if isinstance(error, Stopped):
                failed = _stopped(call.turn, error, script)
            else:
                failed = _failed(call.turn, "load", error, script)
            script.close()
            self._send(failed)
            return None
        return self._instances.add(call.key, call.version, script)

    def _resume(self, message: Resume) -> None:
        assert self._instances is not None
        self._turn.number, self._turn.requests = message.turn, 0
        self._mind(message.key)
        instance = self._instances.held(message.key)
        if instance is None or message.call not in instance.waiting:
            # One that was loaded since, or put back from a snapshot, does not know the call.
            if instance is not None:
                self._instances.give_back(message.key, instance)
            self._send(Failed(message.turn, "crash", "Error", BEGAN_ANEW, "", 0.0, 0))
            return
        try:
            said = instance.script.turn("resume", message.argument, message.call, message.time)
        except (Stopped, Thrown) as error:
            self._broken(message.turn, message.key, instance, error)
        else:
            self._said(message.turn, message.key, instance, message.call, said)

    def _said(self, turn: int, key: str, instance: Instance, call: int, said: bytes) -> None:
        assert self._instances is not None
        script = instance.script
        self._judge(key, script.took)
        # Before the server hears of it, and may let the call go on.
        (instance.waiting.add if said.startswith(PENDING) else instance.waiting.discard)(call)
        if len(said) > MOST_BRACKETS and said.count(b"[") + said.count(b"{") > MOST_BRACKETS:
            self._send(Failed(turn, "throw", "RangeError", TOO_MANY, "", script.lap(), script.memory))
        else:
            self._send(Turned(turn, said, script.lap(), script.memory))
        self._instances.give_back(key, instance)

    def _broken(self, turn: int, key: str, instance: Instance | None, error: Stopped | Thrown) -> None:
        """The runtime itself does not throw, so whatever ends a turn leaves the instance in an unknown state."""
        assert self._instances is not None
        if instance is None:
            kind, text = "crash", str(error)
            self._send(Failed(turn, kind, "Error", text, "", 0.0, 0))
            return
        script = instance.script
        self._judge(key, script.took)
        if isinstance(error, Thrown):
            kind = "memory" if error.message == "out of memory" else "crash"
            failed = _failed(turn, kind, error, script)
        else:
            failed = _stopped(turn, error, script)
        # First of all: the next turn, which comes in answer to this, must not find it.
        self._instances.end(key, instance)
        self._send(failed)

    @contextlib.contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """An instance is for one thread at a time; the server sends the next turn of it while one still runs.

        In the order in which they came: the server counts the time of a turn from the end of the one before.
        """
        signal: threading.Lock | None = None
        with self._lock:
            turns = self._busy.get(key)
            if turns is None:
                turns = self._busy[key] = deque()
            else:
                signal = threading.Lock()
                signal.acquire()
            turns.append(signal)
        if signal is not None:
            assert self._crew is not None
            self._crew.step_aside()
            signal.acquire()
        try:
            yield
        finally:
            with self._lock:
                turns.popleft()
                if not turns:
                    del self._busy[key]
                elif (following := turns[0]) is not None:
                    following.release()

    def _mind(self, key: str) -> None:
        """Nobody is to wait for an instance that is known to take long."""
        if key in self._slow:
            assert self._crew is not None
            self._crew.step_aside()

    def _judge(self, key: str, took: float) -> None:
        if took > PATIENCE_S * 1000:
            self._slow[key] = None
            if len(self._slow) > MOST_SLOW:
                self._slow.popitem(last=False)
        else:
            self._slow.pop(key, None)

    def _ask(self, ask: Ask) -> None:
        if self._compiler is None:
            self._send(Failed(ask.turn, "unavailable", "Error", "This worker has no compiler", "", 0.0, 0))
            return
        self._send(self._compiler.answer(ask))


def _failed(turn: int, kind: str, error: Thrown, script: LiveScript) -> Failed:
    return Failed(turn, kind, error.name, error.message, error.stack, script.lap(), script.memory)


def _stopped(turn: int, error: Stopped, script: LiveScript) -> Failed:
    kind, text = _STOPPED.get(error.reason, ("crash", f"The script engine gave up: {error}"))
    name = "RangeError" if kind in ("memory", "crash") else "Error"
    return Failed(turn, kind, name, text, "", script.lap(), script.memory)
