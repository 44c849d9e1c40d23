"""The methods of integrations: the use cases of ``integrations.*``, with Match in place of AJV."""

from __future__ import annotations

from typing import Any

from tests.methods.calls import method, refused
from tests.running import Api, unique


def incoming(**fields: Any) -> dict[str, Any]:
    return {
        "type": "webhook-incoming",
        "name": unique("hook"),
        "enabled": True,
        "username": "rocket.cat",
        "channel": "#general",
        "scriptEnabled": False,
        **fields,
    }


def outgoing(**fields: Any) -> dict[str, Any]:
    return {
        **incoming(),
        "type": "webhook-outgoing",
        "event": "sendMessage",
        "urls": ["http://127.0.0.1:9/"],
        **fields,
    }


def test_an_incoming_integration(admin: Api) -> None:
    made = method(admin, "addIncomingIntegration", incoming(alias="Bell", unknown=1))
    assert (made["alias"], made["channel"]) == ("Bell", ["#general"])
    assert isinstance(made["_createdAt"]["$date"], int)
    assert "unknown" not in made
    # As a client does that sends back what it got.
    changed = method(
        admin, "updateIncomingIntegration", made["_id"], {**made, "channel": "#general", "name": "other"}
    )
    assert (changed["name"], changed["token"]) == ("other", made["token"])
    assert admin.get("integrations.get", integrationId=made["_id"])["integration"]["name"] == "other"
    assert method(admin, "deleteIncomingIntegration", made["_id"]) is True
    error = refused(admin, "deleteIncomingIntegration", made["_id"])
    assert (error["error"], error["details"]) == (
        "error-invalid-integration",
        {"method": "deleteIncomingIntegration"},
    )


def test_an_outgoing_integration(admin: Api) -> None:
    made = method(admin, "addOutgoingIntegration", outgoing(triggerWords=["a", "b"]))
    assert made["triggerWords"] == ["a", "b"]
    changed = method(
        admin, "updateOutgoingIntegration", made["_id"], outgoing(enabled=False, token=made["token"])
    )
    assert changed["enabled"] is False
    assert method(admin, "clearIntegrationHistory", made["_id"]) is True
    error = refused(admin, "replayOutgoingIntegration", {"integrationId": made["_id"], "historyId": "none"})
    assert (error["error"], error["details"]) == (
        "error-invalid-integration-history",
        {"method": "replayOutgoingIntegration"},
    )
    assert method(admin, "deleteOutgoingIntegration", made["_id"]) is True
    assert (
        refused(admin, "updateOutgoingIntegration", made["_id"], outgoing())["error"] == "invalid_integration"
    )


def test_what_is_refused(admin: Api, user: Api) -> None:
    for name, params, code, method_named in (
        (
            "addIncomingIntegration",
            [incoming(channel="general")],
            "error-invalid-channel-start-with-chars",
            True,
        ),
        ("addIncomingIntegration", [incoming(channel="#no-such-room")], "error-invalid-room", True),
        ("addIncomingIntegration", [incoming(username="nobody-at-all")], "error-invalid-user", True),
        ("addIncomingIntegration", [incoming(enabled="true")], 400, False),
        ("addIncomingIntegration", [{**incoming(), "name": None}], 400, False),
        ("addOutgoingIntegration", [outgoing(urls=[])], "error-invalid-urls", False),
        ("addOutgoingIntegration", [outgoing(urls="http://x")], 400, False),
        ("addOutgoingIntegration", [outgoing(event="nothing")], "error-invalid-event-type", False),
    ):
        error = refused(admin, name, *params)
        assert error["error"] == code, (name, params)
        if method_named:
            assert error["details"] == {"method": name}
    unauthorized: tuple[tuple[str, list[Any]], ...] = (
        ("addIncomingIntegration", [incoming()]),
        ("addOutgoingIntegration", [outgoing()]),
        ("deleteIncomingIntegration", ["none"]),
        ("deleteOutgoingIntegration", ["none"]),
        ("updateIncomingIntegration", ["none", incoming()]),
        ("clearIntegrationHistory", ["none"]),
        ("replayOutgoingIntegration", [{"integrationId": "none", "historyId": "none"}]),
    )
    for name, given in unauthorized:
        assert refused(user, name, *given)["error"] == "not_authorized", name
