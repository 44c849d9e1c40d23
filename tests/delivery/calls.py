"""Calls with a guarded client, as the tests make them."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from hookroom.delivery.client import GuardedClient, Judge, NotReached, OutgoingRequest, OutgoingResponse
from hookroom.delivery.own_address import OwnAddress
from hookroom.rules.addresses import Policy
from hookroom.rules.egress import egress

Run = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine to its end."""


def judge(policy: Policy | None = None, *, allow: str = "", deny: str = "", own: int | None = None) -> Judge:
    """A judge under ``policy`` (by default, loopback is permitted), on a server that listens on port ``own``."""
    rules = egress(policy or Policy(allow_loopback=True), allow=allow, deny=deny)
    return Judge(lambda: rules, OwnAddress(own) if own is not None else None)


def guarded(policy: Policy | Judge | None = None, **options: Any) -> GuardedClient:
    """A client as the tests need it, on the running loop."""
    settings: dict[str, Any] = {
        "connect_timeout_s": 5,
        "timeout_s": 10,
        "max_response_bytes": 1 << 20,
        "user_agent": "Hookroom-test",
        **options,
    }
    return GuardedClient(policy if isinstance(policy, Judge) else judge(policy), **settings)


async def send(
    request: OutgoingRequest, policy: Policy | Judge | None = None, **options: Any
) -> OutgoingResponse:
    async with guarded(policy, **options) as client:
        return await client.send(request)


async def failure(
    request: OutgoingRequest, policy: Policy | Judge | None = None, **options: Any
) -> tuple[NotReached, str]:
    """Why nothing came, and what a log would show of it."""
    with pytest.raises(NotReached) as caught:
        await send(request, policy, **options)
    return caught.value, "".join(traceback.format_exception(caught.value))


class Names(AbstractResolver):
    """Answers each lookup with the next list of addresses; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.lookups = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.lookups += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass
