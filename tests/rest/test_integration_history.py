"""``integrations.history``, ``clearHistory`` and ``replayOutgoing`` (contract, sections 2 and 4)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.delivery.webhooks import change, finished, history, outgoing, say, until
from tests.receivers import Receiver, reply, reply_json
from tests.running import Api, Server, unique

CLEAR = "integrations.clearHistory"
REPLAY = "integrations.replayOutgoing"


@pytest.fixture
def channel(admin: Api) -> str:
    room = admin.new_channel()
    admin.post("channels.invite", roomId=room["_id"], userId="rocket.cat")
    return f"#{room['name']}"


@pytest.fixture
def keeper(admin: Api) -> Api:
    """Somebody who manages the outgoing integrations of their own."""
    role = admin.post("roles.create", name=unique("keeper"), scope="Users")["role"]["_id"]
    permission = "manage-own-outgoing-integrations"
    known = admin.get("permissions.listAll")["update"]
    roles = next(one["roles"] for one in known if one["_id"] == permission)
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, role]}])
    return admin.new_user(roles=["user", role])


class TestHistory:
    def test_of_a_call_that_was_answered(self, own_server: Server) -> None:
        admin = own_server.admin()
        with Receiver([reply_json({"text": "done"})]) as receiver:
            hook = outgoing(admin, receiver, triggerWords=["deploy"], token="the-token")
            message = say(admin, "deploy")
            [entry] = finished(admin, hook)
        answer = admin.get("integrations.history", id=hook["_id"])
        assert (answer["count"], answer["items"], answer["offset"], answer["total"]) == (1, 1, 0, 1)
        data = {
            "token": "the-token",
            "bot": False,
            "trigger_word": "deploy",
            "channel_id": "GENERAL",
            "channel_name": "general",
            "message_id": message["_id"],
            "timestamp": message["ts"],
            "user_id": admin.user_id,
            "user_name": admin.username(),
            "text": "deploy",
            "siteUrl": own_server.url,
        }
        known = {
            "type": "outgoing-webhook",
            "step": "url-response-sent-message",
            "state": "succeeded",
            "event": "sendMessage",
            "data": data,
            "httpCallData": data,
            "triggerWord": "deploy",
            "ranPrepareScript": False,
            "finished": True,
            "url": receiver.url,
            "httpResult": '{"text": "done"}',
            "error": False,
        }
        assert {key: entry[key] for key in known} == known
        assert entry.keys() - known.keys() == {
            *("_id", "_createdAt", "_updatedAt", "integration", "resultMessage", "attempts")
        }
        assert entry["integration"]["_id"] == hook["_id"]
        assert entry["_createdAt"] <= entry["_updatedAt"]
        [posted] = entry["resultMessage"]
        assert posted["channel"] == "#general"
        assert posted["message"]["msg"] == "done"
        [attempt] = entry["attempts"]
        assert attempt.pop("startedAt") >= message["ts"]
        assert 0 <= attempt.pop("durationMs") < 5000
        size = attempt["request"].pop("bodySize")
        assert size == len(receiver.requests[0].body)
        headers = attempt["request"].pop("headers")
        assert headers.items() >= {"Content-Type": "application/json", "webhook-id": entry["_id"]}.items()
        assert attempt == {
            "number": 1,
            "status": 200,
            "request": {"method": "POST", "url": receiver.url},
            "response": {
                "headers": {"content-type": "application/json", "content-length": "16"},
                "body": '{"text": "done"}',
                "bodySize": 16,
            },
        }

    def test_secrets_are_masked_and_bodies_bounded(self, admin: Api, channel: str) -> None:
        headers = [("Set-Cookie", "session=secret-1"), ("X-Api-Key", "secret-2"), ("X-Plain", "shown")]
        with Receiver([reply(200, b"x" * 100_000, headers)]) as receiver:
            url = receiver.url.replace("http://", "http://user:secret-3@")
            hook = outgoing(admin, url, channel)
            say(admin, "hello", channel)
            [entry] = finished(admin, hook)
            assert receiver.requests[0].headers["authorization"].startswith("Basic ")
        [attempt] = entry["attempts"]
        assert "secret" not in str(attempt)
        assert attempt["request"]["url"] == receiver.url.replace("http://", "http://***@")
        assert attempt["response"]["headers"]["x-plain"] == "shown"
        assert len(attempt["response"]["body"]) == len(entry["httpResult"]) == 16 * 1024
        assert attempt["response"]["bodySize"] == 100_000
        assert attempt["response"]["truncated"] is True

    def test_of_a_delivery_that_waits(self, admin: Api, channel: str) -> None:
        with Receiver([reply(503, b"busy")]) as receiver:
            hook = outgoing(admin, receiver, channel, retryFailedCalls=True, retryDelay="powers-of-two")
            say(admin, "hello", channel)
            entry = until(
                lambda: next((one for one in history(admin, hook) if one["attempts"]), None), "attempt"
            )
        assert (entry["state"], entry["finished"], entry["error"]) == ("waiting", False, True)
        assert entry["step"] == "going-to-retry-1"
        assert entry["errorStack"] == "HTTP 503"
        assert entry["nextAttemptAt"] > entry["_updatedAt"]

    def test_is_newest_first_and_paged(self, admin: Api, channel: str) -> None:
        with Receiver() as receiver:
            hook = outgoing(admin, receiver, channel)
            for number in range(5):
                say(admin, f"message {number}", channel)
                finished(admin, hook, number + 1)
        assert told(history(admin, hook)) == [4, 3, 2, 1, 0]
        assert told(history(admin, hook, count=2)) == [4, 3]
        assert told(history(admin, hook, count=2, offset=3)) == [1, 0]
        assert told(history(admin, hook, sort='{"_updatedAt": 1}', count=2)) == [0, 1]
        answer = admin.get("integrations.history", id=hook["_id"], count=2, offset=3)
        assert (answer["count"], answer["offset"], answer["total"]) == (2, 3, 5)
        [shown] = history(admin, hook, count=1, fields='{"step": 1, "attempts.status": 1}')
        assert shown.keys() == {"_id", "step", "attempts"}
        assert shown["attempts"] == [{"status": 200}]

    @pytest.mark.parametrize(
        "query",
        [
            {"sort": '{"data": 1}'},
            {"sort": "nonsense"},
            {"fields": '{"password": 1}'},
            {"query": '{"$where": "1"}'},
            {"query": '{"error": true}'},
            {"count": "many"},
        ],
    )
    def test_of_what_it_does_not_know(self, admin: Api, channel: str, query: dict[str, str]) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel)
        admin.refused("GET", "integrations.history", params={"id": hook["_id"], **query})

    def test_needs_an_id(self, admin: Api) -> None:
        answer = admin.refused("GET", "integrations.history")
        assert answer["error"] == "must have required property 'id' [invalid-params]"

    def test_of_an_unknown_integration_is_empty(self, admin: Api) -> None:
        assert admin.get("integrations.history", id="f" * 24)["history"] == []

    def test_needs_a_permission(self, admin: Api) -> None:
        person = admin.new_user()
        person.refused("GET", "integrations.history", 403, params={"id": "f" * 24})

    def test_is_its_makers_alone(self, admin: Api, keeper: Api, channel: str) -> None:
        keeper.post("channels.join", roomId=admin.get("rooms.info", roomName=channel[1:])["room"]["_id"])
        with Receiver() as receiver:
            own, other = outgoing(keeper, receiver, channel), outgoing(admin, receiver, channel)
            say(admin, "hello", channel)
            assert len(finished(keeper, own)) == len(finished(admin, other)) == 1
        assert len(finished(admin, own)) == 1
        assert history(keeper, other) == []

    def test_goes_with_the_integration(self, admin: Api, channel: str) -> None:
        with Receiver() as receiver:
            hook = outgoing(admin, receiver, channel)
            say(admin, "hello", channel)
            finished(admin, hook)
        admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])
        assert admin.get("integrations.history", id=hook["_id"])["total"] == 0


def told(entries: list[Any]) -> list[int]:
    return [int(entry["data"]["text"].removeprefix("message ")) for entry in entries]


class TestClear:
    def test_forgets_what_has_ended(self, own_server: Server) -> None:
        admin = own_server.admin()
        with Receiver() as receiver, Receiver([reply(500)]) as failing:
            hook, other = outgoing(admin, receiver), outgoing(admin, receiver)
            retried: dict[str, Any] = {"retryFailedCalls": True, "retryDelay": "powers-of-two"}
            change(admin, hook, urls=[receiver.url, failing.url], **retried)
            say(admin, "hello")
            until(lambda: {one["state"] for one in history(admin, hook)} == {"succeeded", "waiting"}, "both")
            finished(admin, other)
            admin.post(CLEAR, integrationId=hook["_id"])
            assert [one["state"] for one in history(admin, hook)] == ["waiting"]
            assert len(history(admin, other)) == 1
            # The event is still there for the retry.
            failing.wait_for(2)

    def test_of_what_is_not_there(self, admin: Api) -> None:
        answer = admin.refused("POST", CLEAR, json={"integrationId": "f" * 24})
        assert answer == {
            "success": False,
            "error": "Invalid integration [error-invalid-integration]",
            "errorType": "error-invalid-integration",
            "details": {"method": "clearIntegrationHistory"},
        }

    def test_needs_an_id(self, admin: Api) -> None:
        answer = admin.refused("POST", CLEAR, json={})
        assert answer["error"] == "must have required property 'integrationId' [invalid-params]"

    def test_needs_a_permission(self, admin: Api, channel: str) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel)
        answer = admin.new_user().refused("POST", CLEAR, json={"integrationId": hook["_id"]})
        assert answer["errorType"] == "not_authorized"
        assert answer["error"] == "Unauthorized [not_authorized]"

    def test_of_somebody_elses(self, admin: Api, keeper: Api, channel: str) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel)
        answer = keeper.refused("POST", CLEAR, json={"integrationId": hook["_id"]})
        assert answer["errorType"] == "error-invalid-integration"


class TestReplay:
    def test_runs_the_event_again_with_the_data_it_had(self, own_server: Server) -> None:
        admin = own_server.admin()
        with Receiver([reply(404), reply()]) as receiver:
            hook = outgoing(admin, receiver, triggerWords=["go"])
            message = say(admin, "go")
            [entry] = finished(admin, hook)
            admin.post("chat.update", roomId="GENERAL", msgId=message["_id"], text="changed meanwhile")
            admin.post(REPLAY, integrationId=hook["_id"], historyId=entry["_id"])
            newer, older = finished(admin, hook, 2)
            first, second = receiver.wait_for(2)
        assert first.body == second.body
        assert first.headers["webhook-id"] != second.headers["webhook-id"]
        assert older == entry
        assert (newer["state"], newer["data"], newer["triggerWord"]) == ("succeeded", entry["data"], "go")

    def test_a_disabled_one_stays_silent(self, admin: Api, channel: str) -> None:
        with Receiver() as receiver:
            hook = outgoing(admin, receiver, channel)
            say(admin, "hello", channel)
            [entry] = finished(admin, hook)
            change(admin, hook, enabled=False)
            admin.post(REPLAY, integrationId=hook["_id"], historyId=entry["_id"])
            assert len(history(admin, hook)) == 1
            assert len(receiver.requests) == 1

    def test_of_an_incoming_one(self, admin: Api, channel: str) -> None:
        bot = admin.new_bot()
        hook = admin.post(
            "integrations.create",
            type="webhook-incoming",
            name=unique("in"),
            enabled=True,
            username=bot.username(),
            channel=channel,
            scriptEnabled=False,
        )["integration"]
        body = {"integrationId": hook["_id"], "historyId": "x"}
        assert admin.refused("POST", REPLAY, json=body)["errorType"] == "integration-type-must-be-outgoing"

    def test_of_what_is_not_there(self, admin: Api, channel: str) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel)
        unknown = admin.refused("POST", REPLAY, json={"integrationId": "f" * 24, "historyId": "x"})
        assert (unknown["errorType"], unknown["details"]) == (
            "error-invalid-integration",
            {"method": "replayOutgoingIntegration"},
        )
        body = {"integrationId": hook["_id"], "historyId": "x"}
        assert admin.refused("POST", REPLAY, json=body) == {
            "success": False,
            "error": "Invalid Integration History [error-invalid-integration-history]",
            "errorType": "error-invalid-integration-history",
            "details": {"method": "replayOutgoingIntegration"},
        }

    def test_an_entry_of_another_integration(self, admin: Api, channel: str) -> None:
        with Receiver() as receiver:
            hook, other = outgoing(admin, receiver, channel), outgoing(admin, receiver, channel)
            say(admin, "hello", channel)
            [entry] = finished(admin, hook)
            body = {"integrationId": other["_id"], "historyId": entry["_id"]}
            answer = admin.refused("POST", REPLAY, json=body)
        assert answer["errorType"] == "error-invalid-integration-history"

    def test_needs_a_permission(self, admin: Api, keeper: Api, channel: str) -> None:
        hook = outgoing(admin, "http://127.0.0.1:9/", channel)
        body = {"integrationId": hook["_id"], "historyId": "x"}
        assert admin.new_user().refused("POST", REPLAY, json=body)["errorType"] == "not_authorized"
        assert keeper.refused("POST", REPLAY, json=body)["errorType"] == "error-invalid-integration"
