"""What the answer of a receiver posts, and where."""

from __future__ import annotations

from typing import Any

import pytest
from tests.delivery.webhooks import channel, finished, outgoing, say, texts
from tests.receivers import Receiver, reply, reply_json
from tests.running import Api, Server, unique

CAT = "rocket.cat"


class TestAnswer:
    def test_is_posted_by_the_integrations_user(self, own_server: Server) -> None:
        admin = own_server.admin()
        with Receiver([reply_json({"text": "on it"})]) as receiver:
            hook = outgoing(admin, receiver, alias="Deployer", emoji=":rocket:")
            say(admin, "deploy")
            [entry] = finished(admin, hook)
        assert entry["step"] == "url-response-sent-message"
        [result] = entry["resultMessage"]
        message = admin.get("chat.getMessage", msgId=result["message"]["_id"])["message"]
        assert message["msg"] == "on it"
        assert message["u"]["_id"] == CAT
        assert message["alias"] == "Deployer"
        assert message["emoji"] == ":rocket:"
        assert message["bot"] == {"i": hook["_id"]}
        assert texts(admin)[:2] == ["on it", "deploy"]

    def test_is_posted_by_the_events_user_when_impersonating(self, admin: Api, room: Any) -> None:
        person = admin.new_user()
        with Receiver([reply_json({"text": "as you", "username": "Somebody"})]) as receiver:
            hook = outgoing(admin, receiver, channel(room), impersonateUser=True)
            say(person, "hello", channel(room))
            [entry] = finished(admin, hook)
        message = entry["resultMessage"][0]["message"]
        assert message["u"]["_id"] == person.user_id
        assert message["alias"] == "Somebody"

    def test_goes_to_the_target_room(self, admin: Api, room: Any) -> None:
        target = admin.new_channel()
        with Receiver([reply_json({"text": "elsewhere"})]) as receiver:
            hook = outgoing(admin, receiver, channel(room), targetRoom=channel(target))
            say(admin, "hello", channel(room))
            finished(admin, hook)
        assert "elsewhere" in texts(admin, target["_id"])
        assert "elsewhere" not in texts(admin, room["_id"])

    def test_goes_where_it_says(self, admin: Api, room: Any) -> None:
        target = admin.new_channel()
        with Receiver([reply_json({"text": "there", "channel": channel(target)})]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        assert entry["resultMessage"][0]["channel"] == channel(target)
        assert "there" in texts(admin, target["_id"])

    def test_stays_in_the_thread(self, admin: Api, room: Any) -> None:
        with Receiver([reply_json({"text": "in the thread"})]) as receiver:
            first = say(admin, "first", channel(room))
            hook = outgoing(admin, receiver, channel(room))
            admin.post("chat.postMessage", channel=channel(room), text="second", tmid=first["_id"])
            [entry] = finished(admin, hook)
        assert entry["resultMessage"][0]["message"]["tmid"] == first["_id"]
        again = admin.get("chat.getMessage", msgId=first["_id"])["message"]
        assert again["tcount"] == 2

    def test_attachments_alone_are_a_message(self, admin: Api, room: Any) -> None:
        with Receiver([reply_json({"attachments": [{"title": "A", "msg": "b"}]}, 201)]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        assert entry["resultMessage"][0]["message"]["attachments"] == [{"title": "A", "text": "b"}]

    @pytest.mark.parametrize(
        ("behaviour", "result"),
        [
            (reply(200), ""),
            (reply(204), ""),
            (reply(200, b"plain words"), "plain words"),
            (reply(200, b'{"text": "x"}', [("Content-Type", "text/plain")]), '{"text": "x"}'),
            (reply(200, b"{broken", [("Content-Type", "application/json")]), "{broken"),
            (reply_json({"nothing": 1}), '{"nothing": 1}'),
            (reply_json(["text"]), '["text"]'),
        ],
    )
    def test_what_is_no_message_posts_nothing(
        self, admin: Api, room: Any, behaviour: Any, result: str
    ) -> None:
        with Receiver([behaviour]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        assert (entry["step"], entry["error"], entry["state"]) == ("after-http-call", False, "succeeded")
        assert entry["httpResult"] == result
        assert texts(admin, room["_id"])[0] == "hello"

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"text": "x", "channel": "#no-such-room"}, "invalid-channel"),
            ({"text": "x" * 6000}, "error-message-size-exceeded"),
            ({"text": "x", "avatar": "javascript:alert(1)"}, None),
        ],
    )
    def test_what_may_not_be_posted_is_told(
        self, admin: Api, room: Any, answer: Any, error: str | None
    ) -> None:
        with Receiver([reply_json(answer)]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
            assert len(receiver.requests) == 1
        assert entry["step"] == "after-http-call-send-message-failed"
        assert entry["error"] is True
        assert entry["errorStack"] if error is None else entry["errorStack"] == error

    def test_where_the_user_may_not_post(self, admin: Api, room: Any) -> None:
        private = admin.post("groups.create", name=unique("group"))["group"]
        with Receiver([reply_json({"text": "x", "channel": private["_id"]})]) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        assert entry["errorStack"] == "error-not-allowed"
        assert "x" not in texts(admin, room["_id"])
