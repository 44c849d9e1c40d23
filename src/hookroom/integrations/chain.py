"""Chains across requests: what is sent says what led to it, and what comes in with that goes on from there.

::

    event (depth 1) ──▶ delivery, its script's fetch ──▶ header (depth 2) ──▶ /hooks, /api/v1 ──▶ event (depth 2)

Whatever a request does, posting, reacting or making a room, is part of its chain: the observer of its workspace
says so of each event.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Concatenate, Final, ParamSpec, TypeVar

import structlog
from msgspec.structs import replace

from hookroom.delivery.exchange import OutgoingRequest
from hookroom.integrations.once import Once
from hookroom.rules.chain import CHAIN, Chain, chain_of, header_of
from hookroom.rules.model import Integration, User
from hookroom.scripting.model import Fetch, Fetched, Fetcher
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import chain_key
from hookroom.storage.tables.deliveries import Delivery
from hookroom.workspace.events import Event, Observer
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

REMEMBERED: Final = 4096
"""Messages of which it is remembered that other servers are part of their chain.

Not stored: one that is forgotten by a restart only gives a loop across servers a few more rounds."""

P = ParamSpec("P")
T = TypeVar("T")

_START: Final = Chain()
_of_script: ContextVar[Chain | None] = ContextVar("chain of the script that runs", default=None)


class Chains:
    """The chains that one server is part of. ``key`` is the workspace's, ``now`` gives epoch milliseconds."""

    def __init__(self, key: bytes, now: Callable[[], int]) -> None:
        self._key = key
        self._now = now
        self._passed_on: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._once = Once()

    @classmethod
    async def load(cls, db: Database, now: Callable[[], int]) -> Chains:
        """With the workspace's key, which is made if there is none."""
        return cls(await chain_key.kept(db, secrets.token_bytes(32)), now)

    def of(self, header: str | None) -> Chain | None:
        """The chain that a request with this ``hookroom-chain`` belongs to, if any."""
        return chain_of(header, self._key, self._now()) if header else None

    def refused(self, integration: Integration, chain: Chain) -> None:
        """A call of ``integration`` was refused because ``chain`` is over: say so in the log, now and then."""
        if self._once.first(integration.id, self._now()):
            log.warning("call refused at the end of a chain", integration=integration.id, by=chain.by)

    def within(self, ws: Workspace, chain: Chain) -> Workspace:
        """``ws`` for a request of ``chain``: whatever happens through it is part of that."""
        return dataclasses.replace(ws, observer=_Within(ws.observer, chain, self._remember))

    def put(self, integration: Integration, delivery: Delivery, request: OutgoingRequest) -> OutgoingRequest:
        """``request`` with the header: what is put on every request of a delivery (``calling.Finish``)."""
        return replace(request, headers=self._with_header(request.headers, self._caused_by(delivery)))

    def during(
        self, attempt: Callable[Concatenate[Delivery, P], Awaitable[T]]
    ) -> Callable[Concatenate[Delivery, P], Awaitable[T]]:
        """``attempt``, in which what scripts request is part of the delivery's chain."""

        async def attempt_it(delivery: Delivery, /, *args: P.args, **kwargs: P.kwargs) -> T:
            with _scripts_of(self._caused_by(delivery)):
                return await attempt(delivery, *args, **kwargs)

        return attempt_it

    @contextlib.contextmanager
    def of_call(self, integration: Integration, chain: Chain | None) -> Iterator[None]:
        """In here the script of an incoming webhook runs on a call of ``chain``."""
        with _scripts_of((chain or _START).called(integration.id)):
            yield

    def fetching(self, fetch: Fetcher) -> Fetcher:
        """``fetch``, with the header on what scripts request; what they set themselves does not count."""

        async def fetch_it(asked: Fetch) -> Fetched:
            chain = _of_script.get()
            return await fetch(replace(asked, headers=self._with_header(asked.headers, chain)))

        return fetch_it

    def _caused_by(self, delivery: Delivery) -> Chain:
        event = delivery.event
        passed_on = self._passed_on.get(event.data.get("message_id", ""), ())
        return Chain(depth=event.depth, passed_on=passed_on).then(delivery.integration_id)

    def _with_header(
        self, headers: Iterable[tuple[str, str]], chain: Chain | None
    ) -> tuple[tuple[str, str], ...]:
        others = tuple(header for header in headers if header[0].lower() != CHAIN)
        if chain is None:
            return others
        return (*others, (CHAIN, header_of(chain, self._key, self._now())))

    def _remember(self, message_id: str, passed_on: tuple[str, ...]) -> None:
        self._passed_on[message_id] = passed_on
        if len(self._passed_on) > REMEMBERED:
            self._passed_on.popitem(last=False)


@contextlib.contextmanager
def _scripts_of(chain: Chain) -> Iterator[None]:
    token = _of_script.set(chain)
    try:
        yield
    finally:
        _of_script.reset(token)


class _Within:
    """Tells ``observer`` of what happens in ``chain``."""

    def __init__(
        self, observer: Observer, chain: Chain, remember: Callable[[str, tuple[str, ...]], None]
    ) -> None:
        self._observer = observer
        self._chain = chain
        self._remember = remember

    def observe(self, event: Event, changes: Changes) -> None:
        chain = self._chain
        if chain.depth:
            event = replace(event, depth=max(event.depth, chain.depth), by_integration=chain.by)
        if chain.passed_on and event.message is not None:
            self._remember(event.message.id, chain.passed_on)
        self._observer.observe(event, changes)

    def room_renamed(self, changes: Changes, old_name: str, new_name: str) -> None:
        self._observer.room_renamed(changes, old_name, new_name)

    def user_gone(self, changes: Changes, user: User) -> None:
        self._observer.user_gone(changes, user)
