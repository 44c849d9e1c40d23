"""kill -9 at any point: nothing is lost, nothing is made up, nothing is posted twice.

``HOOKROOM_DRILL=1`` makes it a drill: 200 kills on each kind of database.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.delivery.webhooks import finished, history, outgoing, say, texts, until
from tests.receivers import Behaviour, Received, Receiver, hang, reply, reply_json
from tests.running import Api, Server, running

from hookroom.storage.opening import open_database
from hookroom.storage.statement import Statement

MESSAGES = Statement("SELECT doc FROM messages WHERE type IS NULL")
OPEN = Statement("SELECT count(*) FROM deliveries WHERE state IN ('pending', 'waiting')")
EVENTS = Statement("SELECT data FROM events")

ENVIRONMENT = {"HOOKROOM_DELIVERIES_LEASE_S": "0.5", "HOOKROOM_LOG_LEVEL": "warning"}


@contextlib.contextmanager
def serving(data: Path, database_url: str) -> Iterator[Server]:
    with running(data, database_url=database_url, environment=ENVIRONMENT) as server:
        yield server


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> str:
    """Where the servers of a test have their data."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'data' / 'hookroom.db'}"
    return database_url


def read(url: str, statement: Statement) -> list[Any]:
    """The first column of a query, past all servers."""

    async def fetch() -> list[Any]:
        db = await open_database(url)
        try:
            return [row[0] for row in await db.fetch(statement)]
        finally:
            await db.close()

    return asyncio.run(fetch())


def test_killed_while_a_retry_waits(database: str, tmp_path: Path) -> None:
    later = reply(500, headers=[("Retry-After", "5")])
    with Receiver([later, reply_json({"text": "late but here"})]) as receiver:
        with serving(tmp_path / "data", database) as server:
            admin = server.admin()
            hook = outgoing(admin, receiver, retryFailedCalls=True, retryDelay="powers-of-two")
            say(admin, "hello")
            until(lambda: history(admin, hook)[0]["state"] == "waiting", "waiting one")
            [entry] = history(admin, hook)
            due = entry["nextAttemptAt"]
            server.kill()
        with serving(tmp_path / "data", database) as server:
            admin = server.admin()
            first, second = receiver.wait_for(2)
            [entry] = finished(admin, hook)
            assert first.headers["webhook-id"] == second.headers["webhook-id"] == entry["_id"]
            assert first.body == second.body
            assert [one["status"] for one in entry["attempts"]] == [500, 200]
            assert entry["attempts"][1]["startedAt"] >= due
            assert Counter(texts(admin)) == {"hello": 1, "late but here": 1}


def test_killed_while_a_call_is_under_way(database: str, tmp_path: Path) -> None:
    with Receiver([hang(), reply_json({"text": "here now"})]) as receiver:
        with serving(tmp_path / "data", database) as server:
            admin = server.admin()
            hook = outgoing(admin, receiver)
            say(admin, "hello")
            receiver.wait_for(1)
            server.kill()
        with serving(tmp_path / "data", database) as server:
            admin = server.admin()
            first, second = receiver.wait_for(2)
            [entry] = finished(admin, hook)
            assert first.headers["webhook-id"] == second.headers["webhook-id"] == entry["_id"]
            assert entry["state"] == "succeeded"
            assert Counter(texts(admin)) == {"hello": 1, "here now": 1}


def test_stopped_while_calls_are_under_way(database: str, tmp_path: Path) -> None:
    """A server that stops lets receivers answer; what is still waiting goes on with the next one, at once."""

    def script(request: Received) -> Behaviour:
        if request.json()["text"] == "quick":
            return reply_json({"text": "just in time"})
        return reply(500)

    with Receiver(script) as receiver:
        with serving(tmp_path / "data", database) as server:
            admin = server.admin()
            hook = outgoing(admin, receiver, retryFailedCalls=True)
            say(admin, "failing")
            say(admin, "quick")
            receiver.wait_for(2)
            assert server.stop() == 0
        with serving(tmp_path / "data", database) as server:
            admin = server.admin()
            until(lambda: len(receiver.requests) >= 4, "further attempts")
            assert texts(admin).count("just in time") == 1
            by_text = {entry["data"]["text"]: entry for entry in history(admin, hook)}
            assert [one["status"] for one in by_text["quick"]["attempts"]] == [200]


class Load:
    """Posts messages from several threads, as fast as it may, and remembers which were acknowledged."""

    def __init__(self, api: Api, names: Iterator[int]) -> None:
        self.acknowledged: list[str] = []
        self._api = api
        self._names = names
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._post) for _ in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _post(self) -> None:
        with httpx.Client(headers=self._api.headers, trust_env=False, timeout=30) as http:
            while not self._stopping.is_set():
                body = {"channel": "#general", "text": f"message {next(self._names)}"}
                try:
                    answer = http.post(f"{self._api.url}/api/v1/chat.postMessage", json=body)
                except httpx.HTTPError:
                    return  # Killed: it may be stored or not.
                assert answer.status_code == 200, answer.text
                self.acknowledged.append(answer.json()["message"]["_id"])


def test_killed_at_any_point_under_load(database: str, tmp_path: Path) -> None:
    kills = 200 if os.environ.get("HOOKROOM_DRILL") else 15 if database.startswith("sqlite") else 6
    chance = random.Random()
    acknowledged: list[str] = []
    names = iter(range(1_000_000))

    failed: set[str] = set()

    def script(request: Received) -> Behaviour:
        delivery = request.headers["webhook-id"]
        if delivery not in failed and chance.random() < 0.2:
            failed.add(delivery)
            return reply(500)
        return reply_json({"text": f"re: {request.json()['message_id']}"})

    with Receiver(script) as receiver:
        with serving(tmp_path / "data", database) as server:
            outgoing(server.admin(), receiver, retryFailedCalls=True, retryCount=30)
        for _ in range(kills):
            with serving(tmp_path / "data", database) as server, Load(server.admin(), names) as load:
                load.wait(0.1 + chance.random() * 0.6)
                server.kill()
            acknowledged += load.acknowledged
        with serving(tmp_path / "data", database):
            until(lambda: read(database, OPEN) == [0], "end of all deliveries", timeout_s=60)
        calls = [request.json()["message_id"] for request in receiver.requests]
    stored = [json.loads(doc) for doc in read(database, MESSAGES)]
    posted = Counter(message["_id"] for message in stored if not message["msg"].startswith("re: "))
    answers = Counter(message["msg"][4:] for message in stored if message["msg"].startswith("re: "))
    assert len(acknowledged) > 10 * kills, "too little load to mean anything"
    assert set(acknowledged) <= set(posted), "an acknowledged message is lost"
    assert len({message["msg"] for message in stored}) == len(stored), "a message is there twice"
    assert set(posted) <= set(calls), "a message was not delivered"
    assert set(calls) <= set(posted), "something was delivered that is not stored"
    assert answers == posted, "an answer is lost or posted twice"
    assert {json.loads(data)["message_id"] for data in read(database, EVENTS)} == set(posted)


def test_another_node_goes_on_with_what_a_killed_one_left(postgres_url: str, tmp_path: Path) -> None:
    with (
        Receiver([hang(), reply_json({"text": "from another node"})]) as receiver,
        serving(tmp_path / "one", postgres_url) as one,
        serving(tmp_path / "two", postgres_url) as two,
    ):
        admin = two.admin()
        hook = outgoing(admin, receiver)
        until(lambda: "enabled" in get(one.admin(), hook), "integration on the other node")
        say(one.admin(), "hello")
        receiver.wait_for(1)
        one.kill()
        first, second = receiver.wait_for(2)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        [entry] = finished(admin, hook)
        assert entry["state"] == "succeeded"
        assert Counter(texts(admin)) == {"hello": 1, "from another node": 1}


def get(api: Api, integration: Any) -> dict[str, Any]:
    """An integration as a node knows it."""
    answer = api.call("GET", "integrations.get", params={"integrationId": integration["_id"]}).json()
    found: dict[str, Any] = answer.get("integration", {})
    return found
