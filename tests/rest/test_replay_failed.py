"""``integrations.replayFailed``: what ended badly since a time, once more. Ours."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import pytest
from tests.delivery.desk import run
from tests.delivery.webhooks import change, channel, finished, history, outgoing, say
from tests.receivers import Receiver, reply
from tests.running import Api, Server, unique
from tests.storage.histories import NEWEST_AT, Row, write

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement

FAILED = "integrations.replayFailed"
BEGIN = "2000-01-01"


def replay(api: Api, hook: Any, **fields: Any) -> Any:
    return api.post(FAILED, integrationId=hook["_id"], **{"since": BEGIN, **fields})


def numbers(receiver: Receiver, skipped: int = 0) -> list[int]:
    return [int(one.json()["text"].removeprefix("message ")) for one in receiver.requests[skipped:]]


@pytest.fixture
def room(admin: Api) -> Any:
    return admin.new_channel()


class TestReplayFailed:
    def test_each_that_ended_badly_once_in_the_original_order(self, own_server: Server) -> None:
        admin = own_server.admin()
        answers = [reply(500), reply(404), reply(200), reply(503), reply(200)]
        with Receiver(answers) as receiver:
            hook = outgoing(admin, receiver, ordered=True)
            for number in range(5):
                say(admin, f"message {number}")
                finished(admin, hook, number + 1)
            assert replay(admin, hook) == {"replayed": 3, "remaining": False, "success": True}
            receiver.wait_for(8)
            assert numbers(receiver, 5) == [0, 1, 3]
            entries = finished(admin, hook, 8)
            again = {one["_id"]: one for one in entries[:3]}
            replayed = [one for one in entries if "replayedAs" in one]
            assert [one["data"]["text"] for one in replayed] == ["message 3", "message 1", "message 0"]
            for one in replayed:
                new = again.pop(one["replayedAs"])
                assert (new["data"], new["state"], one["state"]) == (one["data"], "succeeded", "failed")
            assert replay(admin, hook)["replayed"] == 0
            # One by one it may be done as often as wanted.
            body = {"integrationId": hook["_id"], "historyId": replayed[0]["_id"]}
            admin.post("integrations.replayOutgoing", **body)
            receiver.wait_for(9)

    def test_what_ends_badly_again_may_be_replayed_again(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500), reply(500), reply(200)]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "message 0", channel(room))
            finished(admin, hook)
            assert replay(admin, hook)["replayed"] == 1
            finished(admin, hook, 2)
            assert replay(admin, hook)["replayed"] == 1
            states = [one["state"] for one in finished(admin, hook, 3)]
        assert states == ["succeeded", "failed", "failed"]

    def test_of_some_states_within_some_time(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)] * 3 + [reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            for number in range(3):
                say(admin, f"message {number}", channel(room))
                finished(admin, hook, number + 1)
            middle = history(admin, hook)[1]["_updatedAt"]
            assert replay(admin, hook, state="dead,cancelled")["replayed"] == 0
            assert replay(admin, hook, since=middle, until=middle)["replayed"] == 1
            receiver.wait_for(4)
            assert numbers(receiver, 3) == [1]
            finished(admin, hook, 4)
            assert replay(admin, hook, since=4_000_000_000_000)["replayed"] == 0
            assert replay(admin, hook, since=0, state="failed")["replayed"] == 2
            receiver.wait_for(6)

    def test_goes_on_where_it_stopped(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)] * 5 + [reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            for number in range(5):
                say(admin, f"message {number}", channel(room))
                finished(admin, hook, number + 1)
            first = replay(admin, hook, limit=2)
            assert (first["replayed"], first["remaining"]) == (2, True)
            second = replay(admin, hook, limit=2, cursor=first["next"])
            assert (second["replayed"], second["remaining"]) == (2, True)
            # Without the cursor as well: those that were replayed do not count.
            assert replay(admin, hook, limit=2) == {"replayed": 1, "remaining": False, "success": True}
            receiver.wait_for(10)
            assert sorted(numbers(receiver, 5)) == [0, 1, 2, 3, 4]

    def test_two_at_once_replay_nothing_twice(self, own_server: Server, database_url: str) -> None:
        admin = own_server.admin()
        count = 1000
        with Receiver() as receiver:
            hook = outgoing(admin, receiver)
            rows = [
                Row(
                    id=f"entry{number:06}",
                    integration=hook["_id"],
                    state=("failed", "dead", "cancelled")[number % 3],
                    status=500,
                    at=NEWEST_AT + number,
                    text=f"message {number}",
                )
                for number in range(count)
            ]
            run(database_url, lambda db: _write(db, rows, receiver.url))
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                calls = [pool.submit(replay, own_server.admin(), hook) for _ in range(4)]
                assert sum(call.result()["replayed"] for call in calls) == count
            receiver.wait_for(count)
            assert sorted(numbers(receiver)) == list(range(count))
        done = admin.get("integrations.history", id=hook["_id"], state="failed,dead,cancelled", count=100)
        made = {one["replayedAs"] for one in done["history"]}
        assert len(made) == 100

    def test_of_a_disabled_one(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "message 0", channel(room))
            finished(admin, hook)
            off = change(admin, hook, enabled=False)
            body = {"integrationId": hook["_id"], "since": BEGIN}
            answer = admin.refused("POST", FAILED, json=body)
            assert answer["errorType"] == "error-integration-disabled"
            assert "replayedAs" not in history(admin, hook)[0]
            change(admin, off, enabled=True)
            assert replay(admin, hook)["replayed"] == 1

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"since": "yesterday"}, "since must be an ISO 8601 date"),
            ({"until": "x"}, "until must be an ISO 8601 date"),
            ({"state": "succeeded"}, "state must be one or more of failed, dead, cancelled"),
            ({"state": "waiting"}, "state must be one or more of failed, dead, cancelled"),
            ({"cursor": "x"}, 'cursor must be the "next"'),
            ({"limit": 0}, "must be >= 1"),
            ({"limit": 10_001}, "must be <= 10000"),
            ({"limit": 1.5}, "must be integer"),
            ({"since": None}, "must NOT have fewer than 1 characters"),
            ({"all": True}, "must NOT have additional properties"),
        ],
    )
    def test_of_what_makes_no_sense(
        self, admin: Api, room: Any, fields: dict[str, Any], message: str
    ) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel(room))
        body = {"integrationId": hook["_id"], "since": BEGIN, **fields}
        answer = admin.refused("POST", FAILED, json=body)
        assert answer["errorType"] == "invalid-params"
        assert message in answer["error"]

    def test_needs_a_time(self, admin: Api) -> None:
        answer = admin.refused("POST", FAILED, json={"integrationId": "f" * 24})
        assert answer["error"] == "must have required property 'since' [invalid-params]"

    def test_is_not_for_everybody(self, admin: Api, room: Any) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel(room))
        body = {"integrationId": hook["_id"], "since": BEGIN}
        answer = admin.new_user().refused("POST", FAILED, json=body)
        assert (answer["errorType"], answer["details"]) == (
            "not_authorized",
            {"method": "replayFailedIntegration"},
        )
        unknown = admin.refused("POST", FAILED, json={**body, "integrationId": "f" * 24})
        assert unknown["errorType"] == "error-invalid-integration"

    def test_of_an_incoming_one(self, admin: Api, room: Any) -> None:
        fields = {"type": "webhook-incoming", "name": unique("in"), "enabled": True}
        fields |= {"username": admin.new_bot().username(), "channel": channel(room), "scriptEnabled": False}
        hook = admin.post("integrations.create", **fields)["integration"]
        answer = admin.refused("POST", FAILED, json={"integrationId": hook["_id"], "since": BEGIN})
        assert answer["errorType"] == "integration-type-must-be-outgoing"


async def _write(db: Database, rows: list[Row], url: str) -> None:
    await write(db, rows)
    changes = Changes()
    changes.run(Statement("UPDATE deliveries SET url = :url"), url=url)
    await db.commit(changes)


def test_clearing_a_long_history_holds_nobody_up(own_server: Server, database_url: str) -> None:
    admin = own_server.admin()
    hook = outgoing(admin, "http://127.0.0.1:9/")
    rows = [
        Row(id=f"entry{number:06}", integration=hook["_id"], at=NEWEST_AT + number, state=state)
        for number in range(5000)
        for state in ("waiting" if number % 1000 == 7 else "succeeded",)
    ]
    run(database_url, lambda db: write(db, rows))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        clearing = pool.submit(
            own_server.admin().post, "integrations.clearHistory", integrationId=hook["_id"]
        )
        said = 0
        while not clearing.done():
            say(admin, f"message {said}")
            said += 1
        clearing.result()
    assert history(admin, hook, until=NEWEST_AT + 5000, state="succeeded") == []
    for number in range(7, 5000, 1000):
        assert len(history(admin, hook, historyId=f"entry{number:06}")) == 1
    assert said > 1
