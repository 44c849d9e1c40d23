"""Filters, cursors and bounds of ``integrations.history``: ours, beside ``count`` and ``offset``."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.delivery.desk import run
from tests.delivery.webhooks import channel, finished, history, outgoing, say
from tests.receivers import Receiver, reply, reply_json
from tests.running import Api, Server
from tests.storage.histories import fill

from hookroom.storage.database import Database


@pytest.fixture(scope="module")
def hook(admin: Api) -> Any:
    """An integration that was answered 200, 404, 500, 503 and nothing, in that order, and posted a message."""
    room = admin.new_channel()
    admin.post("channels.invite", roomId=room["_id"], userId="rocket.cat")
    answers = [
        reply_json({"text": "Rückfrage: “why”?"}),
        reply(404, b"Nobody here"),
        reply(500, b'{"error": "broken"}'),
        reply(503, b"busy"),
    ]
    with Receiver(answers) as receiver:
        made = outgoing(admin, receiver, channel(room))
        for number, text in enumerate(("first", "second", "third", "fourth")):
            say(admin, f"the {text} message", channel(room))
            finished(admin, made, number + 1)
    # Nobody listens there any longer.
    say(admin, "the fifth message", channel(room))
    finished(admin, made, 5)
    return made


def told(entries: list[Any]) -> list[str]:
    return [entry["data"]["text"].split()[1] for entry in entries]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["fifth", "fourth", "third", "second", "first"]),
        ({"state": "succeeded"}, ["first"]),
        ({"state": "failed"}, ["fifth", "fourth", "third", "second"]),
        ({"state": "failed, succeeded"}, ["fifth", "fourth", "third", "second", "first"]),
        ({"state": "pending,waiting,dead"}, []),
        ({"status": "500"}, ["third"]),
        ({"status": "5xx"}, ["fourth", "third"]),
        ({"status": "4xx,2xx"}, ["second", "first"]),
        ({"status": "none"}, ["fifth"]),
        ({"status": "none,503", "state": "failed"}, ["fifth", "fourth"]),
        ({"status": "200", "state": "failed"}, []),
        ({"text": "THIRD"}, ["third"]),
        ({"text": "nobody"}, ["second"]),
        ({"text": '"error": "broken"'}, ["third"]),
        ({"text": "RÜCKFRAGE: “Why”"}, ["first"]),
        ({"text": "HTTP 503"}, ["fourth"]),
        ({"text": "http://127.0.0.1"}, ["fifth", "fourth", "third", "second", "first"]),
        ({"text": "message", "state": "succeeded"}, ["first"]),
        ({"text": "httpResult"}, []),
        ({"text": "outgoing-token"}, []),
        ({"event": "sendMessage"}, ["fifth", "fourth", "third", "second", "first"]),
        ({"event": "userCreated"}, []),
        ({"event": "sendMessage", "text": "first"}, ["first"]),
        ({"state": "", "text": " ", "status": ""}, ["fifth", "fourth", "third", "second", "first"]),
        ({"sort": '{"_updatedAt": 1}', "state": "failed"}, ["second", "third", "fourth", "fifth"]),
        ({"sort": '{"_updatedAt": 1}', "text": "th message"}, ["fourth", "fifth"]),
        ({"offset": 2, "count": 2, "state": "failed"}, ["third", "second"]),
    ],
)
def test_what_is_asked_for_is_shown(
    admin: Api, hook: Any, query: dict[str, Any], expected: list[str]
) -> None:
    answer = admin.get("integrations.history", id=hook["_id"], **query)
    assert told(answer["history"]) == expected
    assert "next" not in answer
    assert answer["items"] == answer["count"] == len(expected)
    if "offset" not in query:
        assert answer["total"] == len(expected)
    assert "totalIsLowerBound" not in answer


def test_a_span_of_time(admin: Api, hook: Any) -> None:
    times = {one["data"]["text"].split()[1]: one["_updatedAt"] for one in history(admin, hook)}
    within = {"from": times["second"], "until": times["fourth"]}
    assert told(history(admin, hook, **within)) == ["fourth", "third", "second"]
    assert told(history(admin, hook, **{"from": times["fourth"]})) == ["fifth", "fourth"]
    now = time.time_ns() // 1_000_000
    assert told(history(admin, hook, **{"from": now + 60_000})) == []
    assert len(history(admin, hook, until=now + 60_000, state="failed")) == 4


@pytest.mark.parametrize(
    "query", [{}, {"state": "failed,succeeded"}, {"text": "message"}, {"sort": '{"_updatedAt": 1}'}]
)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_next_leads_through_all_of_it(admin: Api, hook: Any, query: dict[str, Any], count: int) -> None:
    whole = told(history(admin, hook, **query))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(6):
        answer = admin.get("integrations.history", id=hook["_id"], count=count, **query, **cursor)
        seen += told(answer["history"])
        if "next" not in answer:
            break
        cursor = {"cursor": answer["next"]}
    assert seen == whole
    assert "next" not in answer


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"state": "lost"}, "state must be one or more of"),
        ({"status": "5x"}, "status must be a number such as 503"),
        ({"from": "yesterday"}, "from must be an ISO 8601 date"),
        ({"until": "1e9"}, "until must be an ISO 8601 date"),
        ({"event": "nothing"}, "event must be one of sendMessage"),
        ({"text": "x" * 501}, "text must not have more than 500 characters"),
        ({"cursor": "abc"}, 'cursor must be the "next" of a page'),
        ({"cursor": "MTc2NzIyNTYwMDAwMC5h", "offset": "1"}, "offset must be 0 beside a cursor"),
        ({"offset": "20001"}, "offset must be <= 20000 here"),
        ({"offset": "5001", "state": "failed"}, "offset must be <= 5000 here"),
        ({"offset": "1", "text": "a"}, "offset must be <= 0 here"),
        ({"colour": "red"}, "must NOT have additional properties"),
    ],
)
def test_what_makes_no_sense_is_refused(admin: Api, hook: Any, query: dict[str, str], message: str) -> None:
    answer = admin.refused("GET", "integrations.history", params={"id": hook["_id"], **query})
    assert answer["errorType"] == "invalid-params"
    assert answer["error"].startswith(message)


def test_an_entry_alone(admin: Api, hook: Any) -> None:
    entry = history(admin, hook)[2]
    answer = admin.get("integrations.history", id=hook["_id"], historyId=entry["_id"])
    assert answer["history"] == [entry]
    assert answer["total"] == 1
    for unknown in ("x", entry["_id"][:-1]):
        assert history(admin, hook, historyId=unknown) == []
    other = outgoing(admin, "http://127.0.0.1:9/")
    assert history(admin, other, historyId=entry["_id"]) == []


def test_a_page_of_large_bodies_is_bounded(admin: Api) -> None:
    room = admin.new_channel()
    entries = 90
    with Receiver([reply(200, b"x" * 50_000)]) as receiver:
        hook = outgoing(admin, receiver, channel(room))
        for number in range(entries):
            say(admin, f"the {number} message", channel(room))
        finished(admin, hook, min(50, entries))
        receiver.wait_for(entries)
        finished(admin, hook, 50)
    response = admin.call("GET", "integrations.history", params={"id": hook["_id"], "count": 100})
    assert len(response.content) < 4 * 1024 * 1024
    shown = response.json()["history"]
    assert len(shown) == entries
    whole = [entry for entry in shown if "cut" not in entry]
    assert all(len(entry["httpResult"]) == 16 * 1024 for entry in whole)
    assert 30 < len(whole) < entries
    last = shown[-1]
    assert last["cut"] is True
    assert [attempt["number"] for attempt in last["attempts"]] == [1]
    assert "response" not in last["attempts"][0]
    [alone] = history(admin, hook, historyId=last["_id"])
    assert len(alone["httpResult"]) == 16 * 1024


def test_the_data_of_a_large_event_is_cut(admin: Api) -> None:
    room = admin.new_channel()
    with Receiver() as receiver:
        hook = outgoing(admin, receiver, channel(room), event="messageEdited")
        attachments = [{"text": "y" * 4_000}] * 10
        message = admin.post("chat.postMessage", channel=channel(room), text="hello", attachments=attachments)
        admin.post("chat.update", roomId=room["_id"], msgId=message["message"]["_id"], text="edited")
        [entry] = finished(admin, hook)
        [request] = receiver.wait_for(1)
    assert len(request.body) > 40_000
    assert entry["cut"] is True
    assert entry["data"]["text"] == "edited"
    assert 10_000 < len(str(entry["data"])) < 20_000


def test_of_a_long_history(own_server: Server, database_url: str) -> None:
    admin = own_server.admin()
    hook = outgoing(admin, "http://127.0.0.1:9/")

    async def body(db: Database) -> None:
        await fill(db, 50_000, big=hook["_id"], newest_at=time.time_ns() // 1_000_000)

    run(database_url, body)
    answer = admin.get("integrations.history", id=hook["_id"], count=3)
    assert (answer["total"], answer["totalIsLowerBound"]) == (20_000, True)
    last = admin.get("integrations.history", id=hook["_id"], count=3, offset=20_000)
    assert len(last["history"]) == 3
    beyond = admin.get("integrations.history", id=hook["_id"], count=3, cursor=last["next"])
    assert beyond["history"][0]["_updatedAt"] < last["history"][-1]["_updatedAt"]
    rare = admin.get("integrations.history", id=hook["_id"], state="dead,cancelled", count=100)
    assert rare["total"] == len(rare["history"]) == 100
    assert "totalIsLowerBound" not in rare
    # Not among the ten thousand that were looked at: there is more to look at.
    none = admin.get("integrations.history", id=hook["_id"], status="404")
    assert none["history"] == []
    pages = 1
    while "next" in none:
        none = admin.get("integrations.history", id=hook["_id"], status="404", cursor=none["next"])
        pages += 1
    assert none["history"] == []
    assert 2 <= pages <= 4
