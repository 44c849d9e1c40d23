"""Login."""

from __future__ import annotations

from hookroom.errors import NotLoggedIn
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rooms import passwords
from hookroom.rules.ids import auth_token
from hookroom.storage.statement import Changes
from hookroom.storage.tables import tokens, users

routes = Routes("Authentication")


@routes.post("login", login="optional")
async def log_in(call: Call) -> Answer:
    """Log in with a user name or e-mail address and a password."""
    ws = call.ws
    user = await ws.directory.user_named(str(call.body.get("user", "")))
    stored = await users.password_hash(ws.db, user.id) if user else None
    good = await passwords.verify(stored, passwords.digest(str(call.body.get("password", ""))))
    if user is None or not good:
        raise NotLoggedIn("Unauthorized")
    token = auth_token()
    changes = Changes()
    tokens.insert(
        changes,
        tokens.Token(tokens.digest(token), user.id, "login", None, token[-6:], False, ws.now(), None),
    )
    await ws.db.commit(changes)
    return {"status": "success", "data": {"userId": user.id, "authToken": token, "me": user}}
