"""Methods that turn the app as a second factor on and off (``2fa:*``).

Facts: the original's ``apps/meteor/app/2fa/server/methods``.
"""

from __future__ import annotations

from typing import Any

from hookroom.errors import Refused
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import second_factor_setup

methods = Methods("Two-factor authentication")


@methods.add("2fa:enable")
async def enable(call: MethodCall) -> dict[str, str]:
    """A new secret for the caller's app: ``{secret, url}``; ``2fa:validateTempToken`` turns it on."""
    secret, url = await second_factor_setup.prepare_app(call.ws, call.user)
    return {"secret": secret, "url": url}


@methods.add("2fa:validateTempToken", "2fa:validateToken")
async def validate(call: MethodCall, code: Any) -> dict[str, list[str]]:
    """Turn the app on with one of its codes; answers the backup codes, and ends the caller's other logins."""
    keep = call.token.hash if call.token else None
    codes = await second_factor_setup.turn_app_on(call.ws, call.user, _text(code), keep=keep)
    return {"codes": list(codes)}


@methods.add("2fa:disable")
async def disable(call: MethodCall, code: Any) -> bool:
    """Turn the app off with one of its codes or a backup code; ``False`` for a wrong one."""
    return await second_factor_setup.turn_app_off(call.ws, call.user, _text(code))


@methods.add("2fa:checkCodesRemaining")
async def codes_remaining(call: MethodCall) -> dict[str, int]:
    """How many backup codes are left: ``{remaining}``."""
    return {"remaining": await second_factor_setup.codes_left(call.ws, call.user)}


@methods.add("2fa:regenerateCodes")
async def regenerate(call: MethodCall, code: Any) -> dict[str, list[str]] | None:
    """Other backup codes, for one of the app's codes; nothing for a wrong one."""
    codes = await second_factor_setup.new_codes(call.ws, call.user, _text(code))
    return None if codes is None else {"codes": list(codes)}


def _text(code: Any) -> str:
    if not isinstance(code, str) or len(code) > 64:
        raise Refused("invalid-totp")
    return code
