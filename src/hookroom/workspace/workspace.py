"""What the use cases of one server share: the database and what is held of it in memory."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from hookroom.mail.port import Mailer, NoMail
from hookroom.rules.times import IsoTime, iso, millis
from hookroom.storage.database import Database, Stale
from hookroom.workspace.authority import Authority
from hookroom.workspace.directory import Directory
from hookroom.workspace.events import Observer
from hookroom.workspace.failed_logins import FailedLogins
from hookroom.workspace.follow_ups import FollowUps
from hookroom.workspace.rate_limit import Windows
from hookroom.workspace.settings import Settings
from hookroom.workspace.turns import Turns

P = ParamSpec("P")
R = TypeVar("R")

_TRIES: Final = 20
_PAUSE_S: Final = 0.002
"""Most that a second try waits; later ones wait longer."""


@dataclass(slots=True)
class Workspace:
    """One chat server's state. ``observer`` turns events into deliveries; ``app`` puts it in."""

    db: Database
    directory: Directory
    authority: Authority
    settings: Settings
    observer: Observer
    site_url: str
    test_mode: bool = False
    failed_logins: FailedLogins = field(default_factory=FailedLogins)
    registrations: Windows = field(default_factory=Windows)
    """Accounts made by methods, for each address: no limit of a route counts those."""
    turns: Turns = field(default_factory=Turns)
    follow_ups: FollowUps = field(default_factory=FollowUps)
    mail: Mailer = field(default_factory=NoMail)

    def now(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def stamp(self, last: IsoTime | None = None) -> IsoTime:
        """The time of a write: now, and later than the write before it (``last``)."""
        now = self.now()
        return iso(max(now, millis(last) + 1) if last else now)


def retrying(
    use_case: Callable[Concatenate[Workspace, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Workspace, P], Coroutine[Any, Any, R]]:
    """Run a use case again, on fresh data, when somebody changed the same thing at the same time.

    For use cases that load what they change by id themselves; ``Stale`` wrote nothing, so that a repetition
    does nothing twice. Gives up after some tries.
    """

    async def again(ws: Workspace, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for tries in range(1, _TRIES):
            try:
                return await use_case(ws, *args, **kwargs)
            except Stale:
                ws.directory.forget_everything()
                # Those that collided must not meet again at every try.
                await asyncio.sleep(random.uniform(0, _PAUSE_S * tries))  # noqa: S311 - no secret
        return await use_case(ws, *args, **kwargs)

    update_wrapper(again, use_case)
    return again
