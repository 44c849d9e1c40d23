"""Saving a script while the compiler or somebody else is in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.integrations.house import INCOMING, OUTGOING, House, body_of, run

from hookroom.errors import Failure
from hookroom.integrations import manage_incoming, manage_outgoing
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.script_saving import TRY_AGAIN
from hookroom.scripting.model import Compiled, FailureKind, ScriptFailed
from hookroom.scripting.off import ScriptsOff
from hookroom.storage.statement import Changes

SCRIPT = "class Script {}"
NAMES: dict[FailureKind, str] = {
    "time": "RangeError",
    "memory": "RangeError",
    "wait": "RangeError",
    "crash": "RangeError",
    "throw": "Odd",
    "disabled": "ScriptsDisabled",
}


class Compiler(ScriptsOff):
    """Compiles by adding a comment, or fails; notes what it was asked for."""

    disabled = False

    def __init__(self, fails: FailureKind | None = None) -> None:
        self.fails = fails
        self.asked: list[tuple[str, bool]] = []

    async def compile(self, source: str, *, transpile: bool) -> Compiled:
        self.asked.append((source, transpile))
        if self.fails is not None:
            raise ScriptFailed(self.fails, "why", name="Odd")
        return Compiled(code=f"{source} // compiled")


def test_nothing_is_saved_when_the_compiler_cannot_be_asked(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, master = house.ws, house.registry, house.users["master"]
        sent = {"scriptEnabled": True, "script": SCRIPT}
        old = await manage_incoming.create(ws, registry, house.host, master, INCOMING)
        out = await manage_outgoing.create(ws, registry, house.host, master, OUTGOING)
        kinds: tuple[FailureKind, ...] = ("busy", "unavailable")
        for kind in kinds:
            host = ScriptHost(Compiler(kind), house.host.setup)
            for use_case, template in (
                (manage_incoming.create, INCOMING),
                (manage_incoming.update, {**INCOMING, "integrationId": old.id}),
                (manage_outgoing.create, OUTGOING),
                (manage_outgoing.update, {**OUTGOING, "integrationId": out.id}),
            ):
                with pytest.raises(Failure) as caught:
                    await use_case(ws, registry, host, master, body_of(template, **sent))
                assert (caught.value.status, str(caught.value)) == (503, TRY_AGAIN)
        assert {one.id: one for one in registry.all()} == {old.id: old, out.id: out}

    run(database_url, tmp_path, body)


def test_a_limit_of_the_compiler_is_an_error_of_the_script(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        sent = body_of(INCOMING, scriptEnabled=True, script=SCRIPT)
        for kind, name in NAMES.items():
            host = ScriptHost(Compiler(kind), house.host.setup)
            one = await manage_incoming.create(house.ws, house.registry, host, house.users["master"], sent)
            assert (one.script, one.script_compiled) == (SCRIPT, None)
            assert one.script_error is not None
            assert one.script_error.name == name

    run(database_url, tmp_path, body)


def test_somebody_was_faster_while_it_was_compiled(database_url: str, tmp_path: Path) -> None:
    """The save runs again on fresh data, and does not compile again."""

    async def body(house: House) -> None:
        ws, registry, master = house.ws, house.registry, house.users["master"]
        old = await manage_incoming.create(ws, registry, house.host, master, INCOMING)

        class Interrupted(Compiler):
            async def compile(self, source: str, *, transpile: bool) -> Compiled:
                changes = Changes()
                registry.update(
                    changes, old, replace(old, alias="theirs", updated_at=ws.stamp(old.updated_at))
                )
                await ws.db.commit(changes)
                return await super().compile(source, transpile=transpile)

        compiler = Interrupted()
        sent = body_of(INCOMING, integrationId=old.id, scriptEnabled=True, script=SCRIPT)
        new = await manage_incoming.update(ws, registry, ScriptHost(compiler, house.host.setup), master, sent)
        assert compiler.asked == [(SCRIPT, True)]
        assert (new.alias, new.script_compiled) == ("theirs", f"{SCRIPT} // compiled")
        assert registry.get(old.id) == new

    run(database_url, tmp_path, body)


def test_what_did_not_change_is_not_compiled_again(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, master = house.ws, house.registry, house.users["master"]
        compiler = Compiler()
        host = ScriptHost(compiler, house.host.setup)
        sent = body_of(INCOMING, scriptEnabled=True, script=SCRIPT)
        one = await manage_incoming.create(ws, registry, host, master, sent)
        for fields in ({"name": "new"}, {"script": SCRIPT}, {"scriptEnabled": False}, {"enabled": False}):
            new = await manage_incoming.update(
                ws, registry, host, master, {**sent, "integrationId": one.id, **fields}
            )
            assert new.script_compiled == one.script_compiled
        assert len(compiler.asked) == 1

    run(database_url, tmp_path, body)
