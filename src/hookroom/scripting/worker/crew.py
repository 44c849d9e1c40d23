"""Threads that take turns at reading, so that one that is held up holds nobody up.

::

    the leader reads a message ──▶ works on it ──▶ reads the next one
                                        │
                                        │ longer than PATIENCE_S, or it is going to wait
                                        ▼
                          another thread leads; this one ends with its work

In quiet times one thread does everything and none is woken up. A thread that works long, or is known to be going
to, is made less important than the others: it may go on until its limit, but takes little from them.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 0.004
"""Seconds after which another thread takes the lead."""

IN_RESERVE: Final = 3
"""Threads that wait for the lead while there is work."""

IDLE_TICKS: Final = 200
"""Ticks without any work after which the clock stops."""

LITTLE_IMPORTANCE: Final = 10
"""The nice value of a thread that works long: a tenth of what the others get. With less it might not even get to
notice, on a busy machine, that its time is over."""

Read = Callable[[], object | None]
"""Waits for a message; ``None`` when there will be none any more."""


class Crew:
    """Runs ``work`` on what ``read`` brings, and ``tick`` every ``tick_s`` seconds while there is work."""

    def __init__(
        self, read: Read, work: Callable[[object], None], tick: Callable[[], None], tick_s: float
    ) -> None:
        self._read = read
        self._work = work
        self._tick = tick
        self._tick_s = tick_s
        self._lead = threading.Semaphore(1)
        self._state = threading.Lock()
        self._leader: int | None = None
        """The thread that leads and works, and
        since when it works."""
        self._since = 0.0
        self._waiting = 0
        self._working = 0
        self._awake = threading.Event()
        self._asleep = False
        self._ended = threading.Event()

    def run(self) -> None:
        """Work until ``read`` brings no more."""
        threading.Thread(target=self._keep_time, name="clock", daemon=True).start()
        with self._state:
            self._hire()
        self._ended.wait()

    def step_aside(self) -> None:
        """The calling thread is going to wait for something, or to work for long: let another one lead."""
        me = threading.get_native_id()
        with self._state:
            if self._leader == me:
                self._hand_over()
        _demote(me)

    def _hire(self) -> None:
        """One more thread that waits for the lead. Call with the state held. Raises ``RuntimeError``."""
        # Not a Thread: starting one waits until it runs.
        _thread.start_new_thread(self._serve, ())
        self._waiting += 1

    def _serve(self) -> None:
        me = threading.get_native_id()
        while True:
            self._lead.acquire()
            with self._state:
                self._waiting -= 1
            while True:
                message = self._read()
                if message is None:
                    self._ended.set()
                    return
                self._since = time.monotonic()
                with self._state:
                    self._leader = me
                    self._working += 1
                if self._asleep:
                    self._awake.set()
                try:
                    self._work(message)
                except BaseException:
                    # Without this thread nobody might lead any more. The server starts another worker.
                    traceback.print_exc()
                    os._exit(1)
                with self._state:
                    self._working -= 1
                    if self._leader != me:
                        break
                    self._leader = None
            if self._demoted(me):
                return
            with self._state:
                self._waiting += 1

    def _hand_over(self) -> None:
        """Somebody else leads from now on. Call with the state held."""
        if not self._waiting:
            try:
                self._hire()
            except RuntimeError:
                # No room for another thread at the moment: this one stays the leader until the next tick.
                return
        self._leader = None
        self._lead.release()

    def _keep_time(self) -> None:
        idle = 0
        due = time.monotonic() + self._tick_s
        while True:
            time.sleep(self._tick_s)
            now = time.monotonic()
            # Whoever sleeps wakes up late, the more the busier the machine is; limits are in real time.
            while due <= now:
                self._tick()
                due += self._tick_s
            with self._state:
                leader = self._leader
                if leader is not None and now - self._since > PATIENCE_S:
                    self._hand_over()
                    _demote(leader)
                if self._working and self._waiting < IN_RESERVE:
                    # Now, that nobody waits for it: the system may take its time over the stack of a new thread.
                    with contextlib.suppress(RuntimeError):
                        self._hire()
                idle = 0 if self._working else idle + 1
                if idle > IDLE_TICKS:
                    self._asleep = True
                    self._awake.clear()
            if self._asleep:
                self._awake.wait()
                self._asleep, idle = False, 0
                due = time.monotonic() + self._tick_s

    def _demoted(self, thread: int) -> bool:
        """Whether the calling thread was made less important than others, which only a new one is not."""
        if sys.platform != "linux":
            return False
        return os.getpriority(os.PRIO_PROCESS, thread) >= LITTLE_IMPORTANCE


def _demote(thread: int) -> None:
    # Only Linux has priorities by thread.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            # Only ever downwards, whatever the process itself has.
            least = max(LITTLE_IMPORTANCE, os.getpriority(os.PRIO_PROCESS, thread))
            os.setpriority(os.PRIO_PROCESS, thread, least)
