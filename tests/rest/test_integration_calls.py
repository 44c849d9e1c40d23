"""``integrations.calls`` and ``replayCall``: what came in, and doing it again."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from tests.hooks.hooks import Hook
from tests.hooks.limited import limited, of
from tests.running import Api, unique

from hookroom.integrations.call_ledger import BURST

CALLS = "integrations.calls"
REPLAY = "integrations.replayCall"
SCRIPT = """class Script {
  process_incoming_request({ request }) {
    console.log('got', request.content.text);
    if (request.content.text === 'no') { throw new Error('not this'); }
    return { content: { text: `said ${request.content.text}` } };
  }
}"""
VERIFIED = {"scheme": "github", "secret": "what both of us know"}


def calls(hook: Hook, api: Api | None = None, **query: Any) -> list[Any]:
    """What is on record, newest first."""
    found: list[Any] = (api or hook.admin).get(CALLS, integrationId=hook.id, **query)["calls"]
    return found


def replay(hook: Hook, call_id: str) -> Any:
    return hook.admin.post(REPLAY, integrationId=hook.id, callId=call_id)


def signed(body: bytes, secret: str = VERIFIED["secret"]) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest}"}


@pytest.fixture
def hook(admin: Api) -> Hook:
    return Hook(admin)


@pytest.fixture
def keeper(admin: Api) -> Api:
    """Somebody who manages the incoming integrations of their own."""
    role = admin.post("roles.create", name=unique("keeper"), scope="Users")["role"]["_id"]
    permission = "manage-own-incoming-integrations"
    known = admin.get("permissions.listAll")["update"]
    roles = next(one["roles"] for one in known if one["_id"] == permission)
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, role]}])
    return admin.new_user(roles=["user", role])


@pytest.fixture(scope="module")
def many(admin: Api) -> Hook:
    """Ten calls: every third is refused, the one after it posts nothing."""
    hook = Hook(admin)
    for number in range(10):
        body = {"text": f"number {number}"} if number % 3 else {"text": f"number {number}", "channel": "#x"}
        hook.call(json={} if number % 3 == 1 else body)
    return hook


class TestCalls:
    def test_a_call_that_posts(self, hook: Hook) -> None:
        message = hook.posted({"text": "hello"})
        answer = hook.admin.get(CALLS, integrationId=hook.id)
        assert (answer["count"], answer["items"], answer["offset"], answer["total"]) == (1, 1, 0, 1)
        assert "next" not in answer
        assert answer["sinceStart"] == {"calls": 1, "posted": 1, "nothing": 0, "replayed": 0, "refused": {}}
        [call] = answer["calls"]
        assert call["messageIds"] == [message["_id"]]
        assert (call["type"], call["integrationId"]) == ("incoming-call", hook.id)
        assert (call["state"], call["status"]) == ("posted", 200)
        assert call["address"] == "127.0.0.1"
        assert call["durationMs"] > 0
        request = call["request"]
        assert (request["method"], request["path"]) == ("POST", f"/hooks/{hook.id}/***")
        assert json.loads(request["body"]) == {"text": "hello"}
        assert request["size"] == len(request["body"])
        assert request["headers"]["content-type"] == "application/json"
        assert call["tryOut"] == {"integrationId": hook.id, "recorded": call["_id"]}
        for name in ("script", "error", "refusedAt", "verification", "replayOf", "cut"):
            assert name not in call

    def test_nothing_secret_is_in_it(self, hook: Hook) -> None:
        hook.call(
            path=f"/hooks/{hook.id}/a-user/{hook.token}?api_key=geheim-1&a=1",
            json={"text": "x"},
            headers={
                "authorization": "Basic geheim-2",
                "cookie": "session=geheim-3",
                "x-hub-signature": "sha1=geheim-4",
                "referer": f"https://example.com/hooks/{hook.id}/{hook.token}?token=geheim-5",
                "x-gitlab-token": "geheim-6",
            },
        )
        text = hook.admin.call("GET", CALLS, params={"integrationId": hook.id}).text
        assert "geheim" not in text
        assert hook.token not in text
        [call] = calls(hook)
        assert call["request"]["query"] == "api_key=***&a=1"
        assert call["request"]["path"] == f"/hooks/{hook.id}/a-user/***"

    def test_a_script(self, admin: Api) -> None:
        hook = Hook(admin, script=SCRIPT, scriptEnabled=True)
        hook.posted({"text": "a"})
        hook.refused(400, "error-running-script", json={"text": "no"})
        bad, good = calls(hook)
        assert good["script"]["console"] == [{"level": "log", "text": "got a"}]
        assert good["script"]["durationMs"] > 0
        assert (bad["state"], bad["status"], bad["refusedAt"]) == ("refused", 400, "script")
        assert bad["script"]["error"]["message"] == "not this"
        assert bad["script"]["error"]["line"] == 4

    def test_calls_that_are_refused(self, hook: Hook) -> None:
        hook.refused(400, content=b"{", headers={"content-type": "application/json"})
        hook.refused(
            400,
            "overriding destination channel is disabled for this integration",
            json={"text": "x", "channel": "#other"},
        )
        hook.refused(415, content=b"x", headers={"content-encoding": "lzma"})
        hook.update(enabled=False)
        hook.refused(503, "Service Unavailable", json={"text": "x"})
        found = calls(hook)
        assert [(one["status"], one["refusedAt"]) for one in found] == [
            (503, "user"),
            (415, "body"),
            (400, "posting"),
            (400, "body"),
        ]
        assert all(one["error"] for one in found)
        assert "body" not in found[0]["request"]
        assert (found[1]["request"]["body"], found[3]["request"]["body"]) == ("x", "{")
        answer = hook.admin.get(CALLS, integrationId=hook.id)
        assert answer["sinceStart"]["refused"] == {"body": 2, "posting": 1, "user": 1}

    def test_a_wrong_token_is_no_call(self, hook: Hook) -> None:
        hook.refused(404, path=f"/hooks/{hook.id}/{hook.token[:-1]}x", json={"text": "x"})
        hook.call("HEAD")
        assert calls(hook) == []

    def test_verification(self, admin: Api) -> None:
        hook = Hook(admin, verification=VERIFIED)
        body = b'{"text": "x"}'
        hook.refused(401, content=body, headers=signed(body, "another"))
        assert hook.call(content=body, headers=signed(body)).status_code == 200
        good, bad = calls(hook)
        assert good["verification"] == {"scheme": "github", "ok": True}
        assert bad["verification"]["ok"] is False
        assert bad["verification"]["reason"]
        assert (bad["status"], bad["refusedAt"], bad["request"]["body"]) == (
            401,
            "verification",
            body.decode(),
        )
        assert bad["request"]["headers"]["x-hub-signature-256"] == "***"

    def test_a_key_that_comes_again(self, hook: Hook) -> None:
        headers = {"Idempotency-Key": unique("key")}
        for _ in range(2):
            hook.post({"text": "x"}, headers=headers)
        again, first = calls(hook)
        assert again["replayOf"] == first["_id"]
        assert (again["state"], again["messageIds"]) == ("nothing", [])
        assert again["request"]["headers"]["idempotency-key"] == headers["Idempotency-Key"]
        assert hook.admin.get(CALLS, integrationId=hook.id)["sinceStart"]["replayed"] == 1

    def test_get_and_nothing(self, hook: Hook) -> None:
        hook.call("GET", params={"text": "by get"})
        hook.call(content=b"")
        nothing, got = calls(hook)
        assert (nothing["state"], nothing["request"]["size"]) == ("nothing", 0)
        assert (got["state"], got["request"]["method"], got["request"]["query"]) == (
            "posted",
            "GET",
            "text=by+get",
        )

    def test_forms_show_what_was_read(self, hook: Hook) -> None:
        hook.call(data={"payload": '{"text": "x"}'})
        [call] = calls(hook)
        assert call["request"]["body"].startswith("payload=")
        assert call["request"]["content"] == {"text": "x"}

    def test_a_body_that_is_too_large_to_be_kept(self, hook: Hook) -> None:
        hook.post({"text": "x", "attachments": [], "more": "y" * 70_000})
        [call] = calls(hook)
        assert "body" not in call["request"]
        assert call["request"]["bodyKept"] is False
        assert call["request"]["size"] > 70_000
        assert "tryOut" not in call
        answer = hook.admin.refused("POST", REPLAY, json={"integrationId": hook.id, "callId": call["_id"]})
        assert answer["errorType"] == "error-invalid-integration-history"
        assert "too large" in answer["error"]

    def test_history_of_outgoing_ones_stays_apart(self, hook: Hook) -> None:
        hook.post({"text": "x"})
        assert hook.admin.get("integrations.history", id=hook.id)["history"] == []


def test_a_limit_and_whose_call_it_was(tmp_path: Path) -> None:
    """What a proxy that is trusted says of the caller; and a flood leaves a bounded number of records."""
    with limited(tmp_path) as (_, admin):
        hook = Hook(admin, rateLimitCalls=2, rateLimitSeconds=3600)
        statuses = [
            hook.call(json={"text": "x"}, headers=of(f"192.0.2.{number}")).status_code for number in range(60)
        ]
        assert statuses == [200] * 2 + [429] * 58
        answer = admin.get(CALLS, integrationId=hook.id, count=100)
        assert answer["sinceStart"] == {
            "calls": 60,
            "posted": 2,
            "nothing": 0,
            "replayed": 0,
            "refused": {"rate": 58},
        }
        found = answer["calls"]
        assert BURST + 2 <= len(found) < 60
        assert [one["address"] for one in found[-3:]] == ["192.0.2.2", "192.0.2.1", "192.0.2.0"]
        assert (found[0]["status"], found[0]["refusedAt"]) == (429, "rate")
        assert "too many requests" in found[0]["error"]
        # Whoever manages it is not held up by the limit of its senders.
        done = admin.post(REPLAY, integrationId=hook.id, callId=found[-1]["_id"])
        assert done["status"] == 200


class TestPages:
    @pytest.mark.parametrize(
        ("query", "numbers"),
        [
            ({}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
            ({"state": "posted"}, [8, 5, 2]),
            ({"state": "nothing"}, [7, 4, 1]),
            ({"state": "refused"}, [9, 6, 3, 0]),
            ({"state": "posted,refused"}, [9, 8, 6, 5, 3, 2, 0]),
            ({"status": "200"}, [8, 7, 5, 4, 2, 1]),
            ({"status": "4xx,500"}, [9, 6, 3, 0]),
            ({"status": "5xx"}, []),
            ({"text": "NUMBER 8"}, [8]),
            ({"text": "number"}, [9, 8, 6, 5, 3, 2, 0]),
            ({"text": "number", "state": "refused"}, [9, 6, 3, 0]),
            ({"until": "2020-01-01T00:00:00Z"}, []),
            ({"from": "2020-01-01T00:00:00Z"}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ],
    )
    def test_filters(self, many: Hook, query: dict[str, str], numbers: list[int]) -> None:
        everything = [one["_id"] for one in calls(many)]
        expected = [everything[9 - number] for number in numbers]
        answer = many.admin.get(CALLS, integrationId=many.id, **query)
        assert [one["_id"] for one in answer["calls"]] == expected
        assert answer["total"] == len(expected)
        seen: list[str] = []
        page: dict[str, Any] = {}
        while True:
            page = many.admin.get(
                CALLS, integrationId=many.id, count=2, **query, **({"cursor": page["next"]} if page else {})
            )
            seen += [one["_id"] for one in page["calls"]]
            if "next" not in page:
                break
        assert seen == expected
        if "text" not in query:
            skipped = many.admin.get(CALLS, integrationId=many.id, offset=2, **query)
            assert [one["_id"] for one in skipped["calls"]] == expected[2:]

    def test_by_time(self, many: Hook) -> None:
        found = calls(many)
        at = found[4]["_createdAt"]
        assert [one["_id"] for one in calls(many, until=at) if one["_createdAt"] != at] == [
            one["_id"] for one in found if one["_createdAt"] < at
        ]
        assert {one["_createdAt"] for one in calls(many, **{"from": at, "until": at})} == {at}

    def test_one_call(self, many: Hook) -> None:
        third = calls(many)[3]
        assert calls(many, callId=third["_id"]) == [third]
        assert calls(many, callId="nobody") == []

    def test_fields(self, many: Hook) -> None:
        for one in calls(many, fields='{"status": 1}'):
            assert set(one) == {"_id", "status"}

    @pytest.mark.parametrize(
        ("query", "error"),
        [
            ({"state": "failed"}, "state must be"),
            ({"status": "none"}, "status must be"),
            ({"status": "abc"}, "status must be"),
            ({"from": "soon"}, "from must be"),
            ({"cursor": "xx"}, "cursor must be"),
            ({"text": "x" * 501}, "text must not"),
            ({"text": "x", "offset": "1"}, "offset must be 0"),
            ({"count": "-1"}, "must be >= 0"),
            ({"nobody": "1"}, "must NOT have additional"),
            ({"sort": "{}"}, "must NOT have additional"),
        ],
    )
    def test_what_makes_no_sense(self, many: Hook, query: dict[str, str], error: str) -> None:
        answer = many.admin.refused("GET", CALLS, params={"integrationId": many.id, **query})
        assert error in answer["error"]
        assert answer["errorType"] == "invalid-params"

    def test_large_ones_are_shown_briefly_at_the_end_of_a_page(self, admin: Api) -> None:
        hook = Hook(admin)
        for number in range(25):
            hook.call(json={"text": f"number {number}", "more": "y" * 60_000})
        found = calls(hook)
        assert len(found) == 25
        brief = [one.get("cut", False) for one in found]
        assert brief == sorted(brief)
        assert any(brief)
        assert "body" in found[0]["request"]
        assert "body" not in found[-1]["request"]
        assert found[-1]["request"]["headers"]
        [whole] = calls(hook, callId=found[-1]["_id"])
        assert "number 0" in whole["request"]["body"]


class TestWhoMay:
    def test_managers_of_it_alone(self, admin: Api, keeper: Api, hook: Hook) -> None:
        hook.post({"text": "x"})
        [call] = calls(hook)
        room = keeper.new_channel()
        own = Hook(keeper, channel=f"#{room['name']}")
        own.call(json={"text": "y"})
        assert len(calls(own)) == 1
        assert len(calls(own, admin)) == 1
        assert calls(hook, keeper) == []
        assert "sinceStart" not in keeper.get(CALLS, integrationId=hook.id)
        assert calls(hook, keeper, callId=call["_id"]) == []
        answer = keeper.refused("POST", REPLAY, json={"integrationId": hook.id, "callId": call["_id"]})
        assert answer["errorType"] == "error-invalid-integration"
        # One of its own does not open the calls of others.
        answer = keeper.refused("POST", REPLAY, json={"integrationId": own.id, "callId": call["_id"]})
        assert answer["errorType"] == "error-invalid-integration-history"
        assert calls(own, keeper, callId=call["_id"]) == []

    def test_nobody_else(self, admin: Api, hook: Hook) -> None:
        person = admin.new_user()
        person.refused("GET", CALLS, 403, params={"integrationId": hook.id})
        answer = person.refused("POST", REPLAY, json={"integrationId": hook.id, "callId": "x"})
        assert answer["errorType"] == "not_authorized"
        assert "sinceStart" not in admin.get(CALLS, integrationId="nobody")


class TestReplay:
    def test_a_plain_call(self, hook: Hook) -> None:
        hook.post({"text": "hello"})
        [first] = calls(hook)
        done = replay(hook, first["_id"])
        assert (done["status"], done["answer"]) == (200, {"success": True})
        assert [one["msg"] for one in hook.messages()] == ["hello", "hello"]
        again, _ = calls(hook)
        assert again["_id"] == done["callId"]
        assert (again["rerunOf"], again["rerunBy"]["_id"]) == (first["_id"], hook.admin.user_id)
        assert again["messageIds"] == [hook.messages()[0]["_id"]]
        assert again["request"] == {**first["request"]}
        counts = hook.admin.get(CALLS, integrationId=hook.id)["sinceStart"]
        assert counts["calls"] == 1
        # And that one again.
        assert replay(hook, done["callId"])["status"] == 200

    @pytest.mark.parametrize(
        "sent",
        [
            {"content": b"just text", "headers": {"content-type": "text/plain"}},
            {"data": {"payload": '{"text": "just text"}'}},
            {"data": {"text": "just text"}},
            {
                "content": '{"text": "just text"}'.encode("utf-16"),
                "headers": {"content-type": "application/json; charset=utf-16"},
            },
        ],
    )
    def test_bodies_of_all_kinds(self, hook: Hook, sent: dict[str, Any]) -> None:
        assert hook.call(**sent).status_code == 200
        for _ in range(2):
            replay(hook, calls(hook)[0]["_id"])
        assert [one["msg"] for one in hook.messages()] == ["just text"] * 3

    def test_a_get(self, hook: Hook) -> None:
        hook.call("GET", params={"text": "by get"})
        assert replay(hook, calls(hook)[0]["_id"])["status"] == 200
        assert [one["msg"] for one in hook.messages()] == ["by get"] * 2

    def test_as_the_integration_is_now(self, admin: Api) -> None:
        hook = Hook(admin, script=SCRIPT, scriptEnabled=True)
        hook.refused(400, json={"text": "no"})
        [call] = calls(hook)
        done = replay(hook, call["_id"])
        assert (done["status"], done["answer"]["error"]) == (400, "error-running-script")
        hook.update(script=SCRIPT.replace("throw", "if (0) throw"), scriptEnabled=True)
        assert replay(hook, call["_id"])["status"] == 200
        assert [one["msg"] for one in hook.messages()] == ["said no"]
        assert [one["status"] for one in calls(hook)] == [200, 400, 400]
        assert calls(hook)[0]["script"]["console"] == [{"level": "log", "text": "got no"}]

    def test_one_that_was_not_verified(self, admin: Api) -> None:
        """Its body was not even read: who has put in the right secret need not ask the sender for it again."""
        hook = Hook(admin, verification=VERIFIED)
        body = gzip.compress(b'{"text": "packed"}')
        hook.refused(401, content=body, headers={**signed(body, "x"), "content-encoding": "gzip"})
        [call] = calls(hook)
        assert call["request"]["bodyEncoding"] == "base64"
        assert replay(hook, call["_id"])["status"] == 200
        assert [one["msg"] for one in hook.messages()] == ["packed"]

    def test_neither_keys_nor_limits_hold_it_up(self, hook: Hook) -> None:
        hook.post({"text": "x"}, headers={"Idempotency-Key": "k"})
        for _ in range(3):
            replay(hook, calls(hook)[0]["_id"])
        assert len(hook.messages()) == 4
        assert all("replayOf" not in one for one in calls(hook))

    def test_what_cannot_be_read(self, hook: Hook) -> None:
        hook.refused(400, content=b"{", headers={"content-type": "application/json"})
        done = replay(hook, calls(hook)[0]["_id"])
        assert done["status"] == 400
        assert "cannot be read" in done["answer"]["error"]
        assert calls(hook)[0]["refusedAt"] == "body"

    def test_a_disabled_one(self, hook: Hook) -> None:
        hook.post({"text": "x"})
        hook.update(enabled=False)
        body = {"integrationId": hook.id, "callId": calls(hook)[0]["_id"]}
        assert hook.admin.refused("POST", REPLAY, json=body)["errorType"] == "error-integration-disabled"
        assert len(hook.messages()) == 1

    def test_what_is_not_there(self, hook: Hook) -> None:
        for body, code in (
            ({"integrationId": hook.id, "callId": "nobody"}, "error-invalid-integration-history"),
            ({"integrationId": "nobody", "callId": "nobody"}, "error-invalid-integration"),
            ({"integrationId": hook.id}, "invalid-params"),
        ):
            assert hook.admin.refused("POST", REPLAY, json=body)["errorType"] == code

    def test_an_outgoing_one(self, admin: Api) -> None:
        made = admin.post(
            "integrations.create",
            type="webhook-outgoing",
            name="x",
            enabled=True,
            username="rocket.cat",
            channel="#general",
            scriptEnabled=False,
            event="sendMessage",
            urls=["http://127.0.0.1:9/x"],
        )["integration"]
        body = {"integrationId": made["_id"], "callId": "x"}
        answer = admin.refused("POST", REPLAY, json=body)
        assert answer["errorType"] == "integration-type-must-be-incoming"
        assert admin.get(CALLS, integrationId=made["_id"])["calls"] == []


class TestTryOut:
    def test_of_a_call_without_a_script(self, hook: Hook) -> None:
        hook.post({"text": "hello"})
        [call] = calls(hook)
        for body in (call["tryOut"], {"integrationId": hook.id, "recorded": "last"}):
            tried = hook.admin.post("integrations.test", **body)
            assert (tried["source"], tried["answer"]["status"]) == ("recorded", 200)
            assert [one["message"]["msg"] for one in tried["posts"]] == ["hello"]
        assert len(hook.messages()) == 1
        assert len(calls(hook)) == 1

    def test_with_a_script_that_is_not_saved(self, hook: Hook) -> None:
        hook.post({"text": "hello"})
        body = {**calls(hook)[0]["tryOut"], "script": SCRIPT, "scriptEnabled": True}
        tried = hook.admin.post("integrations.test", **body)
        assert [one["message"]["msg"] for one in tried["posts"]] == ["said hello"]
        assert tried["runs"][0]["console"] == [{"level": "log", "text": "got hello"}]

    def test_the_request_can_be_copied(self, hook: Hook) -> None:
        hook.post({"text": "hello"})
        request = calls(hook)[0]["request"]
        copied = {name: request[name] for name in ("method", "headers", "query", "body")}
        tried = hook.admin.post("integrations.test", integrationId=hook.id, request=copied)
        assert [one["message"]["msg"] for one in tried["posts"]] == ["hello"]

    def test_of_one_that_was_refused(self, admin: Api) -> None:
        hook = Hook(admin, verification=VERIFIED)
        hook.refused(401, json={"text": "hello"})
        tried = admin.post("integrations.test", **calls(hook)[0]["tryOut"])
        assert [one["message"]["msg"] for one in tried["posts"]] == ["hello"]
        hook.refused(401, content=b"{", headers={"content-type": "application/json"})
        tried = admin.post("integrations.test", **calls(hook)[0]["tryOut"])
        assert tried["answer"]["status"] == 400

    def test_of_a_get_and_of_xml(self, hook: Hook) -> None:
        hook.call("GET", params={"text": "by get"})
        tried = hook.admin.post("integrations.test", **calls(hook)[0]["tryOut"])
        assert [one["message"]["msg"] for one in tried["posts"]] == ["by get"]
        hook.refused(400, content=b"<a/>", headers={"content-type": "text/xml"})
        tried = hook.admin.post("integrations.test", **calls(hook)[0]["tryOut"])
        assert tried["answer"]["status"] == 400
