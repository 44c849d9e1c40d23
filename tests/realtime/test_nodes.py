"""Two nodes on one database: who listens on one hears what is done on the other, while they may."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.realtime.client import Client, connected
from tests.running import Api, Server, running, unique

ROOM = "stream-room-messages"
MINE = "__my_messages__"


@pytest.fixture
def nodes(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with (
        running(tmp_path / "one", database_url=postgres_url) as one,
        running(tmp_path / "two", database_url=postgres_url) as two,
    ):
        yield one, two


async def cut_listeners(url: str) -> int:
    """End the connections over which nodes hear of each other; answers how many there were."""
    connection = await asyncpg.connect(url)
    try:
        return len(
            await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        )
    finally:
        await connection.close()


def test_across_nodes(nodes: tuple[Server, Server], postgres_url: str) -> None:
    here, there = nodes
    admin = here.admin()
    user, other = admin.new_user(), admin.new_user()
    room = user.new_channel(members=[other.username()])
    group = user.post("groups.create", name=unique("group"), members=[other.username()])["group"]
    elsewhere = Api(there.url, other.headers)
    with connected(there.url, elsewhere) as client:
        client.subscribe(ROOM, room["_id"], False)
        client.subscribe(ROOM, group["_id"], False)
        _hears_what_is_said(client, user, elsewhere, room["_id"])
        _hears_all_though_cut_off(client, user, room["_id"], postgres_url)
        # The last message that they may hear, and then none.
        user.post("chat.postMessage", roomId=group["_id"], text="before")
        assert client.texts(group["_id"], "before")
        user.post("groups.kick", roomId=group["_id"], userId=other.user_id)
        assert client.next("nosub")["error"]["error"] == "not-allowed"
        user.post("chat.postMessage", roomId=group["_id"], text="secret")
        user.post("chat.postMessage", roomId=room["_id"], text="after")
        assert client.texts(room["_id"], "after") == ["after"]
        assert "secret" not in str(client.heard)
        # A login that ends on another node.
        admin.post("users.logout", userId=other.user_id)
        assert client.closed() == (4401, "logged out")


def _hears_what_is_said(client: Client, user: Api, elsewhere: Api, room_id: str) -> None:
    sent = user.post("chat.postMessage", roomId=room_id, text="from the other node")["message"]
    message, about = client.said(room_id)
    assert (message["_id"], message["msg"]) == (sent["_id"], "from the other node")
    assert about["roomParticipant"] is True
    elsewhere.post("chat.starMessage", messageId=sent["_id"])
    user.post("chat.react", messageId=sent["_id"], emoji=":tada:", shouldReact=True)
    message, _ = client.said(room_id)
    assert ":tada:" in message["reactions"]
    assert message["starred"] == [{"_id": elsewhere.user_id}]


def _hears_all_though_cut_off(client: Client, user: Api, room_id: str, url: str) -> None:
    id_ = client.subscribe(ROOM, MINE, False)
    texts = [str(number) for number in range(15)]
    heard: dict[str, list[str]] = {room_id: [], MINE: []}

    def listen() -> None:
        while not all(set(texts) <= set(one) for one in heard.values()):
            fields = client.next("changed")["fields"]
            heard[fields["eventName"]].append(fields["args"][0]["msg"])

    listening = threading.Thread(target=listen)
    listening.start()
    cut = 0
    for text in texts:
        cut += asyncio.run(cut_listeners(url))
        user.post("chat.postMessage", roomId=room_id, text=text)
    listening.join(30)
    assert not listening.is_alive(), heard
    assert cut > 2
    # What was missed is told late, and nothing twice.
    assert {name: sorted(one, key=int) for name, one in heard.items()} == {room_id: texts, MINE: texts}
    client.send(msg="unsub", id=id_)
    client.next("nosub")
