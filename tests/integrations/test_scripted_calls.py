"""What is kept of calls that went through a script, and what keeps them from running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integrations.house import INCOMING, House, body_of, run

from hookroom.errors import HookFailure, HookroomError, Overloaded, ScriptRefusal
from hookroom.integrations import manage_incoming
from hookroom.integrations.call_request import GivenRequest
from hookroom.integrations.incoming_records import IncomingRecords
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.scripted_call import BROKEN, OFF, RUNNING, UNAVAILABLE, ScriptedCalls
from hookroom.rules.incoming_body import decode
from hookroom.rules.model import Integration, ScriptError
from hookroom.rules.script_requests import IncomingCall
from hookroom.scripting.model import FailureKind, ScriptFailed
from hookroom.scripting.off import ScriptsOff
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import incoming_calls
from hookroom.storage.tables.incoming_calls import RecordedCall

MESSAGES = Statement("SELECT id FROM messages WHERE type IS NULL ORDER BY id")
TOKEN = "t" * 48


def method(body: str) -> str:
    return f"class Script {{ process_incoming_request({{ request }}) {{ {body} }} }}"


def a_call(body: bytes = b'{"n": 1}', content_type: str = "application/json") -> IncomingCall:
    decoded = decode(content_type, body)
    return IncomingCall(
        integration_id="a" * 24,
        token=TOKEN,
        path=f"/hooks/{'a' * 24}/{TOKEN}",
        headers={"content-type": content_type},
        content=decoded.content,
        content_raw=decoded.raw,
        is_form=decoded.kind == "form",
        poster={"_id": "u", "name": "U", "username": "u"},
    )


class Desk:
    """Calls of one scripted webhook, and what is on record of them."""

    def __init__(self, house: House, integration: Integration, host: ScriptHost | None = None) -> None:
        self.house = house
        self.integration = integration
        self.calls = ScriptedCalls(house.ws, host or house.host)
        self.recording = IncomingRecords(house.registry)

    async def take(self, call: IncomingCall | None = None) -> Any:
        """As the edge does it."""
        call = call or a_call()
        request = GivenRequest(headers=dict(call.headers))
        record = self.recording.start(self.house.ws, self.integration, request, "192.0.2.1")
        record.body = call.content_raw.encode()
        record.decoded = decode(call.headers["content-type"], record.body)
        try:
            answer = await self.calls.take(self.integration, self.house.users["poster"], call, record)
        except HookroomError as error:
            await record.refused(error)
            raise
        await record.answered()
        return answer

    async def refused(self, call: IncomingCall | None = None) -> HookroomError:
        with pytest.raises(HookroomError) as caught:
            await self.take(call)
        return caught.value

    async def record(self) -> RecordedCall:
        """The only one."""
        [record] = await self.records()
        return record

    async def records(self) -> list[RecordedCall]:
        return list(await incoming_calls.page(self.house.ws.db, self.integration.id, count=1000))

    async def messages(self) -> list[str]:
        return [row[0] for row in await self.house.ws.db.fetch(MESSAGES)]


async def desk(house: House, script: str, host: ScriptHost | None = None, **fields: Any) -> Desk:
    body = body_of(INCOMING, scriptEnabled=True, script=script, skipTranspile=True, **fields)
    integration = await manage_incoming.create(
        house.ws, house.registry, host or house.host, house.users["master"], body
    )
    return Desk(house, integration, host)


def test_a_call_that_posts(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(
            house,
            method(
                "console.log('got', request.content.n); console.error('é');"
                " return { content: { text: 'x', attachments: 'none' }, user: { _id: 'x' } };"
            ),
        )
        assert await at.take(a_call(b'{"n": 1.0}')) == {}
        record = await at.record()
        assert (record.status, record.error, record.failure) == (200, None, None)
        assert list(record.message_ids) == await at.messages()
        assert [(line.level, line.text) for line in record.console] == [("log", "got 1"), ("error", "é")]
        assert len(record.warnings) == 2
        assert record.duration_ms > 0
        assert record.memory_bytes > 0
        assert record.request.body == '{"n": 1.0}'
        assert record.request.size == 10
        assert record.at <= house.ws.now()

    run(database_url, tmp_path, body)


def test_several_messages(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        for separate in ("false", "true"):
            content = f"{{ text: 'x', separateResponse: {separate} }}"
            at = await desk(house, method(f"return {{ content: {content} }};"), channel="#here,#there")
            before = await at.messages()
            await at.take()
            posted = [one for one in await at.messages() if one not in before]
            assert sorted((await at.record()).message_ids) == posted
            assert len(posted) == 2

    run(database_url, tmp_path, body)


NOTHING_POSTED: list[tuple[str, int, str | None]] = [
    ("return null;", 200, None),
    ("return { response: { a: 1 } };", 200, None),
    ("return { error: 'no' };", 400, "no"),
    ("return { error: { message: 'no' } };", 400, "The script refused the call"),
    ("return 5;", 400, RUNNING),
    ("throw new Error('oh');", 400, RUNNING),
    ("return { content: { text: 'x', channel: '#there' } };", 400, "overriding destination channel"),
]


def test_calls_that_post_nothing(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        for code, status, error in NOTHING_POSTED:
            at = await desk(house, method(f"console.log('here'); {code}"))
            if status == 200:
                await at.take()
            else:
                assert (await at.refused()).status == status
            record = await at.record()
            assert record.status == status
            assert (record.error or "").startswith(error or "")
            assert [line.text for line in record.console] == ["here"]
            assert await at.messages() == []

    run(database_url, tmp_path, body)


def test_why_a_script_failed(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house, method("\n\n throw new RangeError('oh');"))
        refused = await at.refused()
        assert (type(refused), str(refused)) == (HookFailure, RUNNING)
        failure = (await at.record()).failure
        assert failure is not None
        assert (failure.kind, failure.name, failure.message, failure.line) == ("throw", "RangeError", "oh", 3)
        assert failure.method == "process_incoming_request"
        assert isinstance(await (await desk(house, method("return { error: {} };"))).refused(), ScriptRefusal)

    run(database_url, tmp_path, body)


def test_one_that_does_not_compile(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house, "class Script {")
        assert str(await at.refused()) == BROKEN
        failure = (await at.record()).failure
        assert failure is not None
        assert (failure.kind, failure.name) == ("compile", "SyntaxError")

    run(database_url, tmp_path, body)


def test_one_that_was_stored_without_its_compiled_form(database_url: str, tmp_path: Path) -> None:
    """As by a version that had no scripts: it is compiled when it first runs, and not again."""

    async def body(house: House) -> None:
        asked: list[str] = []

        class Counting(ScriptsOff):
            async def compile(self, source: str, *, transpile: bool) -> Any:
                asked.append(source)
                return await house.host.scripts.compile(source, transpile=transpile)

            async def run(self, *args: Any) -> Any:
                return await house.host.scripts.run(*args)

        at = await desk(
            house, method("return { content: { text: 'x' } };"), ScriptHost(Counting(), house.host.setup)
        )
        at.integration = replace(at.integration, script_compiled=None, skip_transpile=False)
        for _ in range(3):
            assert await at.take() == {}
        assert len(asked) == 1
        at.integration = replace(at.integration, script="class Script {")
        for _ in range(2):
            assert str(await at.refused()) == BROKEN
        assert len(asked) == 2
        off = ScriptError(name="ScriptsDisabled", message="")
        at.integration = replace(at.integration, script=method("return null;"), script_error=off)
        assert await at.take() == {}
        assert len(asked) == 3

    run(database_url, tmp_path, body)


FAILURES: list[tuple[FailureKind, int, int, str]] = [
    # kind, records kept, status, text
    ("busy", 1, 503, "Too many scripts"),
    ("unavailable", 1, 503, UNAVAILABLE),
    ("disabled", 1, 503, OFF),
    ("load", 1, 400, "error-evaluating-script"),
    ("throw", 1, 400, RUNNING),
    ("time", 1, 400, RUNNING),
    ("memory", 1, 400, RUNNING),
    ("stuck", 1, 400, RUNNING),
    ("wait", 1, 400, RUNNING),
    ("crash", 1, 400, RUNNING),
]


def test_every_failure_has_its_answer(database_url: str, tmp_path: Path) -> None:
    class Failing(ScriptsOff):
        kind: FailureKind = "throw"

        async def run(self, *_: Any) -> Any:
            raise ScriptFailed(self.kind, "why", line=2, duration_ms=3.0)

    async def body(house: House) -> None:
        scripts = Failing()
        host = ScriptHost(scripts, house.host.setup)
        for kind, kept, status, text in FAILURES:
            scripts.kind = kind
            at = await desk(house, method("return null;"), host)
            at.integration = replace(at.integration, script_compiled="x")
            refused = await at.refused()
            assert refused.status == status
            assert str(refused).startswith(text)
            assert isinstance(refused, Overloaded) is (kind == "busy")
            records = await at.records()
            assert [record.status for record in records] == [status] * kept
            for record in records:
                assert record.failure is not None
                assert (record.failure.kind, record.failure.message, record.failure.line) == (kind, "why", 2)

    run(database_url, tmp_path, body)


def test_records_go_with_the_integration(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house, method("return null;"))
        await at.take()
        changes = Changes()
        house.registry.delete(changes, at.integration)
        await house.ws.db.commit(changes)
        assert await at.records() == []

    run(database_url, tmp_path, body)
