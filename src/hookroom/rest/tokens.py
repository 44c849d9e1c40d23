"""Tokens: of one's own, personal ones, and those made for others."""

from __future__ import annotations

import hmac
from typing import Any

from hookroom.errors import Forbidden, Refused
from hookroom.people import personal_tokens, sessions
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import users as schemas
from hookroom.rest.user_params import named_user
from hookroom.rules.times import iso
from hookroom.storage.tables.tokens import Token

routes = Routes("Tokens")


@routes.post("users.createToken", body=schemas.CREATE_TOKEN)
async def create_token(call: Call) -> Answer:
    """Make a login token for a user; others' need user-generate-access-token."""
    ws = call.ws
    user = await named_user(ws, call.body)
    secret = call.services.config.create_tokens_for_users_secret
    if secret and not hmac.compare_digest(
        secret.encode(), call.body.get("secret", "").encode(errors="surrogatepass")
    ):
        raise Refused("error-not-authorized", "Not authorized")
    if user.id != call.user.id and not ws.authority.allows("user-generate-access-token", call.user):
        raise Refused("error-not-authorized", "Not authorized")
    return {"data": {"userId": user.id, "authToken": await sessions.begin(ws, user.id)}}


@routes.post("users.generatePersonalAccessToken", body=schemas.NEW_TOKEN, two_factor=True)
async def generate(call: Call) -> Answer:
    """Make a personal access token; it is shown this once."""
    token = await personal_tokens.generate(
        call.ws,
        call.user,
        call.body["tokenName"],
        bypass_two_factor=bool(call.body.get("bypassTwoFactor")),
    )
    return {"token": token}


@routes.post("users.regeneratePersonalAccessToken", body=schemas.TOKEN, two_factor=True)
async def regenerate(call: Call) -> Answer:
    """Put a new token in the place of a personal one."""
    return {"token": await personal_tokens.regenerate(call.ws, call.user, call.body["tokenName"])}


@routes.get("users.getPersonalAccessTokens", permissions=(personal_tokens.PERMISSION,))
async def listed(call: Call) -> Answer:
    """The caller's personal access tokens, without the tokens."""
    return {"tokens": [_shown(token) for token in await personal_tokens.listed(call.ws, call.user)]}


@routes.post("users.removePersonalAccessToken", body=schemas.TOKEN, two_factor=True)
async def remove(call: Call) -> Answer:
    """Forget a personal access token."""
    await personal_tokens.remove(call.ws, call.user, call.body["tokenName"])
    return {}


@routes.post("users.logout", body=schemas.LOGOUT)
async def log_out(call: Call) -> Answer:
    """Forget all tokens of a user; others' need logout-other-user."""
    ws = call.ws
    user_id = call.body.get("userId") or call.user.id
    if user_id != call.user.id and not ws.authority.allows("logout-other-user", call.user):
        raise Forbidden
    if await ws.directory.user(user_id) is None:
        raise Refused("error-invalid-user-id", "Invalid user id")
    await sessions.log_out_everywhere(ws, user_id)
    return {"message": f"User {user_id} has been logged out!"}


@routes.post("users.logoutOtherClients", body=schemas.NOTHING)
async def log_out_other_clients(call: Call) -> Answer:
    """Forget the caller's other logins; personal access tokens stay."""
    token = _own(call)
    await sessions.log_out_others(call.ws, token, personal=False)
    expires = "" if token.expires_at is None else iso(token.expires_at)
    return {"token": call.header("X-Auth-Token"), "tokenExpires": expires}


@routes.post("users.removeOtherTokens", body=schemas.NOTHING)
async def remove_other_tokens(call: Call) -> Answer:
    """Forget all tokens of the caller but the one of this call, personal ones too."""
    await sessions.log_out_others(call.ws, _own(call), personal=True)
    return {}


def _own(call: Call) -> Token:
    assert call.token is not None
    return call.token


def _shown(token: Token) -> dict[str, Any]:
    return {
        "name": token.name,
        "createdAt": iso(token.created_at),
        "lastTokenPart": token.last_characters,
        "bypassTwoFactor": token.bypass_two_factor,
    }
