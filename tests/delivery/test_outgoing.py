"""Outgoing webhooks end to end: what a receiver is told, and when."""

from __future__ import annotations

from typing import Any

import pytest
from tests.delivery.webhooks import channel, finished, history, outgoing, say, until
from tests.receivers import Receiver, hang
from tests.running import Api, Server

from hookroom import __version__


class TestRequest:
    def test_field_by_field(self, server: Server, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            outgoing(admin, receiver.url + "/in?a=b", channel(room), token="the-token")
            message = say(admin, "deploy now", channel(room))
            [got] = receiver.wait_for(1)
        assert (got.method, got.path) == ("POST", "/in?a=b")
        assert got.headers["content-type"] == "application/json"
        assert got.headers["user-agent"] == f"Hookroom/{__version__}"
        assert len(got.headers["webhook-id"]) == 17
        assert got.json() == {
            "token": "the-token",
            "bot": False,
            "channel_id": room["_id"],
            "channel_name": room["name"],
            "message_id": message["_id"],
            "timestamp": message["ts"],
            "user_id": admin.user_id,
            "user_name": admin.username(),
            "text": "deploy now",
            "siteUrl": server.url,
        }

    def test_trigger_word_alias_and_thread(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            outgoing(admin, receiver, channel(room), triggerWords=["deploy", "ship"])
            first = say(admin, "hello, nothing to do", channel(room))
            answer = admin.post("chat.postMessage", channel=channel(room), text="ship it", tmid=first["_id"])
            assert answer["message"]["tmid"] == first["_id"]
            [got] = receiver.wait_for(1)
        assert got.json()["text"] == "ship it"
        assert got.json()["trigger_word"] == "ship"
        assert got.json()["tmid"] == first["_id"]

    def test_every_url_is_called(self, admin: Api, room: Any) -> None:
        with Receiver() as one, Receiver() as two:
            hook = outgoing(admin, one, channel(room), urls=[one.url, " ", two.url])
            say(admin, "hello", channel(room))
            [first], [second] = one.wait_for(1), two.wait_for(1)
            assert first.headers["webhook-id"] != second.headers["webhook-id"]
            assert {entry["url"] for entry in finished(admin, hook, 2)} == {one.url, two.url}

    def test_a_disabled_one_is_not_called(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            hook = outgoing(admin, receiver, channel(room), enabled=False)
            other = outgoing(admin, receiver, channel(room))
            say(admin, "hello", channel(room))
            finished(admin, other)
            assert len(receiver.requests) == 1
            assert history(admin, hook) == []

    def test_a_message_to_a_person_is_told(self, admin: Api) -> None:
        person = admin.new_user()
        with Receiver() as receiver:
            outgoing(admin, receiver, f"@{person.username()}")
            say(admin, "psst", f"@{person.username()}")
            [got] = receiver.wait_for(1)
        assert got.json()["text"] == "psst"
        assert "channel_name" not in got.json()

    def test_other_events(self, own_server: Server) -> None:
        admin = own_server.admin()
        events = ("roomCreated", "roomArchived", "roomJoined", "roomLeft", "userCreated")
        with Receiver() as receiver:
            for event in events:
                outgoing(
                    admin,
                    f"{receiver.url}/{event}",
                    "all_public_channels",
                    event=event,
                    targetRoom="#general",
                )
            room = admin.new_channel()
            person = admin.new_user()
            person.post("channels.join", roomId=room["_id"])
            person.post("channels.leave", roomId=room["_id"])
            admin.post("channels.archive", roomId=room["_id"])

            def told() -> dict[str, Any]:
                # A new user joins #general too.
                bodies = [(request.path[1:], request.json()) for request in receiver.requests]
                return {
                    path: body for path, body in bodies if body.get("channel_id", room["_id"]) == room["_id"]
                }

            until(lambda: set(told()) == set(events), "five events")
        for event, body in told().items():
            who = admin if event in ("roomCreated", "roomArchived") else person
            user = body["owner" if event == "roomCreated" else "user"]
            assert body["user_id"] == user["_id"] == who.user_id
            assert body["token"] == "outgoing-token"
            assert "services" not in user
            # The administrator who made these may see e-mails.
            assert user["emails"][0]["address"].endswith((".chat", "@example.com"))
            if event != "userCreated":
                assert body["channel_name"] == body["room"]["name"] == room["name"]


class TestScripts:
    @pytest.mark.parametrize(("enabled", "script"), [(True, "  "), (False, "class Script {}")])
    def test_what_does_not_run_does_not_matter(
        self, admin: Api, room: Any, enabled: bool, script: str
    ) -> None:
        with Receiver() as receiver:
            outgoing(admin, receiver, channel(room), scriptEnabled=enabled, script=script)
            say(admin, "hello", channel(room))
            receiver.wait_for(1)


def test_a_slow_receiver_does_not_delay_a_quick_one(own_server: Server) -> None:
    admin = own_server.admin()
    with Receiver([hang()]) as slow, Receiver() as quick:
        outgoing(admin, slow, triggerWords=["slow"])
        outgoing(admin, quick, triggerWords=["quick"])
        for _ in range(100):
            say(admin, "slow")
        slow.wait_for(16)
        say(admin, "quick")
        quick.wait_for(1, timeout_s=2)
        # The most that one integration has under way, unless it says otherwise.
        assert len(slow.requests) == 16
