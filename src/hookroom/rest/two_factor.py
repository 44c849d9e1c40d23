"""The second factor: codes by e-mail turned on and off, and an app forgotten for somebody."""

from __future__ import annotations

from typing import Final

from hookroom.errors import Failure, Refused
from hookroom.people import email_codes, second_factor, second_factor_setup
from hookroom.rest import user_params
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Rate, Routes
from hookroom.rest.user_params import named_user
from hookroom.rest.validation import Schema
from hookroom.storage.tables import users

routes = Routes("Two-factor authentication")

_NOTHING: Final = Schema({"type": "object"})
_CODE_FOR: Final = Schema(
    {"type": "object", "properties": {"emailOrUsername": {"type": "string", "nullable": True}}}
)
_WHOSE: Final = Schema({"type": "object", "properties": user_params.PARAMETERS})
_CHALLENGE: Final = {"type": "string", "maxLength": 255}
_SEND: Final = Schema(
    {
        "type": "object",
        "properties": {"challengeId": _CHALLENGE},
        "required": ["challengeId"],
        "additionalProperties": False,
    }
)
_VERIFY: Final = Schema(
    {
        "type": "object",
        "properties": {"challengeId": _CHALLENGE, "code": _CHALLENGE},
        "required": ["challengeId", "code"],
        "additionalProperties": False,
    }
)
_FIVE_A_MINUTE: Final = Rate(5, 60_000)


@routes.post("users.2fa.enableEmail", body=_NOTHING)
async def enable_email(call: Call) -> Answer:
    """Ask the caller for codes by e-mail from now on; needs verified addresses and a mail server."""
    keep = call.token.hash if call.token else None
    await second_factor_setup.turn_email_on(call.ws, call.user, keep=keep)
    return {}


@routes.post("users.2fa.disableEmail", body=_NOTHING, two_factor="each time")
async def disable_email(call: Call) -> Answer:
    """Ask the caller for codes by e-mail no longer."""
    await second_factor_setup.turn_email_off(call.ws, call.user)
    return {}


@routes.post("users.2fa.sendEmailCode", login="optional", body=_CODE_FOR, rate=_FIVE_A_MINUTE)
async def send_email_code(call: Call) -> Answer:
    """Send a code by e-mail to whom it may concern; the answer does not tell whether there is such a user."""
    ws, name = call.ws, call.body.get("emailOrUsername") or ""
    if not name:
        raise Refused("error-parameter-required", "emailOrUsername is required")
    if call.caller is not None:
        user = call.caller
    else:
        user_id = await users.id_by_email(ws.db, name) if "@" in name else None
        found = await (ws.directory.user(user_id) if user_id else ws.directory.user_named(name))
        if found is None:
            return {}
        user = found
    if "email" in await second_factor.ways(ws, user):
        await email_codes.send(ws, user)
    return {}


@routes.post("users.resetTOTP", body=_WHOSE, two_factor="each time")
async def reset_totp(call: Call) -> Answer:
    """Forget somebody's app and all their logins; others' needs edit-other-user-totp."""
    ws = call.ws
    if not any(name in call.body for name in user_params.PARAMETERS):
        await second_factor_setup.reset_app(ws, call.user, tell=False)
        return {}
    if not ws.authority.allows("edit-other-user-totp", call.user):
        raise Refused("error-not-allowed", "Not allowed")
    if not ws.settings["Accounts_TwoFactorAuthentication_Enabled"]:
        raise Refused("error-two-factor-not-enabled", "Two factor authentication is not enabled")
    await second_factor_setup.reset_app(ws, await named_user(ws, call.body), tell=True)
    return {}


@routes.post("twoFactorChallenges.sendEmailCode", login="optional", body=_SEND, rate=_FIVE_A_MINUTE)
async def send_challenge_code(_call: Call) -> Answer:
    """Challenges come from logins by other services, of which there are none here: none is ever found."""
    raise _no_challenge()


@routes.post("twoFactorChallenges.verifyChallenge", login="optional", body=_VERIFY, rate=_FIVE_A_MINUTE)
async def verify_challenge(_call: Call) -> Answer:
    """As ``twoFactorChallenges.sendEmailCode``: no challenge is ever found."""
    raise _no_challenge()


def _no_challenge() -> Failure:
    return Failure("challenge not found", code="error-challenge-not-found")
