"""E-mail: forgotten passwords, addresses proved, welcomes, invitations, letters to everybody."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Failure, Refused
from hookroom.people import mail_links, mailing
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Rate, Routes
from hookroom.rest.validation import Schema

routes = Routes("E-mail")

_TEXT: Final = {"type": "string"}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_FORGOT: Final = Schema({"type": "object", "properties": {"email": _OPTIONAL_TEXT}})
_FIVE_A_MINUTE: Final = Rate(5, 60_000)


def _body(*required: str, **properties: Any) -> Schema:
    return Schema(
        {
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
        }
    )


@routes.post("users.forgotPassword", login="optional", body=_FORGOT, rate=_FIVE_A_MINUTE)
async def forgot_password(call: Call) -> Answer:
    """Send a link to a new password; the answer does not tell whether anybody has the address."""
    address = call.body.get("email") or ""
    if not address:
        raise Failure("The 'email' param is required")
    if not call.ws.settings["Accounts_PasswordReset"]:
        raise Refused("error-not-allowed", "Password reset is not allowed", method="sendForgotPasswordEmail")
    await mail_links.send_reset(call.ws, address)
    return {}


@routes.post(
    "users.resetPassword",
    login="optional",
    body=_body("token", "password", token=_TEXT, password=_TEXT),
    rate=_FIVE_A_MINUTE,
)
async def reset_password(call: Call) -> Answer:
    """Choose the new password that a link is for; all logins of the user end."""
    await mail_links.reset_password(call.ws, call.body["token"], call.body["password"])
    return {}


@routes.post(
    "users.sendConfirmationEmail", login="optional", body=_body("email", email=_TEXT), rate=Rate(1, 60_000)
)
async def send_confirmation_email(call: Call) -> Answer:
    """Send the link that proves who reads an address; the answer does not tell whether anybody has it."""
    mailing.check_configured(call.ws, method="sendConfirmationEmail")
    await mail_links.send_verification(call.ws, call.body["email"])
    return {}


@routes.post("users.verifyEmail", login="optional", body=_body("token", token=_TEXT), rate=_FIVE_A_MINUTE)
async def verify_email(call: Call) -> Answer:
    """Note that the address that a link is for is read by its user."""
    await mail_links.verify_email(call.ws, call.body["token"])
    return {}


@routes.post("users.sendWelcomeEmail", body=_body("email", email=_TEXT), permissions=("send-mail",))
async def send_welcome_email(call: Call) -> Answer:
    """Send a first e-mail to a user."""
    await mailing.welcome(call.ws, call.body["email"])
    return {}


@routes.post("sendInvitationEmail", body=_body("emails", emails={"type": "array", "items": _TEXT}))
async def send_invitation_email(call: Call) -> Answer:
    """Invite people by e-mail; needs bulk-register-user."""
    mailing.invite(call.ws, call.user, call.body["emails"])
    return {}


@routes.post(
    "mailer",
    body=_body(
        *("from", "subject"),
        **{
            "from": _TEXT,
            "subject": _TEXT,
            "body": _OPTIONAL_TEXT,
            "dryrun": {"type": "boolean", "nullable": True},
            "query": _OPTIONAL_TEXT,
        },
    ),
    permissions=("send-mail",),
)
async def send_letter(call: Call) -> Answer:
    """Write to everybody, but for those who unsubscribed; with dryrun to the sender's own account alone.

    ``body`` is HTML with ``[unsubscribe]`` in it; ``[name]``, ``[fname]``, ``[lname]`` and ``[email]`` are the
    reader's. ``query`` picks the readers by fields of theirs.
    """
    body = call.body
    await mailing.letter(
        call.ws,
        sent_from=body["from"],
        subject=body["subject"],
        body=body.get("body") or "",
        only_to_sender=bool(body.get("dryrun")),
        query=body.get("query") or "",
    )
    return {}


@routes.post("mailer.unsubscribe", body=_body("_id", "createdAt", _id=_TEXT, createdAt=_TEXT))
async def unsubscribe(call: Call) -> Answer:
    """No more letters to everybody for a user; createdAt is in epoch milliseconds, as their link has it."""
    await mailing.unsubscribe(call.ws, call.body["_id"], call.body["createdAt"])
    return {}


@routes.get("smtp.check")
async def check_smtp(call: Call) -> Answer:
    """Whether the server can send e-mail."""
    return {"isSMTPConfigured": call.ws.mail.configured}
