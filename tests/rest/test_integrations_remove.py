"""``integrations.remove``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.integration_bodies import incoming, outgoing
from tests.running import Api, Server, unique

NOT_FOUND = {"success": False, "error": "No integration found."}


def made(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    integration: dict[str, Any] = api.post("integrations.create", **body)["integration"]
    return integration


def test_by_id(own_server: Server) -> None:
    admin = own_server.admin()
    for body in (incoming(), outgoing()):
        gone, stays = made(admin, body), made(admin, body)
        request = {"type": gone["type"], "integrationId": gone["_id"]}
        assert admin.post("integrations.remove", **request) == {"integration": gone, "success": True}
        assert admin.refused("POST", "integrations.remove", json=request) == NOT_FOUND
        refused = admin.refused("GET", "integrations.get", params={"integrationId": gone["_id"]})
        assert refused["error"] == "The integration does not exists."
        assert admin.get("integrations.list", name=body["name"])["integrations"] == [stays]


def test_by_target_url(admin: Api) -> None:
    url = f"http://127.0.0.1:9/{unique('url')}"
    older, younger = (made(admin, outgoing(urls=["http://127.0.0.1:9/first", url])) for _ in range(2))
    request = {"type": "webhook-outgoing", "target_url": url}
    for one in (older, younger):
        assert admin.post("integrations.remove", **request)["integration"] == one
    assert admin.refused("POST", "integrations.remove", json=request) == NOT_FOUND


@pytest.mark.parametrize("field", ["integrationId", "target_url"])
def test_nothing_to_look_for(admin: Api, field: str) -> None:
    refused = admin.refused("POST", "integrations.remove", json={"type": "webhook-outgoing", field: ""})
    assert refused == {"success": False, "error": "An integrationId or target_url needs to be provided."}


def test_an_id_of_the_other_kind(admin: Api) -> None:
    one, other = made(admin, incoming()), made(admin, outgoing())
    for kind, wrong in (("webhook-outgoing", one), ("webhook-incoming", other)):
        request = {"type": kind, "integrationId": wrong["_id"]}
        assert admin.refused("POST", "integrations.remove", json=request) == NOT_FOUND
        assert admin.get("integrations.get", integrationId=wrong["_id"])["integration"] == wrong


def test_a_type_that_only_contains_a_valid_one(admin: Api) -> None:
    one = made(admin, incoming())
    for kind in ("webhook-incoming2", "old-webhook-outgoing"):
        request = {"type": kind, "integrationId": one["_id"]}
        refused = admin.refused("POST", "integrations.remove", json=request)
        assert refused == {"success": False, "error": "Invalid integration type."}


def test_who_may_remove(own_server: Server) -> None:
    admin = own_server.admin()
    user = admin.new_user()
    for body, method in ((incoming(), "deleteIncoming"), (outgoing(), "deleteOutgoing")):
        one = made(admin, body)
        kind = "incoming" if "Incoming" in method else "outgoing"
        other = "outgoing" if kind == "incoming" else "incoming"
        request = {"type": one["type"], "integrationId": one["_id"]}
        user.refused("POST", "integrations.remove", 403, json=request)

        permission = {"_id": f"manage-own-{other}-integrations", "roles": ["admin", "user"]}
        admin.post("permissions.update", permissions=[permission])
        refused = user.refused("POST", "integrations.remove", json=request)
        assert refused["error"] == "Unauthorized [not_authorized]"
        assert refused["details"] == {"method": f"{method}Integration"}

        permission["_id"] = f"manage-own-{kind}-integrations"
        admin.post("permissions.update", permissions=[permission])
        refused = user.refused("POST", "integrations.remove", json=request)
        assert refused["error"] == "Invalid integration [error-invalid-integration]"

        permission["_id"] = f"manage-{kind}-integrations"
        admin.post("permissions.update", permissions=[permission])
        assert user.post("integrations.remove", **request)["integration"] == one
        for name in (f"manage-own-{other}", f"manage-own-{kind}", f"manage-{kind}"):
            permission = {"_id": f"{name}-integrations", "roles": ["admin"]}
            admin.post("permissions.update", permissions=[permission])
