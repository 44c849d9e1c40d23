"""Who calls: the token headers of the Rocket.Chat API."""

from __future__ import annotations

import hmac

from hookroom.rules.model import User
from hookroom.storage.tables.tokens import Token, digest
from hookroom.workspace.workspace import Workspace


async def authenticate(ws: Workspace, user_id: str | None, token: str | None) -> tuple[User, Token] | None:
    """The user of a valid ``X-User-Id`` and ``X-Auth-Token`` pair, ``None`` for anything else.

    Tokens are looked up by their digest, which leaves nothing of the token itself to compare or to time.
    """
    if not user_id or not token:
        return None
    stored = await ws.directory.token(digest(token))
    if stored is None or (stored.expires_at is not None and stored.expires_at <= ws.now()):
        return None
    if not hmac.compare_digest(stored.user_id.encode(), user_id.encode()):
        return None
    user = await ws.directory.user(stored.user_id)
    return (user, stored) if user is not None and user.active else None
