"""Personal access tokens."""

from __future__ import annotations

from typing import Any

from hookroom.methods.params import flag, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import personal_tokens

methods = Methods("Personal access tokens")


@methods.add("personalAccessTokens:generateToken", two_factor=True)
async def generate(call: MethodCall, asked: Any) -> str:
    """Make a token (``{tokenName, bypassTwoFactor}``); it is shown this once."""
    given = record(asked)
    name = text(given.get("tokenName"), "tokenName")
    bypass = flag(given.get("bypassTwoFactor"), "bypassTwoFactor", default=False)
    return await personal_tokens.generate(call.ws, call.user, name, bypass_two_factor=bypass)


@methods.add("personalAccessTokens:regenerateToken", two_factor=True)
async def regenerate(call: MethodCall, asked: Any) -> str:
    """Put a new token in the place of one (``{tokenName}``)."""
    name = text(record(asked).get("tokenName"), "tokenName")
    return await personal_tokens.regenerate(call.ws, call.user, name)


@methods.add("personalAccessTokens:removeToken", two_factor=True)
async def remove(call: MethodCall, asked: Any) -> None:
    """Forget a token (``{tokenName}``)."""
    await personal_tokens.remove(call.ws, call.user, text(record(asked).get("tokenName"), "tokenName"))
