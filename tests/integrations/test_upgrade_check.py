"""The upgrade check's bounds, and what keeps ``apply`` from changing what it must not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.integrations import checked_scripts as scripts
from tests.integrations.house import INCOMING, OUTGOING, House, body_of, run
from tests.rules.values import an_integration
from tests.scripting.conftest import runner, shared_sandbox
from tests.scripting.sandboxes import Bench

from hookroom.errors import Refused
from hookroom.integrations import manage_incoming, manage_outgoing
from hookroom.integrations.try_out.host import TRIES, undisturbed
from hookroom.integrations.upgrade_check.apply import CHANGED, run_natively
from hookroom.integrations.upgrade_check.page import AT_ONCE, check_page, to_check
from hookroom.integrations.upgrade_check.requests import sample_requests
from hookroom.integrations.upgrade_check.runs import Comparison
from hookroom.rules.model import Integration
from hookroom.scripting.model import ScriptFailed
from hookroom.scripting.sandbox import LOST

__all__ = ["runner", "shared_sandbox"]


async def made(house: House, source: str = scripts.SAFE, *, by: str = "master", **fields: Any) -> Integration:
    body = body_of(INCOMING, scriptEnabled=True, script=source, **fields)
    return await manage_incoming.create(house.ws, house.registry, house.host, house.users[by], body)


def test_a_page_ends_with_its_time_but_never_empty(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        for _ in range(5):
            await made(house)
        found = to_check(house.ws, house.registry, house.users["master"])
        seen: list[str] = []
        while len(seen) < 5:
            page = await check_page(house.ws, house.registry, house.host, found, offset=len(seen), page_s=0.0)
            assert 0 < len(page.reports) <= AT_ONCE
            seen += [one.id for one in page.reports]
        assert seen == [one.id for one in found]

    run(database_url, tmp_path / "data", body)


def test_what_was_changed_while_it_was_checked_stays(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, host, master = house.ws, house.registry, house.host, house.users["master"]
        checked = await made(house)
        change = body_of(INCOMING, integrationId=checked.id, scriptEnabled=True, script=scripts.UNDECLARED)
        changed = await manage_incoming.update(ws, registry, host, master, change)
        with pytest.raises(Refused, match=CHANGED):
            await run_natively(ws, registry, host, master, checked)
        assert registry.get(checked.id) == changed
        with pytest.raises(Refused, match="Invalid integration"):
            await run_natively(ws, registry, host, house.users["keeper"], changed)
        assert registry.get(checked.id) == changed

    run(database_url, tmp_path / "data", body)


def test_an_outgoing_one_is_compiled_for_its_new_mode(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, host, master = house.ws, house.registry, house.host, house.users["master"]
        fields = body_of(OUTGOING, scriptEnabled=True, script=scripts.OUTGOING_SAFE)
        old = await manage_outgoing.create(ws, registry, host, master, fields)
        new = await run_natively(ws, registry, host, master, old)
        assert (new.skip_transpile, new.script_compiled) == (True, scripts.OUTGOING_SAFE)
        assert new.updated_at > old.updated_at
        assert registry.get(old.id) == new

    run(database_url, tmp_path / "data", body)


def test_a_script_that_takes_long_is_run_on_fewer_requests(shared_sandbox: Bench) -> None:
    slow = shared_sandbox.script(
        scripts.script("for (let i = 0; i < 2e6; i++); return { response: { i: 1 } };")
    )
    requests = sample_requests(an_integration(type="webhook-incoming"))

    async def compare(budget_ms: float) -> tuple[int, int]:
        comparison = Comparison(shared_sandbox.sandbox, slow, slow, budget_ms=budget_ms)
        compared = await comparison.on(requests)
        assert compared.loads
        return len(compared.trials), compared.left_out

    assert shared_sandbox.runner.run(compare(1.0)) == (1, len(requests) - 1)
    assert shared_sandbox.runner.run(compare(60_000.0)) == (len(requests), 0)


def test_work_whose_worker_was_lost_for_another_is_done_again() -> None:
    tries = 0

    async def work() -> int:
        nonlocal tries
        tries += 1
        if tries < TRIES:
            raise ScriptFailed("crash", LOST)
        return tries

    assert asyncio.run(undisturbed(work)) == TRIES

    async def crashing() -> None:
        nonlocal tries
        tries += 1
        raise ScriptFailed("crash", "Maximum call stack size exceeded")

    tries = 0
    with pytest.raises(ScriptFailed, match="Maximum"):
        asyncio.run(undisturbed(crashing))
    assert tries == 1
