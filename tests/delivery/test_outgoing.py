"""Outgoing webhooks end to end: a server, real receivers, and what comes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.delivery.webhooks import change, finished, history, outgoing, say, texts, until
from tests.receivers import (
    Receiver,
    close,
    hang,
    raw,
    reply,
    reply_json,
    too_many_requests,
)
from tests.running import Api, Server, unique

from hookroom import __version__

CAT = "rocket.cat"


@pytest.fixture
def room(admin: Api) -> Any:
    """A channel of the test's own, with rocket.cat in it."""
    room = admin.new_channel()
    admin.post("channels.invite", roomId=room["_id"], userId=CAT)
    return room


def channel(room: Any) -> str:
    return f"#{room['name']}"


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


class TestLoops:
    def test_an_answer_does_not_fire_its_own_integration(self, admin: Api, room: Any) -> None:
        with Receiver([reply_json({"text": "me again"})]) as receiver, Receiver() as other:
            hook = outgoing(admin, receiver, channel(room))
            outgoing(admin, other, channel(room))
            say(admin, "hello", channel(room))
            finished(admin, hook)
            # The other one hears both, the message and the answer.
            assert [one.json()["text"] for one in other.wait_for(2)] == ["hello", "me again"]
            assert len(receiver.requests) == 1

    def test_two_that_answer_each_other_end(self, admin: Api, room: Any) -> None:
        with (
            Receiver([reply_json({"text": "ping"})]) as one,
            Receiver([reply_json({"text": "pong"})]) as two,
        ):
            hooks = [outgoing(admin, receiver, channel(room)) for receiver in (one, two)]
            say(admin, "go", channel(room))
            until(lambda: len(history(admin, hooks[0])) == len(history(admin, hooks[1])) == 5, "5 rounds")
            for hook in hooks:
                finished(admin, hook, 5)
            # Each round one answer of each: five deep, none beyond.
            said = texts(admin, room["_id"])
            assert sorted(text for text in said if text in ("ping", "pong")) == ["ping"] * 5 + ["pong"] * 5


class TestRetries:
    def test_powers_of_ten(self, own_server: Server) -> None:
        admin = own_server.admin()
        script = [reply(500), reply(503, b"busy"), reply_json({"text": "third time lucky"})]
        with Receiver(script) as receiver:
            hook = outgoing(admin, receiver, retryFailedCalls=True, retryDelay="powers-of-ten")
            say(admin, "hello")
            requests = receiver.wait_for(3)
            [entry] = finished(admin, hook)
        assert len({request.headers["webhook-id"] for request in requests}) == 1
        assert {request.body for request in requests} == {requests[0].body}
        assert entry["_id"] == requests[0].headers["webhook-id"]
        attempts = entry["attempts"]
        assert [one["number"] for one in attempts] == [1, 2, 3]
        assert [one["status"] for one in attempts] == [500, 503, 200]
        assert entry["state"] == "succeeded"
        assert texts(admin).count("third time lucky") == 1

    @pytest.mark.parametrize(
        ("behaviour", "options", "step", "calls"),
        [
            (reply(500), {}, "failed-and-not-configured-to-retry", 1),
            (reply(404), {"retryFailedCalls": True}, "after-http-call", 1),
            (reply(302, headers=[("Location", "/x")]), {"retryFailedCalls": True}, "after-http-call", 1),
            (reply(500), {"retryFailedCalls": True, "retryCount": 1}, "too-many-retries", 2),
            (close(), {"retryFailedCalls": True, "retryCount": 1}, "too-many-retries", 2),
            (
                reply(500),
                {"retryFailedCalls": True, "retryDelay": "now-and-then"},
                "failed-and-retry-delay-is-invalid",
                1,
            ),
        ],
    )
    def test_ends(self, admin: Api, room: Any, behaviour: Any, options: Any, step: str, calls: int) -> None:
        with Receiver([behaviour]) as receiver:
            hook = outgoing(admin, receiver, channel(room), **options)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
            assert len(receiver.requests) == calls
        assert (entry["step"], entry["state"], entry["error"]) == (step, "failed", True)
        assert len(entry["attempts"]) == calls

    def test_retry_after_is_obeyed(self, admin: Api, room: Any) -> None:
        with Receiver([too_many_requests(1), reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        first, second = entry["attempts"]
        # The schedule alone would have come back after 0.1 s.
        assert seconds(second["startedAt"]) - seconds(first["startedAt"]) >= 1

    def test_gone_disables_the_integration(self, admin: Api, room: Any) -> None:
        with Receiver([reply(410)]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
            assert entry["step"] == "after-process-http-status-410"
            stored = admin.get("integrations.get", integrationId=hook["_id"])["integration"]
            assert stored["enabled"] is False
            say(admin, "nobody listens", channel(room))
            assert len(history(admin, hook)) == 1

    def test_waiting_ones_end_when_it_is_disabled(self, own_server: Server) -> None:
        admin = own_server.admin()
        retrying: dict[str, Any] = {"retryFailedCalls": True, "retryDelay": "powers-of-two"}
        with Receiver([reply(500)]) as receiver, Receiver([reply(500), reply()]) as later:
            hook = outgoing(admin, receiver, triggerWords=["hello"], **retrying)
            outgoing(admin, later, triggerWords=["later"], **retrying)
            say(admin, "hello")
            until(lambda: history(admin, hook)[0]["state"] == "waiting", "waiting one")
            change(admin, hook, enabled=False)
            [entry] = history(admin, hook)
            assert (entry["state"], entry["finished"]) == ("cancelled", True)
            assert entry["errorStack"] == "The integration was disabled."
            assert len(entry["attempts"]) == 1
            change(admin, hook, enabled=True)
            say(admin, "later")
            # Its retry would have come before this one's.
            later.wait_for(2)
            assert len(receiver.requests) == 1
            assert history(admin, hook)[0]["state"] == "cancelled"

    def test_waiting_ones_end_when_the_url_is_taken_out(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)]) as receiver, Receiver() as other:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True, retryDelay="powers-of-two")
            say(admin, "hello", channel(room))
            until(lambda: history(admin, hook)[0]["state"] == "waiting", "waiting one")
            change(admin, hook, urls=[other.url])
            [entry] = finished(admin, hook)
            assert entry["state"] == "cancelled"
            assert len(receiver.requests) == 1
            assert other.requests == []

    def test_waiting_ones_go_with_the_integration(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            receiver.wait_for(2)
            admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])
            assert history(admin, hook) == []


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


class TestNotReached:
    @pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "nonsense"])
    def test_what_is_no_url_fails_at_once(self, admin: Api, room: Any, url: str) -> None:
        hook = outgoing(admin, url, channel(room), retryFailedCalls=True)
        say(admin, "hello", channel(room))
        [entry] = finished(admin, hook)
        assert (entry["state"], len(entry["attempts"])) == ("failed", 1)
        assert entry["httpError"]["message"]
        assert entry["httpResult"] is None

    def test_a_metadata_service_is_not_called(self, admin: Api, room: Any) -> None:
        hook = outgoing(admin, "http://169.254.169.254/latest/", channel(room), retryFailedCalls=True)
        say(admin, "hello", channel(room))
        [entry] = finished(admin, hook)
        assert "refused" in entry["httpError"]["message"]
        assert len(entry["attempts"]) == 1

    def test_an_answer_that_is_no_http_is_tried_again(self, admin: Api, room: Any) -> None:
        with Receiver([raw(b"nonsense\r\n\r\n"), reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        assert [one.get("status") for one in entry["attempts"]] == [None, 200]


class TestScripts:
    def test_nothing_is_sent_unscripted(self, admin: Api, room: Any) -> None:
        script = "class Script { prepare_outgoing_request({request}) { return undefined; } }"
        with Receiver() as receiver:
            hook = outgoing(admin, receiver, channel(room), scriptEnabled=True, script=script)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
            assert receiver.requests == []
        assert entry["error"] is True
        assert entry["step"] == "execute-script-getting-script", entry
        assert entry["errorStack"] == "scripts are not available on this server yet"
        assert entry["attempts"] == []
        assert "httpCallData" not in entry

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
        slow.wait_for(32)
        say(admin, "quick")
        quick.wait_for(1, timeout_s=2)
        # Its share, and no more: half of the places.
        assert len(slow.requests) == 32
