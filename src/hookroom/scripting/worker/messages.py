"""What the server and a worker tell each other: msgpack values, each after its length (4 bytes, little endian).

The server gives a worker *turns*, one at a time for each instance: a call, what a request of the script's
brought, or a question to the compiler. The worker answers each with what came of it. Times are in milliseconds,
sizes in bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct


class Settings(Struct, frozen=True, array_like=True, tag=0):
    """The first message: what the worker is for.

    ``folder`` keeps images; ``memory`` is the most that an instance may ever be given; ``instances`` how many may
    be alive at once, ``live_memory`` how much memory they may have together; ``snapshots`` the bytes for the state
    of those that are not alive. With ``compiler`` it answers ``Ask`` too.
    """

    folder: str
    instances: int
    memory: int
    live_memory: int
    snapshots: int
    compiler: bool
    nice: int


class Call(Struct, frozen=True, array_like=True, tag=1):
    """Call a method of the instance ``key``; ``argument`` is what the runtime's ``call`` takes.

    ``version`` names code, kind and memory: an instance of another version is dropped. Without ``code`` the worker
    must know the instance, else it answers ``Unknown``. ``seed`` and ``now`` make it repeatable.
    """

    turn: int
    key: str
    version: bytes
    argument: bytes
    time: int
    memory: int
    legacy: bool
    code: str | None = None
    seed: int | None = None
    now: int | None = None


class Resume(Struct, frozen=True, array_like=True, tag=2):
    """What a request brought that the script waits for; ``argument`` is what the runtime's ``resume`` takes."""

    turn: int
    key: str
    call: int
    argument: bytes
    time: int


class Answered(Struct, frozen=True, array_like=True, tag=3):
    """What ``HTTP`` brought, to the turn that stands still for it."""

    turn: int
    answer: bytes


class Drop(Struct, frozen=True, array_like=True, tag=4):
    """Forget the instance ``key``, alive or not."""

    key: str


class Abandon(Struct, frozen=True, array_like=True, tag=6):
    """Nobody waits for a call of ``key`` any more: what it waits for will not come."""

    key: str
    call: int


class Ask(Struct, frozen=True, array_like=True, tag=5):
    """Ask the compiler; ``function`` is one of ``guest.COMPILER``, or ``syntax``."""

    turn: int
    function: str
    argument: bytes
    time: int
    memory: int


ToWorker = Settings | Call | Resume | Answered | Drop | Abandon | Ask


class Ready(Struct, frozen=True, array_like=True, tag=0):
    """The worker takes turns now; ``confined`` names what holds it in."""

    confined: Sequence[str]


class Turned(Struct, frozen=True, array_like=True, tag=1):
    """A turn has ended well: what the runtime's ``turn`` or the compiler said (JSON)."""

    turn: int
    said: bytes
    took: float
    memory: int


class Failed(Struct, frozen=True, array_like=True, tag=2):
    """A turn has ended badly. ``kind`` is a ``model.FailureKind``; the instance is gone unless it is ``load``."""

    turn: int
    kind: str
    name: str
    message: str
    stack: str
    took: float
    memory: int


class Unknown(Struct, frozen=True, array_like=True, tag=3):
    """The worker needs the code for this turn."""

    turn: int


class Http(Struct, frozen=True, array_like=True, tag=4):
    """The script stands still for an ``HTTP`` request (JSON); the turn goes on with ``Answered``."""

    turn: int
    request: bytes


FromWorker = Ready | Turned | Failed | Unknown | Http

PENDING: Final = b'{"state":"pending"'
"""How the runtime begins what it says of a call that waits for something."""

TURNS: Final = 24
"""Turns that a worker has at once; each may take a thread of it, and an instance."""

LENGTH: Final = 4
"""Bytes of the length before each message."""

MAX_SIZE: Final = 64 << 20
"""Bytes of the longest message."""

to_worker: Final = msgspec.msgpack.Decoder(ToWorker)
from_worker: Final = msgspec.msgpack.Decoder(FromWorker)
_encode: Final = msgspec.msgpack.Encoder().encode


def framed(message: ToWorker | FromWorker) -> bytes:
    """``message`` as it is sent."""
    encoded = _encode(message)
    return len(encoded).to_bytes(LENGTH, "little") + encoded
