"""``integrations.create``."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.rest.integration_bodies import URL, incoming, outgoing
from tests.running import ADMIN, Api, Server

ID = re.compile(r"[0-9a-f]{24}")
ALPHABET = "[23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz]"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_an_incoming_integration(own_server: Server) -> None:
    admin = own_server.admin()
    body = incoming(alias="Deploys", avatar="http://127.0.0.1/a.png", emoji=":ghost:")
    made = admin.post("integrations.create", **body)["integration"]
    assert ID.fullmatch(made.pop("_id"))
    assert re.fullmatch(f"{ALPHABET}{{48}}", made.pop("token"))
    at = made.pop("_createdAt")
    assert TIME.fullmatch(at)
    assert made == {
        **body,
        "channel": ["#general"],
        "avatarUrl": "http://127.0.0.1/a.png",
        "userId": "rocket.cat",
        "scriptEngine": "isolated-vm",
        "skipTranspile": False,
        "overrideDestinationChannelEnabled": False,
        "_createdBy": {"_id": ADMIN, "username": ADMIN},
        "_updatedAt": at,
    }


def test_an_outgoing_integration(own_server: Server) -> None:
    admin = own_server.admin()
    body = outgoing(
        channel="#general, all_direct_messages",
        urls=[URL, " ", "http://127.0.0.1:9/other"],
        triggerWords="deploy, ship it,",
        targetChannel="#general",
        retryFailedCalls="true",
        token=...,
    )
    made = admin.post("integrations.create", **body)["integration"]
    assert ID.fullmatch(made.pop("_id"))
    assert re.fullmatch(f"{ALPHABET}{{24}}", made.pop("token"))
    at = made.pop("_createdAt")
    del body["targetChannel"]
    assert made == {
        **body,
        "channel": ["#general", "all_direct_messages"],
        "urls": [URL, "http://127.0.0.1:9/other"],
        "triggerWords": ["deploy", "ship it"],
        "targetRoom": "#general",
        "retryFailedCalls": True,
        "retryCount": 4,
        "retryDelay": "powers-of-ten",
        "userId": "rocket.cat",
        "scriptEngine": "isolated-vm",
        "skipTranspile": False,
        "_createdBy": {"_id": ADMIN, "username": ADMIN},
        "_updatedAt": at,
    }


@pytest.mark.parametrize("body", [incoming(alias=None, script=""), outgoing(alias=None, script="")])
def test_null_is_not_stored_but_blank_is(admin: Api, body: dict[str, Any]) -> None:
    made = admin.post("integrations.create", **body)["integration"]
    assert "alias" not in made
    assert made["script"] == ""


def test_a_script_is_stored_as_it_is(admin: Api) -> None:
    script = "class Script {\n  process_incoming_request() {}\n}"
    made = admin.post("integrations.create", **incoming(scriptEnabled=True, script=script))["integration"]
    assert (made["scriptEnabled"], made["script"]) == (True, script)


def test_a_token_of_ones_own(admin: Api) -> None:
    made = admin.post("integrations.create", **outgoing(token="s3cret"))["integration"]
    assert made["token"] == "s3cret"


@pytest.mark.parametrize(
    ("channel", "accepted"),
    [
        ("#general", True),
        ("#GENERAL", True),
        (" #general ,@rocket.cat", True),
        ("@rocket.cat", True),
        ("#General", False),
        ("@Rocket.Cat", False),
        ("#nowhere", False),
        ("@nobody", False),
        ("#", False),
        ("@", False),
    ],
)
def test_channels_name_what_there_is(admin: Api, channel: str, accepted: bool) -> None:
    for body in (incoming(channel=channel), outgoing(channel=channel)):
        if accepted:
            made = admin.post("integrations.create", **body)["integration"]
            assert made["channel"] == [part.strip() for part in channel.split(",")]
        else:
            refused = admin.refused("POST", "integrations.create", json=body)
            assert refused["errorType"] == "error-invalid-room"


@pytest.mark.parametrize("channel", ["#general,", ",#general", "general", "all_public_channels"])
def test_incoming_channels_start_with_a_sign(admin: Api, channel: str) -> None:
    refused = admin.refused("POST", "integrations.create", json=incoming(channel=channel))
    assert refused == {
        "success": False,
        "error": "Invalid channel. Start with @ or # [error-invalid-channel-start-with-chars]",
        "errorType": "error-invalid-channel-start-with-chars",
        "details": {"method": "addIncomingIntegration"},
    }


def test_an_event_without_a_channel_has_none(admin: Api) -> None:
    for channel in ("", "#general"):
        body = outgoing(event="userCreated", targetRoom="#general", channel=channel)
        assert admin.post("integrations.create", **body)["integration"]["channel"] == []


@pytest.mark.parametrize("kind", ["my-webhook-incoming", "webhook-incomings", "webhook-outgoing!"])
def test_a_type_that_only_contains_a_valid_one(admin: Api, kind: str) -> None:
    make = incoming if "incoming" in kind else outgoing
    refused = admin.refused("POST", "integrations.create", json=make(type=kind))
    assert refused == {"success": False, "error": "Invalid integration type."}


def test_a_form(admin: Api) -> None:
    form = incoming(scriptEnabled="false", enabled="true")
    response = admin.call("POST", "integrations.create", data=form)
    assert response.status_code == 200
    made = response.json()["integration"]
    assert (made["enabled"], made["scriptEnabled"]) == (True, False)


@pytest.mark.parametrize("path", ["integrations.create", "integrations.remove"])
def test_nobody_is_let_in_without_a_login(server: Server, path: str) -> None:
    nobody = Api(server.url)
    refused = nobody.refused("POST", path, 401, json=incoming())
    message = "You must be logged in to do this."
    assert refused == {"success": False, "status": "error", "message": message, "error": message}


def test_who_may_create(admin: Api) -> None:
    user = admin.new_user()
    assert user.refused("POST", "integrations.create", json=incoming()) == {
        "success": False,
        "error": "Unauthorized [not_authorized]",
        "errorType": "not_authorized",
        "details": {"method": "addIncomingIntegration"},
    }
    assert user.refused("POST", "integrations.create", json=outgoing()) == {
        "success": False,
        "error": "[not_authorized]",
        "errorType": "not_authorized",
    }


def test_whom_an_incoming_integration_may_post_as(admin: Api) -> None:
    refused = admin.refused("POST", "integrations.create", json=incoming(username=ADMIN))
    assert refused == {
        "success": False,
        "error": "User selected for the incoming integration lacks the 'message-impersonate' permission. "
        "[error-user-lacks-message-impersonate-permission]",
        "errorType": "error-user-lacks-message-impersonate-permission",
        "details": {"method": "addIncomingIntegration"},
    }
    made = admin.post("integrations.create", **outgoing(username=ADMIN))["integration"]
    assert made["userId"] == ADMIN
