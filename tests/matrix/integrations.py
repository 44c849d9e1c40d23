"""Calls of integrations. All of them are an administrator's, and so are the integrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx
from tests.delivery.webhooks import history, until
from tests.matrix.world import Case, Make, Sent, World, body, query

_ADMIN: Final = "nnnny"


def of_incoming(**fields: Any) -> Make:
    """A body with an incoming webhook."""
    return lambda w: body(integrationId=w.incoming["_id"], **fields)


def updated(w: World) -> Sent:
    return body(**{**w.outgoing_body(), "integrationId": w.outgoing["_id"], "name": "another name"})


def signed(w: World) -> str:
    """An outgoing webhook that signs."""
    made = w.root.post("integrations.create", **w.outgoing_body(), signing="v1")
    return str(made["integration"]["_id"])


def verified(w: World) -> str:
    """An incoming webhook whose callers prove who they are."""
    kept = {name: w.incoming[name] for name in ("type", "name", "enabled", "username", "scriptEnabled")}
    verification = {"scheme": "header", "header": "X-Token"}
    integration_id = w.incoming["_id"]
    w.root.put(
        "integrations.update",
        **kept,
        integrationId=integration_id,
        channel="#general",
        verification=verification,
    )
    return str(integration_id)


def a_call(w: World) -> Sent:
    """A call that came in."""
    url = f"{w.root.url}/hooks/{w.incoming['_id']}/{w.incoming['token']}"
    httpx.post(url, json={"text": "hello"}, trust_env=False)
    calls = w.root.get("integrations.calls", integrationId=w.incoming["_id"])["calls"]
    return body(callId=calls[0]["_id"], integrationId=w.incoming["_id"])


def delivered(w: World) -> Sent:
    """A delivery that is in the history."""
    made = w.root.post(
        "integrations.create", **{**w.outgoing_body(), "channel": f"#{w.channel_room['name']}"}
    )["integration"]
    w.said("hello")
    entry = until(lambda: history(w.root, made), "an entry of the history")[0]
    return body(integrationId=made["_id"], historyId=entry["_id"])


CALLS: Final[Mapping[str, Case]] = {
    "POST integrations.create": Case(_ADMIN, lambda w: body(**w.outgoing_body())),
    "PUT integrations.update": Case(_ADMIN, updated),
    "POST integrations.remove": Case(_ADMIN, of_incoming(type="webhook-incoming")),
    "GET integrations.get": Case(_ADMIN, lambda w: query(integrationId=w.incoming["_id"])),
    "GET integrations.list": Case(_ADMIN, lambda w: query(count=3)),
    "GET integrations.history": Case(_ADMIN, lambda w: query(id=w.outgoing["_id"])),
    "POST integrations.clearHistory": Case(_ADMIN, lambda w: body(integrationId=w.outgoing["_id"])),
    "POST integrations.replayOutgoing": Case(_ADMIN, delivered),
    "POST integrations.test": Case(
        _ADMIN, lambda w: body(integrationId=w.incoming["_id"], request={"body": {"text": "hello"}})
    ),
    "POST integrations.transfer": Case(
        _ADMIN, lambda w: body(integrationId=w.incoming["_id"], username=w.people.by_role["admin"].username())
    ),
    "POST integrations.replayFailed": Case(
        _ADMIN, lambda w: body(integrationId=w.outgoing["_id"], since="2026-01-01T00:00:00.000Z")
    ),
    "GET integrations.calls": Case(_ADMIN, lambda w: query(integrationId=w.incoming["_id"])),
    "POST integrations.replayCall": Case(_ADMIN, a_call),
    "POST integrations.regenerateToken": Case(_ADMIN, of_incoming()),
    "POST integrations.setEnabled": Case(_ADMIN, of_incoming(enabled=False)),
    "POST integrations.checkScripts": Case(_ADMIN, lambda w: body(count=1)),
    "GET integrations.signingKeys": Case(_ADMIN, lambda w: query(integrationId=signed(w))),
    "POST integrations.rotateSigningKey": Case(_ADMIN, lambda w: body(integrationId=signed(w))),
    "GET integrations.templates": Case(_ADMIN, lambda w: query()),
    "GET integrations.verificationSecrets": Case(_ADMIN, lambda w: query(integrationId=verified(w))),
    "POST integrations.rotateVerificationSecret": Case(_ADMIN, lambda w: body(integrationId=verified(w))),
}
