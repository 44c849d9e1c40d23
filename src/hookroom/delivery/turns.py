"""Whose turn it is: which lane sends next, in memory, without knowing what or how.

Hosts take turns, and the lanes of a host do, one delivery each. Three things are shared: the places of this
process, those of a host, and those of an integration with several URLs. Of each, a host or lane may have as many
as there are free ones left beside it: one slow receiver gets half of them at most, two a third each, and so on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from random import random
from typing import Final, Literal

from msgspec import Struct

from hookroom.delivery.lane import Host, Lane, Receiver, Share, parts_of
from hookroom.rules.breaker import CLOSED, after_call

REMEMBERED: Final = 10_000
"""Receivers without lanes whose breakers are remembered."""

Found = Literal["up", "down"]
"""What a call told of its receiver."""


class Allowance(Struct, frozen=True):
    """What one integration may do: calls at once, shared by so many URLs."""

    calls: int
    urls: int = 1


class Turns:
    """All lanes of one node. Calls at once: ``places`` in all, ``per_host``, and what ``per_integration`` says."""

    def __init__(self, places: int, per_host: int, per_integration: Callable[[str], Allowance]) -> None:
        self._places = places
        self._per_host = per_host
        self._per_integration = per_integration
        self._running = 0
        self._turns: deque[Host] = deque()
        self._lanes: dict[str, Lane] = {}
        self._hosts: dict[str, Host] = {}
        self._shares: dict[str, Share] = {}
        self._receivers: dict[str, Receiver] = {}

    @property
    def lanes(self) -> Iterable[Lane]:
        """Those that something is known of."""
        return list(self._lanes.values())

    def known(self, name: str) -> Lane | None:
        """The lane of that name, if anything is known of it."""
        return self._lanes.get(name)

    def lane(self, name: str) -> Lane:
        """The lane of that name."""
        lane = self._lanes.get(name)
        if lane is None:
            host_name, receiver_name, integration_id, ordered = parts_of(name)
            host = self._hosts.get(host_name)
            if host is None:
                host = self._hosts[host_name] = Host(host_name)
            share = self._shares.get(integration_id)
            if share is None:
                share = self._shares[integration_id] = Share(integration_id)
            receiver = self._receivers.get(receiver_name)
            if receiver is None:
                receiver = self._receivers[receiver_name] = Receiver(receiver_name)
            lane = self._lanes[name] = Lane(name, host, share, receiver, ordered)
            for shared in (host, share, receiver):
                shared.lanes.add(lane)
        return lane

    def drop(self, lane: Lane) -> None:
        """Forget a lane that is idle."""
        if self._lanes.pop(lane.name, None) is None:
            return
        host, share, receiver = lane.host, lane.share, lane.receiver
        for shared in (host, share, receiver):
            shared.lanes.discard(lane)
        if not host.lanes and not host.running:
            self._hosts.pop(host.name, None)
        if not share.lanes and not share.running:
            self._shares.pop(share.integration_id, None)
        if not receiver.lanes and receiver.breaker == CLOSED:
            self._receivers.pop(receiver.name, None)
        elif len(self._receivers) > len(self._lanes) + REMEMBERED:
            self._forget_receivers()

    def offer(self, lane: Lane) -> None:
        """The lane has something ready."""
        if lane.ready and lane.place is None:
            lane.place = "turns"
            lane.host.turns.append(lane)
            self._list(lane.host)

    def next(self, now: int) -> Lane | None:
        """The lane whose turn it is at ``now`` (epoch milliseconds), if any may send; to be told to ``begin``."""
        passed: list[Host] = []
        found: Lane | None = None
        while found is None and self._turns and (free := self._places - self._running) > 0:
            host = self._turns.popleft()
            if host.running >= free:
                passed.append(host)
                continue
            found = self._of(host, now)
            if found is None:
                # It is listed again when one of its calls ends, or one of its lanes is offered.
                host.listed = False
            else:
                self._turns.append(host)
        self._turns.extendleft(reversed(passed))
        return found

    def begin(self, lane: Lane) -> bool:
        """A call of ``lane`` starts. Whether it is the probe of its receiver is for ``end`` to be told."""
        self._running += 1
        for shared in (lane, lane.host, lane.share):
            shared.running += 1
        receiver = lane.receiver
        receiver.probing = receiver.probing or receiver.breaker.is_open
        return receiver.breaker.is_open

    def end(self, lane: Lane, now: int, *, probe: bool, found: Found | None) -> bool:
        """A call has ended; ``found`` is ``None`` when the receiver was not called.

        Answers whether its breaker opened or closed.
        """
        self._running -= 1
        for shared in (lane, lane.host, lane.share):
            shared.running -= 1
        receiver = lane.receiver
        before = receiver.breaker
        if found is not None:
            receiver.breaker = after_call(before, now, random(), down=found == "down", probe=probe)  # noqa: S311
        if probe:
            receiver.probing = False
        changed = receiver.breaker.openings != before.openings
        if probe or changed:
            self.retry(receiver)
        self._unpark(lane.share.parked)
        self.offer(lane)
        if lane.host.turns:
            self._list(lane.host)
        return changed

    def retry(self, receiver: Receiver) -> None:
        """Give the lanes of ``receiver`` their turn again: it may be callable now."""
        self._unpark(receiver.parked)

    def _of(self, host: Host, now: int) -> Lane | None:
        passed: list[Lane] = []
        found: Lane | None = None
        free = self._per_host - host.running
        while found is None and host.turns:
            lane = host.turns.popleft()
            if not lane.ready or (lane.ordered and lane.running):
                lane.place = None
            elif self._uses_up(lane):
                lane.place = "share"
                lane.share.parked.append(lane)
            elif not lane.receiver.breaker.permits(now, probing=lane.receiver.probing):
                lane.place = "receiver"
                lane.receiver.parked.append(lane)
            elif lane.running >= free:
                passed.append(lane)
            else:
                host.turns.append(lane)
                found = lane
        host.turns.extendleft(reversed(passed))
        return found

    def _uses_up(self, lane: Lane) -> bool:
        """Whether the integration of ``lane`` has no place for it."""
        share = lane.share
        if not share.running:
            return False
        allowed = self._per_integration(share.integration_id)
        free = allowed.calls - share.running
        return free <= 0 or (allowed.urls > 1 and lane.running >= free)

    def _list(self, host: Host) -> None:
        if not host.listed:
            host.listed = True
            self._turns.append(host)

    def _unpark(self, parked: list[Lane]) -> None:
        if parked:
            waiting, parked[:] = list(parked), []
            for lane in waiting:
                lane.place = None
                self.offer(lane)

    def _forget_receivers(self) -> None:
        for name in [name for name, one in self._receivers.items() if not one.lanes]:
            del self._receivers[name]
