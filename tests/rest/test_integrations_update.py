"""``integrations.update``, with the examples of the page that this project was started from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.rest.integration_bodies import URL, incoming, outgoing
from tests.running import ADMIN, Api, Server, unique

ONE_OF = "must match exactly one schema in oneOf [invalid-params]"
NOT_FOUND = {"success": False, "error": "No integration found."}

PUBLISHED = {
    "type": "webhook-incoming",
    "name": "Test",
    "enabled": "false",
    "username": "rocket.cat",
    "scriptEnabled": "false",
    "channel": "#general",
}
"""The published request, but for its channel and its id."""


def made(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    integration: dict[str, Any] = api.post("integrations.create", **body)["integration"]
    return integration


def test_the_published_request(own_server: Server) -> None:
    admin = own_server.admin()
    old = made(admin, incoming(alias="Jim", emoji=":ghost:", avatar="", script="console.log(1)"))
    answer = admin.put("integrations.update", **PUBLISHED, integrationId=old["_id"])
    new = answer["integration"]
    assert new == {
        **old,
        "name": "Test",
        "enabled": False,
        "avatarUrl": "",
        "_updatedAt": new["_updatedAt"],
        "_updatedBy": {"_id": ADMIN, "username": ADMIN},
    }
    assert new["_updatedAt"] > old["_updatedAt"]
    assert admin.get("integrations.get", integrationId=old["_id"])["integration"] == new


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (
            {},
            {
                "success": False,
                "error": "must have required property 'integrationId'\n "
                f"must have required property 'type'\n {ONE_OF}",
                "errorType": "invalid-params",
            },
        ),
        (
            {**PUBLISHED, "type": ..., "integrationId": "x3tPXa9XXRqW6Xp2M"},
            {
                "success": False,
                "error": f"must have required property 'type'\n must have required property 'type'\n {ONE_OF}",
                "errorType": "invalid-params",
            },
        ),
        ({**PUBLISHED, "integrationId": "x3tPXa9XXRqW6Xp2M"}, NOT_FOUND),
    ],
)
def test_the_published_refusals(admin: Api, body: dict[str, Any], answer: dict[str, Any]) -> None:
    sent = {name: value for name, value in body.items() if value is not ...}
    assert admin.refused("PUT", "integrations.update", json=sent) == answer


def test_the_published_401(server: Server) -> None:
    nobody = Api(server.url)
    refused = nobody.refused("PUT", "integrations.update", 401, json=PUBLISHED)
    assert (refused["status"], refused["message"]) == ("error", "You must be logged in to do this.")


def test_an_outgoing_integration(own_server: Server) -> None:
    admin = own_server.admin()
    old = made(admin, outgoing(alias="a", triggerWords=["x"], retryFailedCalls=True, retryCount=2))
    body = outgoing(name="new", event="roomJoined", channel="all_public_channels")
    new = admin.put("integrations.update", **body, integrationId=old["_id"])["integration"]
    assert new == {
        **old,
        "name": "new",
        "event": "roomJoined",
        "channel": ["all_public_channels"],
        "_updatedAt": new["_updatedAt"],
        "_updatedBy": {"_id": ADMIN, "username": ADMIN},
    }


def test_target_url_comes_before_integration_id(admin: Api) -> None:
    url = f"http://127.0.0.1:9/{unique('url')}"
    first, second = made(admin, outgoing(urls=[url])), made(admin, outgoing())
    body = outgoing(urls=[url], integrationId=second["_id"], target_url=url)
    assert admin.put("integrations.update", **body)["integration"]["_id"] == first["_id"]
    body = outgoing(integrationId=second["_id"], target_url="")
    assert admin.put("integrations.update", **body)["integration"]["_id"] == second["_id"]
    body = outgoing(integrationId=second["_id"], target_url="http://127.0.0.1:9/nowhere")
    assert admin.refused("PUT", "integrations.update", json=body) == NOT_FOUND
    assert admin.refused("PUT", "integrations.update", json=outgoing()) == NOT_FOUND


def test_an_id_of_the_other_kind(admin: Api) -> None:
    one, other = made(admin, incoming()), made(admin, outgoing())
    for body in (outgoing(integrationId=one["_id"]), incoming(integrationId=other["_id"])):
        assert admin.refused("PUT", "integrations.update", json=body) == NOT_FOUND
    for before in (one, other):
        now = admin.get("integrations.get", integrationId=before["_id"])["integration"]
        assert now == before


def test_an_incoming_integration_keeps_its_token(admin: Api) -> None:
    old = made(admin, incoming())
    body = incoming(integrationId=old["_id"], token="mine", username=...)
    new = admin.put("integrations.update", **body)["integration"]
    assert (new["token"], new["username"]) == (old["token"], "rocket.cat")


def test_the_token_of_an_outgoing_one(admin: Api) -> None:
    old = made(admin, outgoing())
    body = outgoing(integrationId=old["_id"])
    assert admin.put("integrations.update", **body)["integration"]["token"] == old["token"]
    assert admin.put("integrations.update", **body, token="mine")["integration"]["token"] == "mine"
    for token in ("", " ", None):
        refused = admin.refused("PUT", "integrations.update", json={**body, "token": token})
        assert refused["errorType"] == "error-invalid-token"


@pytest.mark.parametrize("username", ["", " ", "nobody", None, 1, [], {"$ne": ""}, ["rocket.cat"]])
def test_a_user_to_post_as_that_is_none(admin: Api, username: object) -> None:
    old = made(admin, incoming())
    body = incoming(integrationId=old["_id"], username=username)
    assert admin.refused("PUT", "integrations.update", json=body) == {
        "success": False,
        "error": "Invalid Post As User [error-invalid-post-as-user]",
        "errorType": "error-invalid-post-as-user",
        "details": {"method": "updateIncomingIntegration"},
    }


def test_whom_it_posts_as_changes_when_sent(admin: Api) -> None:
    bot = admin.new_bot()
    old = made(admin, incoming())
    body = incoming(integrationId=old["_id"], username=bot.username())
    new = admin.put("integrations.update", **body)["integration"]
    assert (new["username"], new["userId"]) == (bot.username(), bot.user_id)


def test_fields_of_the_published_page_that_an_incoming_one_does_not_have(admin: Api) -> None:
    old = made(admin, incoming())
    extra = {"event": "", "urls": [URL], "triggerWords": "a", "targetChannel": "#general", "target_url": ""}
    new = admin.put("integrations.update", **incoming(integrationId=old["_id"]), **extra)["integration"]
    assert new.keys() - old.keys() == {"_updatedBy"}


def test_a_type_that_only_contains_a_valid_one(admin: Api) -> None:
    old = made(admin, incoming())
    body = incoming(integrationId=old["_id"], type="webhook-incoming?")
    refused = admin.refused("PUT", "integrations.update", json=body)
    assert refused == {"success": False, "error": "Invalid integration type."}


def test_updates_at_the_same_time_all_count(own_server: Server) -> None:
    admin = own_server.admin()
    old = made(admin, incoming())
    names = [f"alias-{i}" for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda alias: admin.put(
                    "integrations.update", **incoming(integrationId=old["_id"], alias=alias)
                ),
                names,
            )
        )
    times = {answer["integration"]["_updatedAt"] for answer in answers}
    assert len(times) == 8
    last = admin.get("integrations.get", integrationId=old["_id"])["integration"]
    assert last["_updatedAt"] == max(times)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ufffd", "x" * 100_000, "' OR 1=1 --", "%", "{}"])
def test_texts_that_name_nothing(admin: Api, text: str) -> None:
    check_texts_that_name_nothing(admin, text)


def test_texts_that_a_database_cannot_hold(own_server: Server) -> None:
    check_texts_that_name_nothing(own_server.admin(), "a\0b")


def check_texts_that_name_nothing(admin: Api, text: str) -> None:
    for body, code in (
        (incoming(username=text), "error-invalid-user"),
        (incoming(channel=f"#{text}"), "error-invalid-room"),
        (outgoing(channel=f"@{text}"), "error-invalid-room"),
        (outgoing(event=text), "error-invalid-event-type"),
    ):
        assert admin.refused("POST", "integrations.create", json=body)["errorType"] == code
    for body in (incoming(integrationId=text), outgoing(integrationId=text), outgoing(target_url=text)):
        assert admin.refused("PUT", "integrations.update", json=body) == NOT_FOUND
    body = {"type": "webhook-incoming", "integrationId": text}
    assert admin.refused("POST", "integrations.remove", json=body) == NOT_FOUND
    if len(text) < 1000:
        refused = admin.refused("GET", "integrations.get", params={"integrationId": text})
        assert refused["error"] == "The integration does not exists."
