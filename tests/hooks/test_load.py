"""200 senders at once, who repeat themselves, and a server that is killed: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
from tests.hooks.fuzz.stored import read_now, reader
from tests.hooks.hooks import Hook
from tests.hooks.load import SAYS, SECRET, Delivery, Load, send_all
from tests.running import Api, Server, running

SENDERS: Final = 200
CALLS: Final = 50 if os.environ.get("HOOKROOM_DRILL") == "1" else 8
"""Of each sender, repetitions not counted."""


def hooks_of(admin: Api) -> list[Hook]:
    """Several of each kind: plain, verified, with a script, and verified with a script."""
    signed: dict[str, Any] = {"verification": {"scheme": "github", "secret": SECRET}}
    scripted = {"scriptEnabled": True, "skipTranspile": True, "script": SAYS}
    kinds: list[dict[str, Any]] = [{}, {}, {}, signed, signed, scripted, {**signed, **scripted}]
    return [Hook(admin, **fields) for fields in kinds]


def plans_of(hooks: Sequence[Hook], named: float) -> list[list[list[Delivery]]]:
    """What each sender sends. Of the named ones a third is sent twice at once, and a third once more later."""
    plans = []
    for sender in range(SENDERS):
        random = Random(sender)
        groups: list[list[Delivery]] = []
        for call in range(CALLS):
            one = Delivery(random.choice(hooks), f"{sender}-{call}", random.random() < named)
            groups.append([one, one] if one.named and random.random() < 0.33 else [one])
            if one.named and random.random() < 0.33:
                groups.insert(random.randrange(len(groups) + 1), [one])
        plans.append(groups)
    return plans


def deliveries(plans: Sequence[Sequence[Sequence[Delivery]]]) -> list[Delivery]:
    return [one for plan in plans for group in plan for one in group]


def posted(database_url: str, data: Path, hooks: Sequence[Hook]) -> Counter[tuple[str, str]]:
    """How often each text was posted by each webhook, as the database has it."""
    ids = {hook.id for hook in hooks}
    messages = read_now(reader(database_url, data))
    return Counter((one.integration, one.doc["msg"]) for one in messages if one.integration in ids)


def wait_until_known(node: Server, hooks: Sequence[Hook]) -> None:
    """Until ``node`` knows the webhooks, which were made on another."""
    for hook in hooks:
        while httpx.head(node.url + hook.path, trust_env=False).status_code != 200:
            pass


def port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def told(load: Load, sent: Sequence[Delivery], began: float) -> None:
    took = time.perf_counter() - began
    calls = sum(load.answered.values())
    print(
        f"\n{calls} calls in {took:.1f} s, {calls / took:.0f}/s, {dict(load.answered)}, {load.replayed} replayed"
    )
    assert load.taken == len(sent)
    # Whoever sends a delivery again gets the first answer again.
    assert all(len(answers) == 1 for answers in load.answers.values())


def test_nothing_is_lost_or_doubled(database_url: str, tmp_path: Path) -> None:
    nothing_is_lost_or_doubled(database_url, tmp_path, nodes=1)


def test_nothing_is_lost_or_doubled_by_two_nodes(postgres_url: str, tmp_path: Path) -> None:
    nothing_is_lost_or_doubled(postgres_url, tmp_path, nodes=2)


def nothing_is_lost_or_doubled(database_url: str, tmp_path: Path, nodes: int) -> None:
    with contextlib.ExitStack() as stack:
        # The first one's data is beside the database file.
        folders = [tmp_path / "data", tmp_path / "two"][:nodes]
        servers = [stack.enter_context(running(one, database_url=database_url)) for one in folders]
        hooks = hooks_of(servers[0].admin())
        for server in servers[1:]:
            wait_until_known(server, hooks)
        plans = plans_of(hooks, named=0.5)
        sent = deliveries(plans)
        load = Load(list(map(port, servers)))
        began = time.perf_counter()
        asyncio.run(send_all(load, plans))
        told(load, sent, began)
        once = {(one.hook.id, one.text): 1 for one in sent}
        assert posted(database_url, tmp_path / "data", hooks) == once
        # Taken once each, and every other time answered from memory or from the database.
        assert load.replayed == len(sent) - len(once)


def test_a_kill_in_the_midst(database_url: str, tmp_path: Path) -> None:
    at: dict[str, Any] = {"data": tmp_path / "data", "database_url": database_url}
    hooks: list[Hook] = []
    load = Load()
    sent: list[Delivery] = []
    kills = 2

    async def main() -> None:
        with running(**at) as server:
            hooks.extend(hooks_of(server.admin()))
            plans = plans_of(hooks, named=0.7)
            sent.extend(deliveries(plans))
            sending = asyncio.create_task(send_all(load, plans))
            await load.now_at([port(server)])
            await load.until_taken(len(sent) // (kills + 1))
            server.kill()
            await load.now_at([])
        for turn in range(2, kills + 2):
            with running(**at) as server:
                await load.now_at([port(server)])
                if turn <= kills:
                    await load.until_taken(turn * len(sent) // (kills + 1))
                    server.kill()
                    await load.now_at([])
                else:
                    await sending

    began = time.perf_counter()
    asyncio.run(main())
    told(load, sent, began)
    counts = posted(database_url, tmp_path / "data", hooks)
    named = {(one.hook.id, one.text): one.named for one in sent}
    assert counts.keys() == named.keys()
    assert [one for one, count in counts.items() if named[one] and count != 1] == []
    # Without a name a call that was taken, and whose answer was lost, is a new one when it comes again.
    again = sum(count - 1 for one, count in counts.items() if not named[one])
    assert again <= kills * SENDERS
