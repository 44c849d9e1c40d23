"""Subscribing, unsubscribing, samples and the check of a token (contract, section 3, last rows)."""

from __future__ import annotations

import hmac
import json
import re
from typing import Any

import pytest
from tests.contract.cases import Case, cases
from tests.hooks.hooks import MISSING, Hook
from tests.running import Api, unique

BOTH = ["{id}/{token}", "{id}/rocket.cat/{token}"]


@pytest.fixture
def subscriber(admin: Api) -> Hook:
    """A hook whose user may manage outgoing integrations."""
    bot = admin.new_user(roles=["bot", "admin"])
    return Hook(admin, username=bot.username())


def call(hook: Hook, endpoint: str, form: str = BOTH[0], method: str = "POST", **options: Any) -> Any:
    """A call of ``/hooks/<endpoint>/…``."""
    path = f"/hooks/{endpoint}/" + form.format(id=hook.id, token=hook.token)
    return hook.call(method, path, **options)


def subscription(hook: Hook, **fields: Any) -> dict[str, Any]:
    """A body of ``hooks/add``."""
    return {
        "event": "newMessageOnChannel",
        "name": unique("zap"),
        "target_url": f"http://127.0.0.1:9/{unique('zap')}",
        "data": {"channel_name": hook.room["name"]},
        **fields,
    }


def listed(hook: Hook, url: str) -> list[Any]:
    """The integrations that call ``url``."""
    found = hook.admin.get("integrations.list", count=0, type="webhook-outgoing")["integrations"]
    return [one for one in found if url in one["urls"]]


# Subscribing


@pytest.mark.parametrize("form", BOTH)
def test_subscribe_to_a_channel(subscriber: Hook, form: str) -> None:
    body = subscription(subscriber)
    body["data"]["trigger_words"] = "deploy, build"
    response = call(subscriber, "add", form, json=body)
    assert response.status_code == 200, response.text
    made = response.json()
    assert made.pop("success") is True
    assert made["type"] == "webhook-outgoing"
    assert made["event"] == "sendMessage"
    assert made["name"] == body["name"]
    assert made["urls"] == [body["target_url"]]
    assert made["channel"] == [f"#{subscriber.room['name']}"]
    assert made["triggerWords"] == ["deploy", "build"]
    assert made["username"] == "rocket.cat"
    assert made["enabled"] is True
    assert made["scriptEnabled"] is False
    assert made["_createdBy"]["_id"] == subscriber.integration["userId"]
    assert re.fullmatch("[0-9a-f]{24}", made["_id"])
    assert re.fullmatch("[0-9A-Za-z]{24}", made["token"])
    assert listed(subscriber, body["target_url"]) == [made]


def test_subscribe_with_a_list_of_words(subscriber: Hook) -> None:
    data = {"channel_name": f"#{subscriber.room['name']}", "trigger_words": ["deploy", "build"]}
    made = call(subscriber, "add", json=subscription(subscriber, data=data)).json()
    assert made["channel"] == [f"#{subscriber.room['name']}"]
    assert made["triggerWords"] == ["deploy", "build"]


@pytest.mark.parametrize("prefix", ["", "@"])
def test_subscribe_to_a_person(subscriber: Hook, prefix: str) -> None:
    name = subscriber.admin.new_user().username()
    body = subscription(subscriber, event="newMessageToUser", data={"username": prefix + name})
    made = call(subscriber, "add", json=body).json()
    assert made["success"] is True
    assert made["channel"] == [f"@{name}"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"event": "newMessageToUser"}, "username-required"),
        ({"event": "newMessageToUser", "data": {}}, "username-required"),
        ({"event": "newMessageToUser", "data": {"username": ""}}, "username-required"),
        ({"event": "newMessageToUser", "data": {"username": "nobody-of-that-name"}}, "error-invalid-room"),
        ({"data": {}}, "error-invalid-channel"),
        ({"data": {"channel_name": "no-such-room"}}, "error-invalid-room"),
        ({"target_url": ""}, "error-invalid-urls"),
        ({"target_url": " "}, "error-invalid-urls"),
    ],
)
def test_subscriptions_that_are_refused(subscriber: Hook, fields: dict[str, Any], error: str) -> None:
    body = subscription(subscriber, **fields)
    response = call(subscriber, "add", json=body)
    assert response.status_code == 400
    assert response.json() == {"success": False, "error": error}
    assert listed(subscriber, body["target_url"]) == []


def test_the_hooks_user_needs_the_permissions_of_outgoing_integrations(hook: Hook, subscriber: Hook) -> None:
    body = subscription(hook)
    response = call(hook, "add", json=body)
    assert (response.status_code, response.json()) == (400, {"success": False, "error": "not_authorized"})
    assert listed(hook, body["target_url"]) == []
    assert call(subscriber, "add", json=body).status_code == 200
    response = call(hook, "remove", json={"target_url": body["target_url"]})
    assert (response.status_code, response.json()) == (400, {"success": False, "error": "not_authorized"})
    assert len(listed(hook, body["target_url"])) == 1


# Unsubscribing


@pytest.mark.parametrize("form", BOTH)
def test_unsubscribe(subscriber: Hook, form: str) -> None:
    body = subscription(subscriber)
    assert call(subscriber, "add", json=body).status_code == 200
    target = {"target_url": body["target_url"]}
    response = call(subscriber, "remove", form, json=target)
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert listed(subscriber, body["target_url"]) == []
    response = call(subscriber, "remove", form, json=target)
    assert response.status_code == 400
    assert response.json() == {"success": False, "error": "integration-not-found"}


# Validation

CASES = [case for case in cases() if case.endpoint in ("POST /hooks/add", "POST /hooks/remove")]


def test_the_contracts_cases_through_http(subscriber: Hook) -> None:
    assert len(CASES) == 80
    wrong = [problem for case in CASES for problem in problems(subscriber, case)]
    assert not wrong, "\n".join(wrong)


def problems(hook: Hook, case: Case) -> list[str]:
    """What a case of the contract is answered that it should not be."""
    sent = dict(case.input)
    coerced = dict(case.coerced or {})
    response = call(hook, case.endpoint.rpartition("/")[2], json=sent)
    answer = response.json()
    if case.error is not None:
        expected = {"success": False, "error": case.error, "errorType": "invalid-params"}
        return [] if (response.status_code, answer) == (400, expected) else [f"{case.name}: {answer}"]
    found = []
    if case.endpoint == "POST /hooks/remove":
        if answer != {"success": False, "error": "integration-not-found"}:
            found.append(f"{case.name}: {answer}")
    elif "channel_name" not in coerced["data"]:
        if answer != {"success": False, "error": "error-invalid-channel"}:
            found.append(f"{case.name}: {answer}")
    elif not coerced["target_url"].strip():
        if answer != {"success": False, "error": "error-invalid-urls"}:
            found.append(f"{case.name}: {answer}")
    elif response.status_code != 200:
        found.append(f"{case.name}: {answer}")
    else:
        # What the handler saw is what was stored.
        if (answer["name"], answer["urls"]) != (coerced["name"], [coerced["target_url"]]):
            found.append(f"{case.name}: {answer}")
        removed = call(hook, "remove", json={"target_url": coerced["target_url"]})
        assert removed.json() == {"success": True}
    return found


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, "must have required property 'event' [invalid-params]"),
        ({"json": []}, "must be object [invalid-params]"),
        ({"json": "x"}, "must be object [invalid-params]"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, None),
        ({"content": b"\xff", "headers": {"content-type": "application/json"}}, None),
        ({"content": b"x" * (1024 * 1024 + 1)}, None),
    ],
)
def test_bodies_that_cannot_be_read(subscriber: Hook, options: dict[str, Any], error: str | None) -> None:
    response = call(subscriber, "add", **options)
    assert response.status_code in (400, 413)
    assert response.json()["success"] is False
    assert response.json()["error"]
    if error:
        assert response.json()["error"] == error


# Samples and the check of a token


@pytest.mark.parametrize("form", BOTH)
def test_samples(hook: Hook, form: str) -> None:
    response = call(hook, "sample", form, "GET")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    samples = response.json()
    assert [one["text"] for one in samples] == ["Sample text 1", "Sample text 2", "Sample text 3"]
    for one in samples:
        assert one.keys() == {
            *("token", "channel_id", "channel_name", "timestamp", "user_id", "user_name", "text"),
            "trigger_word",
        }
        assert one["token"] != hook.token


@pytest.mark.parametrize("form", BOTH)
def test_info(hook: Hook, form: str) -> None:
    response = call(hook, "info", form, "GET")
    assert (response.status_code, response.json()) == (200, {"success": True})


@pytest.mark.parametrize(
    ("endpoint", "method"), [("add", "POST"), ("remove", "POST"), ("sample", "GET"), ("info", "GET")]
)
def test_who_is_let_in(hook: Hook, endpoint: str, method: str) -> None:
    for form in BOTH:
        wrong = form.replace("{token}", "{token}x")
        response = call(hook, endpoint, wrong, method)
        assert (response.status_code, response.json()) == (404, {"success": False, "error": MISSING})
        other = call(hook, endpoint, form, "GET" if method == "POST" else "POST")
        assert other.status_code == 405
        assert other.json()["success"] is False
    hook.update(enabled=False)
    response = call(hook, endpoint, BOTH[0], method)
    assert response.json() == {"success": False, "error": "Service Unavailable"}
    assert response.status_code == 503


HEADER: dict[str, Any] = {
    "verification": {"scheme": "header", "header": "X-Token", "secret": "a secret of ours"}
}


class TestVerified:
    """The token of the URL alone opens nothing that asks for more."""

    @pytest.mark.parametrize(
        ("endpoint", "method"),
        [("add", "POST"), ("remove", "POST"), ("sample", "GET"), ("info", "GET")],
    )
    @pytest.mark.parametrize("headers", [{}, {"X-Token": "another secret"}])
    def test_who_proves_nothing(
        self, admin: Api, endpoint: str, method: str, headers: dict[str, str]
    ) -> None:
        bot = admin.new_user(roles=["bot", "admin"])
        hook = Hook(admin, username=bot.username(), **HEADER)
        body = subscription(hook)
        options: dict[str, Any] = {"json": body} if method == "POST" else {}
        refused = call(hook, endpoint, method=method, headers=headers, **options)
        assert (refused.status_code, refused.json()["success"]) == (401, False)
        assert listed(hook, body["target_url"]) == []

    def test_who_does(self, admin: Api) -> None:
        bot = admin.new_user(roles=["bot", "admin"])
        hook = Hook(admin, username=bot.username(), **HEADER)
        proof = {"X-Token": "a secret of ours"}
        body = subscription(hook)
        assert call(hook, "add", json=body, headers=proof).status_code == 200
        assert len(listed(hook, body["target_url"])) == 1
        gone = call(hook, "remove", json={"target_url": body["target_url"]}, headers=proof)
        assert gone.status_code == 200
        assert listed(hook, body["target_url"]) == []
        for endpoint in ("sample", "info"):
            assert call(hook, endpoint, method="GET", headers=proof).status_code == 200

    def test_a_signature_covers_the_body(self, admin: Api) -> None:
        bot = admin.new_user(roles=["bot", "admin"])
        hook = Hook(
            admin,
            username=bot.username(),
            verification={"scheme": "hmac", "header": "X-Sig", "secret": "a secret of ours"},
        )
        content = json.dumps(subscription(hook)).encode()
        signature = hmac.new(b"a secret of ours", content, "sha256").hexdigest()
        kind = {"Content-Type": "application/json"}
        wrong = call(hook, "add", content=content + b" ", headers={"X-Sig": signature, **kind})
        assert wrong.status_code == 401
        right = call(hook, "add", content=content, headers={"X-Sig": signature, **kind})
        assert right.status_code == 200, right.text
