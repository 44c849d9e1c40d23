"""The record of a call: when it is written, with what, and what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integrations.house import INCOMING, House, body_of, run

from hookroom.errors import (
    HookFailure,
    HookroomError,
    InvalidParams,
    NotVerified,
    Refused,
    TooLarge,
    TooManyRequests,
)
from hookroom.integrations import manage_incoming
from hookroom.integrations.call_ledger import BURST
from hookroom.integrations.call_request import GivenRequest
from hookroom.integrations.incoming_record import SERVER_ERROR, IncomingRecord, Rerun
from hookroom.integrations.incoming_records import IncomingRecords
from hookroom.integrations.receive import receive
from hookroom.rules.incoming_body import decode
from hookroom.rules.model import Integration
from hookroom.storage.database import Database, Unavailable
from hookroom.storage.statement import Changes, Row
from hookroom.storage.tables import incoming_calls
from hookroom.storage.tables.incoming_calls import RecordedCall, Verified

BODY = b'{"text": "hello"}'


class Desk:
    """Calls of one webhook."""

    def __init__(self, house: House, integration: Integration) -> None:
        self.house = house
        self.integration = integration
        self.records = IncomingRecords(house.registry)
        self.commits = Commits(house.ws.db)
        self.ws = house.ws
        self.ws.db = self.commits

    def start(self, **fields: Any) -> IncomingRecord:
        request = GivenRequest(headers={"content-type": "application/json"})
        record = self.records.start(self.ws, self.integration, request, "192.0.2.1", **fields)
        record.body = BODY
        record.decoded = decode("application/json", BODY)
        record.user = self.house.users["poster"]
        return record

    async def post(self, record: IncomingRecord, text: str = "hello", **fields: Any) -> Any:
        user = self.house.users["poster"]
        return await receive(self.ws, self.integration, user, {"text": text, **fields}, record)

    async def kept(self) -> Sequence[RecordedCall]:
        return await incoming_calls.page(self.ws.db, self.integration.id, count=1000)


class Commits:
    """The database, which counts its commits and fails when it is told to."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.count = 0
        self.fail: HookroomError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)

    async def commit(self, changes: Changes) -> list[Row]:
        self.count += 1
        if self.fail is not None:
            raise self.fail
        return await self.db.commit(changes)


async def desk(house: House, **fields: Any) -> Desk:
    """Of a webhook whose user is in its rooms: joining them would be a commit."""
    for more in ({"channel": "#here,#there"}, fields):
        made = await manage_incoming.create(
            house.ws, house.registry, house.host, house.users["master"], body_of(INCOMING, **more)
        )
        at = Desk(house, made)
        if more is not fields:
            await at.post(at.start())
            house.ws.db = at.commits.db
    return at


def test_a_call_that_posts_is_written_with_its_message(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        record = at.start()
        assert await at.post(record) == {}
        assert at.commits.count == 1
        assert record.is_written
        await record.answered()
        assert at.commits.count == 1
        [call] = await at.kept()
        assert (call.id, call.status, call.error, call.stage) == (record.id, 200, None, None)
        assert len(call.message_ids) == 1
        assert call.address == "192.0.2.1"
        assert call.request.body == BODY.decode()
        assert call.request.user["username"] == "poster"
        assert call.took_ms > 0
        assert call.duration_ms == 0
        counts = at.records.counts(at.integration.id)
        assert (counts.calls, counts.posted, counts.nothing, counts.refused) == (1, 1, 0, {})

    run(database_url, tmp_path, body)


def test_messages_that_are_answered_separately(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house, channel="#here,#there")
        record = at.start()
        await at.post(record, separateResponse=True)
        await record.answered()
        assert at.commits.count == 1
        [call] = await at.kept()
        assert len(call.message_ids) == 2

    run(database_url, tmp_path, body)


def test_a_call_that_posts_nothing(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        record = at.start()
        record.replay_of = "earlier"
        await record.answered()
        [call] = await at.kept()
        assert (call.status, call.message_ids, call.replay_of) == (200, (), "earlier")
        counts = at.records.counts(at.integration.id)
        assert (counts.calls, counts.posted, counts.nothing, counts.replayed) == (1, 0, 0, 1)
        await at.start().answered()
        assert at.records.counts(at.integration.id).nothing == 1

    run(database_url, tmp_path, body)


REFUSALS: list[tuple[Exception, int, str]] = [
    (HookFailure("no body"), 400, "no body"),
    (NotVerified("no signature is right"), 401, "Unauthorized"),
    (TooLarge(10), 413, "The request body is over the limit of 10 bytes"),
    (Refused("error-not-allowed", "Not allowed"), 400, "error-not-allowed"),
    (InvalidParams(["must be string"]), 400, "must be string"),
    (TooManyRequests(7), 429, "Error, too many requests. Please slow down."),
    (ValueError("/a/path of this server"), 500, SERVER_ERROR),
]


def test_refusals(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        for error, status, text in REFUSALS:
            record = at.start()
            record.stage = "verification"
            record.verification = Verified(scheme="hmac", ok=False, reason="why")
            await record.refused(error)
            call = (await at.kept())[0]
            assert (call.id, call.status) == (record.id, status)
            assert (call.error or "").startswith(text)
            assert call.stage == ("server" if status == 500 else "verification")
            assert call.verification == Verified(scheme="hmac", ok=False, reason="why")
        counts = at.records.counts(at.integration.id)
        assert counts.refused == {"verification": 6, "server": 1}
        assert counts.calls == len(REFUSALS)

    run(database_url, tmp_path, body)


def test_a_refused_post_is_written_as_that(database_url: str, tmp_path: Path) -> None:
    """Whether the room refuses it, or the database does after the call was noted."""

    async def body(house: House) -> None:
        at = await desk(house)
        record = at.start()
        with pytest.raises(HookFailure) as caught:
            await at.post(record, channel="#there")
        await record.refused(caught.value)
        at.commits.fail = Unavailable("gone")
        second = at.start()
        with pytest.raises(Unavailable) as lost:
            await at.post(second)
        at.commits.fail = None
        await second.refused(lost.value)
        calls = await at.kept()
        assert [call.id for call in calls] == [second.id, record.id]
        assert [call.status for call in calls] == [503, 400]
        assert all(list(call.message_ids) == [] for call in calls)

    run(database_url, tmp_path, body)


def test_a_call_is_answered_whether_it_could_be_written_or_not(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        at.commits.fail = Unavailable("gone")
        record = at.start()
        await record.refused(HookFailure("no"))
        assert not record.is_written
        assert await at.kept() == []

    run(database_url, tmp_path, body)


def test_a_flood_of_bad_calls(database_url: str, tmp_path: Path) -> None:
    """It writes a bounded number, and good calls are written as ever."""

    async def body(house: House) -> None:
        at = await desk(house)
        start = house.ws.now()

        async def bad() -> None:
            await at.start().refused(HookFailure("no"))

        for _ in range(10):
            await asyncio.gather(*(bad() for _ in range(100)))
        passed = (house.ws.now() - start) / 1000
        assert BURST <= at.commits.count <= BURST + passed + 1
        good = at.start()
        await at.post(good)
        assert good.is_written
        counts = at.records.counts(at.integration.id)
        assert counts.refused == {"posting": 1000}

    run(database_url, tmp_path, body)


def test_many_that_post_cost_no_commits_of_their_own(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        written = 0
        start = house.ws.now()
        for _ in range(3 * BURST):
            record = at.start()
            await at.post(record)
            await record.answered()
            written += record.is_written
        passed = (house.ws.now() - start) / 1000
        assert at.commits.count == 3 * BURST
        assert BURST <= written <= BURST + passed + 1
        assert len(await at.kept()) == written
        assert at.records.counts(at.integration.id).posted == 3 * BURST

    run(database_url, tmp_path, body)


def test_one_that_is_run_again_is_always_written(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        by = house.users["master"].ref()
        for _ in range(BURST + 5):
            await at.start(rerun=Rerun("first", by)).refused(HookFailure("no"))
        calls = await at.kept()
        assert len(calls) == BURST + 5
        assert {(call.rerun_of, call.rerun_by) for call in calls} == {("first", by)}
        assert at.records.counts(at.integration.id).calls == 0

    run(database_url, tmp_path, body)


def test_secrets_of_the_integration(database_url: str, tmp_path: Path) -> None:
    """Its token, the one before, and what its calls are verified with."""

    async def body(house: House) -> None:
        at = await desk(
            house,
            verification={"scheme": "hmac", "header": "x-mark", "secret": "a secret of this webhook"},
        )
        at.integration = replace(at.integration, previous_token="the-token-before")
        request = GivenRequest(
            headers={
                "x-mark": "of no interest",
                "x-uri": f"/hooks/{at.integration.token}",
                "x-other": "the-token-before, a secret of this webhook",
            }
        )
        record = at.records.start(at.ws, at.integration, request, "")
        await record.refused(HookFailure(f"no {at.integration.token}"))
        [call] = await at.kept()
        assert call.request.headers == {"x-mark": "***", "x-uri": "/hooks/***", "x-other": "***, ***"}
        assert call.error == "no ***"

    run(database_url, tmp_path, body)


def test_counts_go_with_the_integration(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        at = await desk(house)
        await at.start().answered()
        changes = Changes()
        house.registry.delete(changes, at.integration)
        await house.ws.db.commit(changes)
        assert at.records.counts(at.integration.id).calls == 0
        assert await at.kept() == []

    run(database_url, tmp_path, body)
