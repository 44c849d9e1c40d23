"""Threads: answers, who follows, what is listed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, tick


@pytest.fixture(scope="module")
def other(admin: Api) -> Api:
    return admin.new_user()


@pytest.fixture
def room(user: Api) -> Any:
    return user.new_channel()


def send(api: Api, room_id: str, text: str = "hello", **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def get(api: Api, message: Any) -> Any:
    return api.get("chat.getMessage", msgId=message["_id"])["message"]


def test_an_answer_counts_at_the_first_message(user: Api, other: Api, room: Any) -> None:
    first = send(user, room["_id"])
    answer = send(other, room["_id"], "one", tmid=first["_id"])
    assert answer["tmid"] == first["_id"]
    last = other.post("chat.postMessage", channel=room["_id"], text="two", tmid=first["_id"])["message"]
    began = get(user, first)
    assert (began["tcount"], began["tlm"]) == (2, last["ts"])
    assert began["replies"] == [user.user_id, other.user_id]
    found = user.get("chat.getThreadMessages", tmid=first["_id"])
    assert [one["msg"] for one in found["messages"]] == ["one", "two"]
    assert (found["count"], found["offset"], found["total"]) == (2, 0, 2)
    assert user.get("chat.getThreadMessages", tmid=first["_id"], count=1, offset=1)["messages"] == [last]


def test_an_answer_to_an_answer_is_one_to_the_first(user: Api, room: Any) -> None:
    first = send(user, room["_id"])
    answer = send(user, room["_id"], tmid=first["_id"])
    assert send(user, room["_id"], tmid=answer["_id"])["tmid"] == first["_id"]
    assert get(user, first)["tcount"] == 2


def test_those_who_are_mentioned_follow(user: Api, other: Api, room: Any) -> None:
    first = send(user, room["_id"])
    send(user, room["_id"], f"@{other.username()}", tmid=first["_id"])
    assert get(user, first)["replies"] == [user.user_id, other.user_id]


@pytest.mark.parametrize("where", ["another room", "nowhere"])
def test_a_thread_is_in_its_room(user: Api, room: Any, where: str) -> None:
    thread = send(user, "GENERAL")["_id"] if where == "another room" else "nothing"
    before = user.get("channels.messages", roomId=room["_id"])["total"]
    for path, body in (
        ("chat.postMessage", {"roomId": room["_id"], "text": "x", "tmid": thread}),
        ("chat.sendMessage", {"message": {"rid": room["_id"], "msg": "x", "tmid": thread}}),
    ):
        answer = user.refused("POST", path, json=body)
        assert answer["error"] == "Invalid message [error-invalid-message]"
    assert user.get("channels.messages", roomId=room["_id"])["total"] == before


def test_only_answers_shown_in_the_room_are_in_its_history(user: Api, room: Any) -> None:
    first = send(user, room["_id"], "first")
    send(user, room["_id"], "hidden", tmid=first["_id"])
    shown = send(user, room["_id"], "shown", tmid=first["_id"], tshow=True)
    assert shown["tshow"] is True

    def texts(**query: Any) -> list[str]:
        found = user.get("channels.history", roomId=room["_id"], **query)["messages"]
        return [one["msg"] for one in found if "t" not in one]

    assert texts() == ["shown", "first"]
    assert texts(showThreadMessages="true") == ["shown", "hidden", "first"]
    found = user.get("channels.messages", roomId=room["_id"])["messages"]
    assert [one["msg"] for one in found if "t" not in one] == ["shown", "hidden", "first"]


def test_a_hidden_answer_is_not_the_rooms_last_message(user: Api, room: Any) -> None:
    first = send(user, room["_id"])
    send(user, room["_id"], tmid=first["_id"])
    assert user.get("channels.info", roomId=room["_id"])["channel"]["lastMessage"]["_id"] == first["_id"]


def test_threads_are_listed_by_their_last_answer(user: Api, other: Api, room: Any) -> None:
    first, second = send(user, room["_id"], "first"), send(other, room["_id"], "second")
    for message in (first, second, first):
        send(other, room["_id"], tmid=message["_id"])

    def listed(api: Api, **query: Any) -> list[str]:
        found = api.get("chat.getThreadsList", rid=room["_id"], **query)
        assert found["total"] == len(found["threads"])
        return [one["msg"] for one in found["threads"]]

    assert listed(user) == ["first", "second"]
    assert listed(user, sort='{"tlm": 1}') == ["second", "first"]
    assert listed(user, type="following") == ["first"]
    assert listed(other, type="following") == ["first", "second"]
    found = user.get("chat.getThreadsList", rid=room["_id"], count=1, fields='{"msg": 1}')
    assert found["threads"] == [{"_id": first["_id"], "msg": "first"}]
    assert (found["count"], found["total"]) == (1, 2)
    assert listed(user, text="FIR") == ["first"]
    assert listed(user, text="nowhere") == []
    found = user.get("chat.getThreadsList", rid=room["_id"], text="s", count=1, offset=1)["threads"]
    assert [one["msg"] for one in found] == ["second"]
    answer = user.refused("GET", "chat.getThreadsList", params={"rid": room["_id"], "sort": '{"msg": 1}'})
    assert answer["errorType"] == "error-invalid-sort"


def test_following(user: Api, other: Api, room: Any) -> None:
    first = send(user, room["_id"])
    answer = send(user, room["_id"], tmid=first["_id"])
    for _ in range(2):
        other.post("chat.followMessage", mid=answer["_id"])
    assert get(user, first)["replies"] == [user.user_id, other.user_id]
    for _ in range(2):
        other.post("chat.unfollowMessage", mid=first["_id"])
    assert get(user, first)["replies"] == [user.user_id]
    assert other.get("chat.getThreadsList", rid=room["_id"], type="following")["threads"] == []
    answer = other.refused("POST", "chat.followMessage", json={"mid": "nothing"})
    assert answer["error"] == "Invalid message [error-invalid-message]"


def test_a_thread_is_unread_until_one_looks_or_answers(user: Api, other: Api, room: Any) -> None:
    def unread(api: Api) -> list[str]:
        found = api.get("chat.getThreadsList", rid=room["_id"], type="unread")["threads"]
        return [one["msg"] for one in found]

    other.post("channels.join", roomId=room["_id"])
    first, second = send(user, room["_id"], "first"), send(user, room["_id"], f"@{other.username()} second")
    send(user, room["_id"], tmid=first["_id"])
    assert unread(user) == unread(other) == []
    send(other, room["_id"], tmid=first["_id"])
    assert (unread(user), unread(other)) == (["first"], [])
    send(user, room["_id"], tmid=first["_id"])
    assert (unread(user), unread(other)) == ([], ["first"])
    send(user, room["_id"], f"@{other.username()}", tmid=second["_id"])
    assert unread(other) == [second["msg"], "first"]
    other.post("subscriptions.read", rid=room["_id"])
    assert len(unread(other)) == 2
    other.post("subscriptions.read", rid=room["_id"], readThreads=True)
    assert unread(other) == []
    send(user, room["_id"], tmid=first["_id"])
    assert unread(other) == ["first"]
    other.post("chat.unfollowMessage", mid=first["_id"])
    assert unread(other) == []


def test_what_changed_among_threads(user: Api, room: Any) -> None:
    rid = room["_id"]
    old, going, plain = (send(user, rid, text) for text in ("old", "going", "plain"))
    answers = [send(user, rid, tmid=one["_id"]) for one in (old, going)]
    tick()
    since = send(user, rid, "now")["ts"]
    tick()

    def changed(moment: str = since) -> tuple[list[str], list[str]]:
        found = user.get("chat.syncThreadsList", rid=rid, updatedSince=moment)["threads"]
        return [one["msg"] for one in found["update"]], [one["_id"] for one in found["remove"]]

    assert changed() == ([], [])
    assert changed("2020-01-01T00:00:00.000Z") == (["going", "old"], [])
    new = send(user, rid, tmid=plain["_id"])
    user.post("chat.delete", roomId=rid, msgId=answers[1]["_id"])
    assert changed() == (["plain"], [going["_id"]])
    send(user, rid, tmid=going["_id"])
    assert changed() == (["going", "plain"], [])

    def of_thread(thread: Any, moment: str = since) -> tuple[list[str], list[str]]:
        query = {"tmid": thread["_id"], "updatedSince": moment}
        found = user.get("chat.syncThreadMessages", **query)["messages"]
        return [one["_id"] for one in found["update"]], [one["_id"] for one in found["remove"]]

    assert of_thread(plain) == ([new["_id"]], [])
    assert of_thread(old) == ([], [])
    assert of_thread(old, "2020-01-01T00:00:00.000Z") == ([answers[0]["_id"]], [])
    user.post("chat.update", roomId=rid, msgId=answers[0]["_id"], text="edited")
    assert of_thread(old)[0] == [answers[0]["_id"]]
    user.post("chat.delete", roomId=rid, msgId=new["_id"])
    assert of_thread(plain) == ([], [new["_id"]])
    for path, query in (("chat.syncThreadsList", {"rid": rid}), ("chat.syncThreadMessages", {"tmid": "x"})):
        for wrong in ("", "yesterday"):
            answer = user.refused("GET", path, params={**query, "updatedSince": wrong})
            assert answer["errorType"] == "error-updatedSince-param-invalid"


def test_deleting_answers_and_their_first_message(user: Api, room: Any) -> None:
    first = send(user, room["_id"])
    answers = [send(user, room["_id"], tmid=first["_id"]) for _ in range(2)]
    user.post("chat.delete", roomId=room["_id"], msgId=answers[0]["_id"])
    assert get(user, first)["tcount"] == 1
    user.post("chat.delete", roomId=room["_id"], msgId=first["_id"])
    gone = get(user, first)
    assert (gone["t"], gone["msg"], gone["tcount"]) == ("rm", "", 1)
    user.post("chat.delete", roomId=room["_id"], msgId=answers[1]["_id"])
    assert not {"tcount", "tlm"} & get(user, first).keys()
    assert user.get("chat.getThreadsList", rid=room["_id"])["threads"] == []


def test_threads_of_rooms_that_one_does_not_see(user: Api, other: Api) -> None:
    group = user.post("groups.create", name=f"threads-{user.user_id}")["group"]
    first = send(user, group["_id"])
    send(user, group["_id"], tmid=first["_id"])
    for method, path, options in (
        ("GET", "chat.getThreadsList", {"params": {"rid": group["_id"]}}),
        ("GET", "chat.getThreadMessages", {"params": {"tmid": first["_id"]}}),
        ("GET", "chat.syncThreadsList", {"params": {"rid": group["_id"], "updatedSince": "2020-01-01"}}),
        ("GET", "chat.syncThreadMessages", {"params": {"tmid": first["_id"], "updatedSince": "2020-01-01"}}),
        ("POST", "chat.followMessage", {"json": {"mid": first["_id"]}}),
        ("POST", "chat.unfollowMessage", {"json": {"mid": first["_id"]}}),
    ):
        assert other.refused(method, path, 400, **options)["errorType"] == "error-not-allowed"
    answer = other.refused("GET", "chat.getThreadMessages", params={"tmid": "nothing"})
    assert answer["error"] == "Invalid Message [error-invalid-message]"


def test_threads_in_a_direct_room_are_followed_by_both(user: Api, other: Api) -> None:
    first = user.post("chat.postMessage", channel=f"@{other.username()}", text="x")["message"]
    send(user, first["rid"], tmid=first["_id"])
    assert sorted(get(other, first)["replies"]) == sorted([user.user_id, other.user_id])


def test_threads_can_be_switched_off(own_server: Any) -> None:
    admin = own_server.admin()
    first = send(admin, "GENERAL")
    admin.post("settings/Threads_enabled", value=False)
    for method, path, options in (
        ("POST", "chat.sendMessage", {"json": {"message": {"rid": "GENERAL", "tmid": first["_id"]}}}),
        ("GET", "chat.getThreadsList", {"params": {"rid": "GENERAL"}}),
        ("GET", "chat.getThreadMessages", {"params": {"tmid": first["_id"]}}),
        ("POST", "chat.followMessage", {"json": {"mid": first["_id"]}}),
    ):
        assert admin.refused(method, path, 400, **options)["errorType"] == "error-not-allowed"
