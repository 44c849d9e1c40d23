"""Methods about forgotten passwords and addresses (Meteor's accounts protocol).

Unlike Meteor's, they log nobody in: who has a new password shows it, and their second factor if they have one.
"""

from __future__ import annotations

from typing import Any

from hookroom.errors import Failure, Refused
from hookroom.methods.params import text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import mail_links, mailing

methods = Methods("E-mail")


@methods.add("sendForgotPasswordEmail", "forgotPassword", login="optional")
async def send_forgot_password_email(call: MethodCall, asked: Any) -> bool:
    """Send a link to a new password (``email``, or ``{email}``); does not tell whether anybody has the address."""
    address = text(asked.get("email") if isinstance(asked, dict) else asked, "email")
    if not call.ws.settings["Accounts_PasswordReset"]:
        raise Refused("error-not-allowed", "Password reset is not allowed", method=call.method)
    await mail_links.send_reset(call.ws, address)
    return True


@methods.add("resetPassword", login="optional")
async def reset_password(call: MethodCall, token: Any, password: Any) -> dict[str, str]:
    """Choose the new password that a link is for; answers ``{id}``. A digest of it is not taken."""
    if not isinstance(password, str):
        raise Failure("The password itself is needed, to look whether it meets the policy", code="400")
    user = await mail_links.reset_password(call.ws, text(token, "token"), password)
    return {"id": user.id}


@methods.add("sendConfirmationEmail", login="optional")
async def send_confirmation_email(call: MethodCall, email: Any) -> bool:
    """Send the link that proves who reads an address; does not tell whether anybody has it."""
    address = text(email, "email")
    mailing.check_configured(call.ws, method=call.method)
    await mail_links.send_verification(call.ws, address)
    return True


@methods.add("verifyEmail", login="optional")
async def verify_email(call: MethodCall, token: Any) -> dict[str, str]:
    """Note that the address that a link is for is read by its user; answers ``{id}``."""
    user = await mail_links.verify_email(call.ws, text(token, "token"))
    return {"id": user.id}
