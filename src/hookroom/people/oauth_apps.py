"""Programs that the server knows by an OAuth client id. They are kept; logging in through them is left out."""

from __future__ import annotations

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rules.ids import integration_id, random_id
from hookroom.rules.model import User, UserRef
from hookroom.rules.oauth_app import OAuthApp, checked, new_secret
from hookroom.storage.statement import Changes
from hookroom.storage.tables import oauth_apps
from hookroom.workspace.workspace import Workspace, retrying


async def create(ws: Workspace, actor: User, *, name: str, redirect_uri: str, active: bool) -> OAuthApp:
    """A new program with a client id and secret of its own. Raises ``Refused`` as ``rules.oauth_app.checked``."""
    name, redirect_uri = checked(name, redirect_uri)
    at = ws.stamp()
    app = OAuthApp(
        id=integration_id(),
        name=name,
        active=active,
        client_id=random_id(),
        client_secret=new_secret(),
        redirect_uri=redirect_uri,
        created_at=at,
        created_by=_by(actor),
        updated_at=at,
    )
    changes = Changes()
    oauth_apps.insert(changes, app)
    await ws.db.commit(changes)
    return app


@retrying
async def update(
    ws: Workspace, actor: User, app_id: str, *, name: str, redirect_uri: str, active: bool
) -> OAuthApp:
    """Change a program; it keeps its id and secret. Raises as ``create``, and ``error-application-not-found``."""
    old = await _existing(ws, app_id, "updateOAuthApp")
    name, redirect_uri = checked(name, redirect_uri)
    new = structs.replace(
        old,
        name=name,
        redirect_uri=redirect_uri,
        active=active,
        updated_at=ws.stamp(old.updated_at),
        updated_by=_by(actor),
    )
    changes = Changes()
    oauth_apps.update(changes, old, new)
    await ws.db.commit(changes)
    return new


@retrying
async def delete(ws: Workspace, app_id: str) -> None:
    """Forget a program. Raises ``Refused`` (``error-application-not-found``)."""
    app = await _existing(ws, app_id, "deleteOAuthApp")
    changes = Changes()
    oauth_apps.delete(changes, app)
    await ws.db.commit(changes)


async def _existing(ws: Workspace, app_id: str, method: str) -> OAuthApp:
    app = await oauth_apps.by_id(ws.db, app_id)
    if app is None:
        raise Refused("error-application-not-found", "Application not found", method=method)
    return app


def _by(user: User) -> UserRef:
    return UserRef(id=user.id, username=user.username)
