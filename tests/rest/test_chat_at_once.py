"""Many who post, answer, react and follow at the same time: nothing is lost, nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.running import Api, Server


def at_once(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    items = list(items)
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def send(api: Api, room_id: str, text: str, **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def people(admin: Api, count: int) -> list[Api]:
    return at_once(lambda _: admin.new_user(), range(count))


@pytest.fixture(scope="module")
def crowd(admin: Api) -> list[Api]:
    return people(admin, 10)


def test_fifty_posts(own_server: Server) -> None:
    user = own_server.admin().new_user()
    room = user.new_channel()
    before = user.get("channels.messages", roomId=room["_id"])["total"]
    sent = at_once(lambda i: send(user, room["_id"], f"{i}"), range(50))
    found = user.get("channels.messages", roomId=room["_id"], count=100)
    stored = [one for one in found["messages"] if "t" not in one]
    assert sorted(one["_id"] for one in stored) == sorted(one["_id"] for one in sent)
    assert {one["msg"] for one in stored} == {f"{i}" for i in range(50)}
    assert [one["ts"] for one in stored] == sorted((one["ts"] for one in sent), reverse=True)
    assert found["total"] == before + 50
    info = user.get("channels.info", roomId=room["_id"])["channel"]
    assert info["msgs"] == found["total"]
    assert info["lastMessage"]["ts"] == stored[0]["ts"]


def test_twenty_reactions_on_one_message(own_server: Server) -> None:
    admin = own_server.admin()
    message = send(admin, "GENERAL", "react!")
    users = people(admin, 20)
    at_once(lambda user: user.post("chat.react", messageId=message["_id"], emoji=":tada:"), users)
    reactions = admin.get("chat.getMessage", msgId=message["_id"])["message"]["reactions"]
    assert sorted(reactions[":tada:"]["usernames"]) == sorted(user.username() for user in users)
    at_once(lambda user: user.post("chat.react", messageId=message["_id"], emoji=":tada:"), users)
    assert "reactions" not in admin.get("chat.getMessage", msgId=message["_id"])["message"]


def test_twenty_answers_to_one_message(admin: Api, crowd: list[Api]) -> None:
    first = send(admin, "GENERAL", "ask")
    answers = at_once(lambda user: send(user, "GENERAL", "answer", tmid=first["_id"]), crowd * 2)
    began = admin.get("chat.getMessage", msgId=first["_id"])["message"]
    assert began["tcount"] == 20
    assert sorted(began["replies"]) == sorted([admin.user_id, *(user.user_id for user in crowd)])
    at_once(lambda answer: admin.post("chat.delete", roomId="GENERAL", msgId=answer["_id"]), answers)
    assert "tcount" not in admin.get("chat.getMessage", msgId=first["_id"])["message"]
    assert admin.get("chat.getThreadMessages", tmid=first["_id"])["total"] == 0


def test_one_id_is_taken_once(own_server: Server) -> None:
    admin = own_server.admin()
    room = admin.new_channel()
    body = {"message": {"rid": room["_id"], "msg": "once", "_id": "chosen"}}
    statuses = at_once(lambda _: admin.call("POST", "chat.sendMessage", json=body).status_code, range(20))
    assert sorted(statuses) == [200] + [400] * 19
    found = admin.get("channels.messages", roomId=room["_id"])
    assert [one["msg"] for one in found["messages"] if "t" not in one] == ["once"]
    assert found["total"] == len(found["messages"])


def test_a_message_is_deleted_once(own_server: Server) -> None:
    admin = own_server.admin()
    room = admin.new_channel()
    message = send(admin, room["_id"], "x")
    before = admin.get("channels.messages", roomId=room["_id"])["total"]
    body = {"roomId": room["_id"], "msgId": message["_id"]}
    statuses = at_once(lambda _: admin.call("POST", "chat.delete", json=body).status_code, range(10))
    assert sorted(statuses) == [200] + [400] * 9
    assert admin.get("channels.messages", roomId=room["_id"])["total"] == before - 1


def test_a_direct_room_is_made_once(own_server: Server) -> None:
    admin = own_server.admin()
    one, other = admin.new_user(), admin.new_user()
    posted = at_once(
        lambda pair: pair[0].post("chat.postMessage", channel=f"@{pair[1].user_id}", text="hi")["message"],
        [(one, other), (other, one)] * 5,
    )
    assert len({message["rid"] for message in posted}) == 1
    assert one.get("im.messages", roomId=posted[0]["rid"])["total"] == 10


def test_edits_and_reactions_do_not_undo_each_other(admin: Api, crowd: list[Api]) -> None:
    message = send(admin, "GENERAL", "start")

    def work(user: Api) -> None:
        if user is admin:
            admin.post("chat.update", roomId="GENERAL", msgId=message["_id"], text="edited")
        else:
            user.post("chat.react", messageId=message["_id"], emoji=":eyes:")

    at_once(work, [*crowd[:4], admin, *crowd[4:]])
    shown = admin.get("chat.getMessage", msgId=message["_id"])["message"]
    assert shown["msg"] == "edited"
    assert len(shown["reactions"][":eyes:"]["usernames"]) == len(crowd)
