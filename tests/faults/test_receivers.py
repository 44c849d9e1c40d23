"""Receivers that do everything wrong: what the history says of each, and no harm to anything else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.webhooks import channel, finished, history, outgoing, say
from tests.faults.faults import FAULTS, MOST_KEPT, MOST_READ, ODDITIES, TIMEOUT_S, Fault, Oddity
from tests.faults.scene import SECRET, Scene, playing
from tests.receivers import Receiver, drip, hang, raw, reply_json
from tests.running import Api

HANDFUL = (
    *("hangs", "refuses", "resets", "ends in the body", "answers 429 with seconds", "answers 404"),
    *(
        "answers 500 with a body",
        "answers 410",
        "answers 302 to the metadata service",
        "is a metadata service",
    ),
)
"""Of the faults, those that are tried on PostgreSQL too."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Scene]:
    """All of them, on SQLite."""
    with playing(tmp_path_factory.mktemp("faults"), sqlite_template, {**FAULTS, **ODDITIES}) as scene:
        yield scene


def check_fault(scene: Scene, name: str) -> None:
    fault, case = FAULTS[name], scene.cases[name]
    once, again = scene.entries(name)
    step = "failed-and-not-configured-to-retry" if fault.again else fault.step
    check_failed(once, fault, case.once, "failed", step, attempts=1)
    if not fault.again:
        check_failed(again, fault, case.again, "failed", fault.step, attempts=1)
    else:
        check_failed(again, fault, case.again, "dead", "too-many-retries", attempts=2)
        first, second = (moment(one["startedAt"]) for one in again["attempts"])
        assert second - first >= fault.waits_s
    assert [message["_id"] for message in scene.posted(name)] == [case.said["_id"]]
    if case.receiver is not None:
        assert len(case.receiver.requests) == ((3 if fault.again else 2) if fault.called else 0)


def check_failed(entry: Any, fault: Fault, integration: Any, state: str, step: str, *, attempts: int) -> None:
    assert (entry["state"], entry["step"], entry["finished"], entry["error"]) == (state, step, True, True)
    assert re.fullmatch(fault.error, entry["errorStack"])
    assert SECRET not in entry["errorStack"]
    assert "resultMessage" not in entry
    assert "nextAttemptAt" not in entry
    assert entry["url"] == integration["urls"][0]
    assert entry["integration"]["_id"] == integration["_id"]
    assert [one["number"] for one in entry["attempts"]] == list(range(1, attempts + 1))
    for attempt in entry["attempts"]:
        assert attempt.get("status") == fault.status
        assert 0 <= attempt["durationMs"] < 1000 * (TIMEOUT_S + 1)
        assert SECRET not in attempt["request"]["url"].partition("@")[0]
        if fault.status is None:
            assert re.fullmatch(fault.error, attempt["error"])
            assert "response" not in attempt
        else:
            assert "error" not in attempt
            check_bounded(attempt["response"], truncated=False)
    if fault.status is None:
        assert entry["httpError"] == {"message": entry["errorStack"]}
        assert entry["httpResult"] is None
    else:
        assert "httpError" not in entry
        assert entry["httpResult"] == entry["attempts"][-1]["response"]["body"]


def check_bounded(response: Any, *, truncated: bool) -> None:
    assert len(response["body"]) <= MOST_KEPT
    assert response["bodySize"] <= MOST_READ
    assert response.get("truncated", False) is truncated


def moment(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


@pytest.mark.parametrize("name", FAULTS)
def test_a_receiver_that(scene: Scene, name: str) -> None:
    check_fault(scene, name)


@pytest.mark.parametrize("name", ODDITIES)
def test_good_enough_is(scene: Scene, name: str) -> None:
    oddity, case = ODDITIES[name], scene.cases[name]
    for entry in scene.entries(name):
        assert (entry["state"], entry["step"]) == ("succeeded", "after-http-call")
        assert (entry["finished"], entry["error"]) == (True, False)
        assert "errorStack" not in entry
        assert "httpError" not in entry
        assert "resultMessage" not in entry
        assert oddity.result(entry["httpResult"])
        [attempt] = entry["attempts"]
        assert attempt["status"] == oddity.status
        check_bounded(attempt["response"], truncated=oddity.truncated)
    assert [message["_id"] for message in scene.posted(name)] == [case.said["_id"]]
    assert case.receiver is not None
    assert len(case.receiver.requests) == 2


def test_what_is_more_than_its_length_is_no_part_of_the_answer(scene: Scene) -> None:
    """Whether the answer counts depends on what comes in one packet; the rest never does."""
    admin, lie = scene.admin, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\nevil"
    room = admin.new_channel()
    with Receiver([raw(lie, "keep"), reply_json({"fine": True})]) as receiver:
        lied_to = outgoing(admin, receiver, channel(room))
        say(admin, "first", channel(room))
        finished(admin, lied_to)
        say(admin, "second", channel(room))
        second, first = finished(admin, lied_to, 2)
    assert first["httpResult"] in ("abc", None)
    assert (first["state"], first["error"]) in (("succeeded", False), ("failed", True))
    assert (second["state"], second["httpResult"]) == ("succeeded", '{"fine": true}')


def test_a_well_receiver_beside_them_is_told(scene: Scene) -> None:
    admin = scene.admin
    room = admin.new_channel()
    admin.post("channels.invite", roomId=room["_id"], userId="rocket.cat")
    with Receiver([reply_json({"text": "well received"})]) as receiver:
        well = outgoing(admin, receiver, channel(room))
        for number in range(20):
            say(admin, f"message {number}", channel(room))
        entries = finished(admin, well, 20)
    assert {entry["state"] for entry in entries} == {"succeeded"}
    assert sorted(one.json()["text"] for one in receiver.requests) == sorted(
        f"message {number}" for number in range(20)
    )


def test_the_server_does_other_things_meanwhile(admin: Api) -> None:
    room = admin.new_channel(members=["rocket.cat"])
    with Receiver([hang()]) as hanging, Receiver([drip(b"x", 0.05)]) as dripping:
        hooks = [outgoing(admin, receiver, channel(room)) for receiver in (hanging, dripping)]
        for number in range(5):
            say(admin, f"message {number}", channel(room))
        hanging.wait_for(5)
        dripping.wait_for(5)
        assert admin.new_user().get("me")["username"]
        say(admin, "nobody waits for them", channel(room))
        for integration in hooks:
            assert [entry["finished"] for entry in history(admin, integration)] == [False] * 6


def test_the_receivers_that_are_gone_are_not_called_again(scene: Scene) -> None:
    for name in ("answers 410", "answers 410 without a body"):
        scene.entries(name)
        for integration in (scene.cases[name].once, scene.cases[name].again):
            stored = scene.admin.get("integrations.get", integrationId=integration["_id"])["integration"]
            assert stored["enabled"] is False


def test_the_log_has_no_secrets(scene: Scene) -> None:
    for name in (*FAULTS, *ODDITIES):
        scene.entries(name)
    log = scene.log()
    assert log.count("delivery attempted") >= len(FAULTS)
    assert SECRET not in log
    assert "Traceback" not in log


def test_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    cases: dict[str, Fault | Oddity] = {name: FAULTS[name] for name in HANDFUL}
    with playing(tmp_path / "data", postgres_url, cases) as scene:
        for name in cases:
            check_fault(scene, name)
