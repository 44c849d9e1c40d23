"""Who is asked whether they are there, and who is closed: by what a sweep finds of a session."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hookroom.realtime.keepalive import Keepalive
from hookroom.realtime.parts import Parts
from hookroom.realtime.session import PING, Session

NOW = 1_000.0
"""The loop's clock; a session was opened at 0 unless it says otherwise."""


@dataclass
class Wire:
    """A connection that keeps what it is told to do."""

    opened_at: float = 0.0
    heard_at: float = NOW
    pinged: bool = False
    is_sockjs: bool = False
    done: list[object] = field(default_factory=list)

    def close(self, code: int, reason: str) -> None:
        self.done.append((code, reason))

    def ping(self, text: bytes | None) -> None:
        self.done.append(text)

    def heartbeat(self) -> None:
        self.done.append("heartbeat")


def swept(wire: Wire, **fields: Any) -> list[object]:
    session = {"version": "1", "user": "somebody", "token": None, "listenings": {}, "asked": None, **fields}

    async def sweep() -> None:
        keepalive = Keepalive(cast("Parts", None))
        keepalive._look_at(cast("Session", SimpleNamespace(connection=wire, **session)), NOW, 0)

    asyncio.run(sweep())
    return wire.done


def token(valid: bool) -> Any:
    return SimpleNamespace(is_valid=lambda now: valid)


@pytest.mark.parametrize(
    ("wire", "session", "done"),
    [
        (Wire(), {}, []),
        (Wire(heard_at=NOW - 24), {}, []),
        (Wire(heard_at=NOW - 26), {}, [PING]),
        (Wire(heard_at=NOW - 26), {"version": "pre1"}, [None]),
        (Wire(heard_at=NOW - 26, is_sockjs=True), {}, [PING, "heartbeat"]),
        (Wire(heard_at=NOW - 59, pinged=True), {}, []),
        (Wire(heard_at=NOW - 61, pinged=True), {}, [(1001, "no answer to pings")]),
        (Wire(opened_at=NOW - 29), {"version": None, "user": None}, []),
        (Wire(opened_at=NOW - 31), {"version": None, "user": None}, [(1008, "no connect")]),
        (Wire(), {"token": token(True)}, []),
        (Wire(), {"token": token(False)}, [(4401, "logged out")]),
        (Wire(opened_at=NOW - 299), {"user": None}, []),
        (Wire(opened_at=NOW - 301), {"user": None}, [(1008, "idle without a login")]),
        (Wire(), {"user": None, "asked": SimpleNamespace(at=NOW - 1)}, []),
        (Wire(), {"user": None, "listenings": {"1": None}}, []),
    ],
)
def test_a_sweep(wire: Wire, session: dict[str, Any], done: list[object]) -> None:
    assert swept(wire, **session) == done
