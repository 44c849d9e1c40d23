"""``channels.getIntegrations`` and ``groups.getIntegrations``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.integration_bodies import incoming, outgoing
from tests.running import Api, Server, tick, unique

FAMILIES = [
    ("channels", "channel", "all_public_channels", "all_private_groups", "includeAllPublicChannels"),
    ("groups", "group", "all_private_groups", "all_public_channels", "includeAllPrivateGroups"),
]


def test_integrations_that_target_the_room(own_server: Server) -> None:
    admin = own_server.admin()
    for family, one, scope, other_scope, flag in FAMILIES:
        check(admin, family, one, scope, other_scope, flag)
        for integration in admin.get("integrations.list")["integrations"]:
            request = {"type": integration["type"], "integrationId": integration["_id"]}
            admin.post("integrations.remove", **request)


def created(admin: Api, body: dict[str, Any]) -> str:
    tick()
    integration_id: str = admin.post("integrations.create", **body)["integration"]["_id"]
    return integration_id


def check(admin: Api, family: str, one: str, scope: str, other_scope: str, flag: str) -> None:
    name = unique("room")
    room = admin.post(f"{family}.create", name=name)[one]
    ids = [
        created(admin, body)
        for body in (
            incoming(channel=f"#general,#{name}"),
            outgoing(channel=f"#{room['_id']}"),
            outgoing(channel=scope),
            outgoing(channel=other_scope),
            incoming(),
            outgoing(channel=f"#{name}"),
        )
    ]
    in_room, everywhere = [ids[0], ids[1], ids[5]], [ids[0], ids[1], ids[2], ids[5]]

    def found(**query: Any) -> list[str]:
        answer = admin.get(f"{family}.getIntegrations", **query)
        assert answer["count"] == len(answer["integrations"])
        return [integration["_id"] for integration in answer["integrations"]]

    assert found(roomId=room["_id"]) == found(roomName=name) == everywhere
    assert found(roomName=name, **{flag: "true"}) == everywhere
    assert found(roomName=name, **{flag: "false"}) == in_room
    assert found(roomName=name, sort='{"_createdAt": -1}') == everywhere[::-1]
    assert found(roomName=name, count=2, offset=1) == everywhere[1:3]
    assert found(roomName=name, query='{"type": "webhook-incoming"}') == ids[:1]
    whole = admin.get(f"{family}.getIntegrations", roomName=name, count=1)
    assert (whole["total"], whole["offset"]) == (4, 0)
    assert whole["integrations"] == [admin.get("integrations.get", integrationId=ids[0])["integration"]]


@pytest.mark.parametrize("family", ["channels", "groups"])
def test_refusals(admin: Api, family: str) -> None:
    path = f"{family}.getIntegrations"
    refused = admin.refused("GET", path, params={"roomName": "nowhere"})
    assert refused["errorType"] == "error-room-not-found"
    assert admin.refused("GET", path)["errorType"] == "invalid-params"
    user = admin.new_user()
    refused = user.refused("GET", path, 403, params={"roomName": "general"})
    assert refused["error"].endswith("[error-unauthorized]")
