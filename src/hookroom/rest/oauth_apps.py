"""Programs that the server knows by an OAuth client id: ``oauth-apps.*``. Logging in through them is left out."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import Failure
from hookroom.people import oauth_apps
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import oauth_apps as schemas
from hookroom.rules.oauth_app import OAuthApp
from hookroom.storage.tables import oauth_apps as table

routes = Routes("OAuth apps")

_MANAGE: Final = ("manage-oauth-apps",)


@routes.get("oauth-apps.list", permissions=_MANAGE)
async def list_apps(call: Call) -> Answer:
    """All programs, with their secrets."""
    return {"oauthApps": [_document(one) for one in await table.everything(call.ws.db)]}


@routes.get("oauth-apps.get", query=schemas.GET)
async def get(call: Call) -> Answer:
    """One program; its secret only for those who may manage programs."""
    query, db = call.query, call.ws.db
    app = (
        await table.by_client(db, query["clientId"])
        if "clientId" in query
        else await table.by_id(db, query.get("_id") or query.get("appId", ""))
    )
    if app is None:
        raise Failure("OAuth app not found.")
    document = _document(app)
    if not call.ws.authority.allows_any(_MANAGE, call.user):
        del document["clientSecret"]
    return {"oauthApp": document}


@routes.post("oauth-apps.create", body=schemas.CREATE, permissions=_MANAGE)
async def create(call: Call) -> Answer:
    """Make a program; it gets a client id and a secret."""
    body = call.body
    made = await oauth_apps.create(
        call.ws, call.user, name=body["name"], redirect_uri=body["redirectUri"], active=body["active"]
    )
    return {"application": _document(made)}


@routes.post("oauth-apps.update", body=schemas.UPDATE, permissions=_MANAGE)
async def update(call: Call) -> Answer:
    """Change a program; answers its fields."""
    body = call.body
    return _document(
        await oauth_apps.update(
            call.ws,
            call.user,
            body["appId"],
            name=body["name"],
            redirect_uri=body["redirectUri"],
            active=body["active"],
        )
    )


@routes.post("oauth-apps.delete", body=schemas.DELETE, permissions=_MANAGE)
async def delete(call: Call) -> Answer:
    """Forget a program."""
    await oauth_apps.delete(call.ws, call.body["appId"])
    return {}


def _document(app: OAuthApp) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(app)
    return document
