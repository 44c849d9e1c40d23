"""What renaming rooms and losing users does to integrations, seen from outside."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.rest.integration_bodies import incoming, outgoing
from tests.running import Api, Server, unique


def made(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    integration: dict[str, Any] = api.post("integrations.create", **body)["integration"]
    return integration


def now(api: Api, integration: dict[str, Any]) -> dict[str, Any]:
    current: dict[str, Any] = api.get("integrations.get", integrationId=integration["_id"])["integration"]
    return current


def post(server: Server, integration: dict[str, Any], text: str) -> httpx.Response:
    path = f"/hooks/{integration['_id']}/{integration['token']}"
    return httpx.post(server.url + path, json={"text": text}, trust_env=False, timeout=30)


@pytest.mark.parametrize(("family", "one"), [("channels", "channel"), ("groups", "group")])
def test_a_renamed_room(own_server: Server, family: str, one: str) -> None:
    admin = own_server.admin()
    bot = admin.new_bot()
    old, new = unique("old"), unique("new")
    room = admin.post(f"{family}.create", name=old, members=[bot.username()])[one]
    hook = made(admin, incoming(channel=f"#{old},#general", username=bot.username()))
    listener = made(admin, outgoing(channel=f"#{old}"))
    other = made(admin, outgoing(channel=f"#{room['_id']}"))
    admin.post(f"{family}.rename", roomId=room["_id"], name=new)
    assert now(admin, hook)["channel"] == [f"#{new}", "#general"]
    assert now(admin, listener)["channel"] == [f"#{new}"]
    assert now(admin, other) == other
    assert post(own_server, hook, "still here").status_code == 200
    messages = admin.get(f"{family}.messages", roomId=room["_id"])["messages"]
    assert "still here" in [message["msg"] for message in messages]


def test_a_user_who_is_deactivated(own_server: Server) -> None:
    admin = own_server.admin()
    bot = admin.new_bot()
    hook = made(admin, incoming(username=bot.username()))
    listener = made(admin, outgoing(username=bot.username()))
    other = made(admin, incoming())
    assert post(own_server, hook, "hello").status_code == 200
    admin.post("users.setActiveStatus", userId=bot.user_id, activeStatus=False)
    for one in (hook, listener):
        stopped = now(admin, one)
        reason = "The user it posts as was deactivated or deleted."
        changed = {"enabled": False, "disabledReason": reason, "_updatedAt": stopped["_updatedAt"]}
        assert stopped == {**one, **changed}
    assert now(admin, other) == other
    assert post(own_server, hook, "gone").status_code == 503
    admin.post("users.setActiveStatus", userId=bot.user_id, activeStatus=True)
    assert now(admin, hook)["enabled"] is False


def test_a_user_who_is_deleted(admin: Api) -> None:
    bot = admin.new_bot()
    hook = made(admin, incoming(username=bot.username()))
    admin.post("users.delete", userId=bot.user_id)
    assert now(admin, hook)["enabled"] is False
    body = incoming(integrationId=hook["_id"], username=...)
    assert admin.refused("PUT", "integrations.update", json=body)["errorType"] == "error-invalid-post-as-user"
    body = incoming(integrationId=hook["_id"], username="rocket.cat")
    assert admin.put("integrations.update", **body)["integration"]["userId"] == "rocket.cat"
