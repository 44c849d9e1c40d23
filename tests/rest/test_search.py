"""Searching the messages of a room over REST."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, unique


def ids(answer: Any) -> list[str]:
    return [one["_id"] for one in answer["messages"]]


def said(user: Api, room: Any, text: str, **more: Any) -> str:
    """Post a message; answers its id."""
    message_id: str = user.post("chat.postMessage", roomId=room["_id"], text=text, **more)["message"]["_id"]
    return message_id


@pytest.fixture(scope="module")
def talk(user: Api, admin: Api, room: Any) -> dict[str, str]:
    """Messages of ``room`` by what they are about."""
    first = said(user, room, "The deployment of Zürich failed https://status.example/42")
    second = said(admin, room, f"deploy again, @{user.username()}")
    third = said(user, room, "deployed", attachments=[{"title": "Runbook", "text": "how to roll back"}])
    user.post("chat.pinMessage", messageId=second)
    user.post("chat.starMessage", messageId=third)
    return {"failed": first, "again": second, "done": third}


def test_operators_and_words(user: Api, admin: Api, room: Any, talk: dict[str, str]) -> None:
    failed, again, done = talk.values()
    name = user.username()
    for text, expected in (
        ("deploy", [done, again, failed]),
        ("DEPLOYMENT zurich", [failed]),
        ('"deployment of"', [failed]),
        ("from:me deploy", [done, failed]),
        (f"from:{name} deploy", [done, failed]),
        (f"from:{name} from:{admin.username()} deploy", [done, again, failed]),
        ("from:nobody-at-all deploy", []),
        (f"mention:{name}", [again]),
        ("has:star", [done]),
        ("is:pinned", [again]),
        ("has:link", [failed]),
        ("roll back", [done]),
        ("file-title:run", [done]),
        ("deploy order:asc", [failed, again, done]),
        ("deploy after:1/1/2020 before:1/1/2100", [done, again, failed]),
        ("deploy before:1/1/2020", []),
        ("order:asc", []),
        ("?!", []),
    ):
        assert ids(user.get("chat.search", roomId=room["_id"], searchText=text)) == expected, text
    page = user.get("chat.search", roomId=room["_id"], searchText="deploy", count=1, offset=1)
    assert ids(page) == [again]
    assert page.keys() == {"messages", "success"}
    starred = user.get("chat.search", roomId=room["_id"], searchText="has:star")["messages"][0]
    assert starred["starred"] == [{"_id": user.user_id}]
    assert ids(admin.get("chat.search", roomId=room["_id"], searchText="has:star")) == []


def test_ones_own_last_message_is_found_and_changes_are_followed(user: Api, room: Any) -> None:
    word = unique("fresh").replace("-", "")
    for i in range(5):
        made = said(user, room, f"{word} {i}")
        assert ids(user.get("chat.search", roomId=room["_id"], searchText=f"{word} {i}")) == [made]
    user.post("chat.update", roomId=room["_id"], msgId=made, text="something else")
    assert made not in ids(user.get("chat.search", roomId=room["_id"], searchText=word))
    user.post("chat.update", roomId=room["_id"], msgId=made, text=word)
    user.post("chat.delete", roomId=room["_id"], msgId=made)
    assert made not in ids(user.get("chat.search", roomId=room["_id"], searchText=word))


def test_only_who_sees_a_room_searches_it(user: Api, stranger: Api, group: Any) -> None:
    said(user, group, "a secret")
    assert len(ids(user.get("chat.search", roomId=group["_id"], searchText="secret"))) == 1
    refused = stranger.refused("GET", "chat.search", params={"roomId": group["_id"], "searchText": "secret"})
    assert refused["errorType"] == "error-not-allowed"
    Api(user.url).refused("GET", "chat.search", 401, params={"roomId": group["_id"], "searchText": "secret"})


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"searchText": "x"}, "error-roomId-param-not-provided"),
        ({"roomId": "GENERAL"}, "error-searchText-param-not-provided"),
        ({"roomId": "no-such-room", "searchText": "x"}, "error-not-allowed"),
        ({"roomId": "GENERAL", "searchText": "/a.*b/"}, "error-search-regex-not-supported"),
        ({"roomId": "GENERAL", "searchText": "x" * 1001}, "error-search-text-too-long"),
        ({"roomId": "GENERAL", "searchText": "x", "count": "-1"}, "invalid-params"),
    ],
)
def test_refusals(user: Api, query: dict[str, str], code: str) -> None:
    assert user.refused("GET", "chat.search", params=query)["errorType"] == code


@pytest.mark.parametrize(
    "text",
    ['"', "'", "a' | 'b':*", 'foo" OR "bar', "* NOT (", "a:b^c", "-x +y", "\0", "a\0b", "%_\\", "🎉" * 100,
     "()" * 400, "from:' has:\"", "\ue000r", "{words}: x", "NEAR(a b, 3)", "é\u0301\u0327", "؀؁" * 50,
     'file-title:"', "\ud7ff\ue000\uffff", "x" * 1000, "'':*", "\\'", "\\"],
)  # fmt: skip
def test_hostile_texts(user: Api, room: Any, talk: dict[str, str], text: str) -> None:
    response = user.call("GET", "chat.search", params={"roomId": room["_id"], "searchText": text})
    assert response.status_code in (200, 400), response.text
    if response.status_code == 200:
        assert not set(ids(response.json())) & set(talk.values())
