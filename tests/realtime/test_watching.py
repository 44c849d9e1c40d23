"""The status of users that a client names: ``stream-user-presence``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.realtime.client import Client, connected
from tests.running import Api, Server

from hookroom.realtime.watching import MAX_WATCHED

STREAM = "stream-user-presence"


@pytest.fixture
def user(admin: Api) -> Api:
    return admin.new_user()


def told(client: Client, user: Api, text: str) -> Any:
    """The next event of a user whose status text is that."""
    return client.until(
        lambda said: (
            said.get("collection") == STREAM
            and said["id"] == user.user_id
            and said["fields"]["args"][0][2] == text
        )
    )


def ended(client: Client, id_: str, *params: Any) -> Any:
    """Subscribe once more: what the server says as it ends that one."""
    client.send(msg="sub", id=id_, name=STREAM, params=list(params))
    return client.until(lambda said: said.get("msg") == "nosub" and said["id"] == id_)


@pytest.mark.parametrize("form", ["as Meteor", "as ddp-client"])
def test_whom_one_names(server: Server, admin: Api, user: Api, form: str) -> None:
    def options(**named: list[str]) -> dict[str, Any]:
        return named if form == "as Meteor" else {"useCollection": False, "args": [named]}

    ann, bob = user, admin.new_user()
    with connected(server.url, admin) as client:
        first = client.subscribe(STREAM, "", options(added=[ann.user_id]))
        ann.post("users.setStatus", status="busy", message="one")
        assert told(client, ann, "one") == {
            "msg": "changed",
            "collection": STREAM,
            "id": ann.user_id,
            "fields": {
                "eventName": ann.user_id,
                "uid": ann.user_id,
                "args": [[ann.username(), 3, "one"]],
            },
        }
        assert ended(client, "more", "", options(added=[bob.user_id], removed=[ann.user_id])) == {
            "msg": "nosub",
            "id": "more",
        }
        ann.post("users.setStatus", status="busy", message="two")
        bob.post("users.setStatus", status="busy", message="two")
        told(client, bob, "two")
        client.send(msg="unsub", id=first)
        client.until(lambda said: said.get("msg") == "nosub" and said["id"] == first)
        bob.post("users.setStatus", status="busy", message="three")
        client.subscribe(STREAM, "", options(added=[ann.user_id]))
        ann.post("users.setStatus", status="busy", message="three")
        told(client, ann, "three")
        others = [said["fields"]["args"][0][2] for said in client.heard if said.get("collection") == STREAM]
        assert others == []


def test_what_is_refused(server: Server, user: Api) -> None:
    with connected(server.url) as client:
        assert client.refused(STREAM, "", {"added": [user.user_id]}) == "not-allowed"
        client.login(user)
        many = [f"user{number}" for number in range(MAX_WATCHED + 1)]
        assert client.refused(STREAM, "", {"added": many}) == "too-many-subscriptions"
        for odd in (
            [],
            [""],
            ["", False],
            ["", {"added": "x", "removed": [1, None, ""]}],
            ["", {"args": [7]}],
        ):
            client.send(msg="unsub", id=client.subscribe(STREAM, *odd))
        client.subscribe(STREAM, "", {"added": many[1:]})
        user.post("users.logout")
        client.closed()
