"""E-mails that people with the permission write to others: welcomes, invitations, letters to everybody.

Facts: the original's ``apps/meteor/server/methods/sendWelcomeEmail.ts``, ``app/lib/server/methods/
sendInvitationEmail.ts`` and ``app/mail-messages/server``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import structs

from hookroom.errors import Refused
from hookroom.mail import texts
from hookroom.mail.port import Mail
from hookroom.rules.accounts import check_email
from hookroom.rules.document_query import QueryError, Test, condition
from hookroom.rules.mail_server import sender
from hookroom.rules.model import User
from hookroom.rules.times import millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import user_listing, users
from hookroom.workspace.workspace import Workspace, retrying

MAX_INVITATIONS: Final = 200
"""Addresses in one call."""

UNSUBSCRIBE_PATH: Final = "mailer/unsubscribe"

_LETTER: Final = "Mailer.sendMail"
_QUERYABLE: Final = ("_id", "username", "name", "type", "active", "roles", "emails", "createdAt", "lastLogin")
_PLACE: Final = re.compile(r"\[(name|fname|lname|email|unsubscribe)\]")


def check_configured(ws: Workspace, **details: str) -> None:
    """Raises ``Refused`` (``error-email-send-failed``) on a server without a mail server."""
    if not ws.mail.configured:
        raise Refused("error-email-send-failed", "SMTP is not configured", details=details)


async def welcome(ws: Workspace, address: str) -> None:
    """Send a first e-mail to the user of that address. Raises ``Refused``, also ``error-invalid-user``."""
    check_configured(ws, method="sendWelcomeEmail")
    user_id = await users.id_by_email(ws.db, address.strip())
    if user_id is None:
        raise Refused("error-invalid-user", "Invalid user", method="sendWelcomeEmail")
    _put(ws, texts.welcome(ws.settings["Site_Name"], address.strip(), ws.site_url), "sendWelcomeEmail")


def invite(ws: Workspace, caller: User, addresses: Sequence[str]) -> None:
    """Invite people by e-mail; what is no address is passed over. Raises ``Refused``."""
    method = "sendInvitationEmail"
    if not ws.authority.allows("bulk-register-user", caller):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    if len(addresses) > MAX_INVITATIONS:
        raise Refused("error-invalid-email", f"At most {MAX_INVITATIONS} addresses at once", method=method)
    check_configured(ws, method=method)
    for address in dict.fromkeys(addresses):
        try:
            to = check_email(address)
        except Refused:
            continue
        _put(ws, texts.invitation(ws.settings["Site_Name"], to, ws.site_url), method)


async def letter(
    ws: Workspace, *, sent_from: str, subject: str, body: str, only_to_sender: bool, query: str
) -> None:
    """Send ``body``, which is HTML, to everybody who ``query`` is true of and who did not unsubscribe.

    With ``only_to_sender`` to users with the address it comes from alone. Raises ``Refused``:
    ``error-invalid-from-address``, ``error-missing-unsubscribe-link``, ``error-invalid-query``,
    ``error-email-send-failed``.
    """
    try:
        sender(sent_from)
    except ValueError:
        raise _refused("error-invalid-from-address", "Invalid from address") from None
    if "[unsubscribe]" not in body:
        raise _refused("error-missing-unsubscribe-link", "You must provide the [unsubscribe] link.")
    wanted = _condition(query)
    check_configured(ws, function=_LETTER)
    own = users.key(sent_from.rpartition("<")[2].rstrip(">"))
    async for document in user_listing.everyone(ws.db):
        if not document["active"] or not document.get("emails") or not wanted(document):
            continue
        user = msgspec.convert(document, User)
        to = user.emails[0].address
        if only_to_sender:
            if own not in {users.key(one.address) for one in user.emails}:
                continue
        elif user.type != "user" or is_unsubscribed(user):
            continue
        text = _filled(ws, body, user)
        if not ws.mail.put(texts.newsletter(to, subject, text, sent_from)):
            raise _refused("error-email-send-failed", "Too many e-mails wait to be sent")


def is_unsubscribed(user: User) -> bool:
    """Whether somebody wants no more letters to everybody."""
    return bool((user.settings or {}).get("mailer", {}).get("unsubscribed"))


@retrying
async def unsubscribe(ws: Workspace, user_id: str, created_at: str) -> bool:
    """No more letters for a user; ``created_at`` is when their account was made, as the link has it (epoch ms)."""
    old = await ws.directory.user(user_id)
    if old is None or str(millis(old.created_at)) != created_at:
        return False
    if not is_unsubscribed(old):
        settings = {**(old.settings or {}), "mailer": {"unsubscribed": True}}
        changes = Changes()
        users.update(
            changes, old, structs.replace(old, settings=settings, updated_at=ws.stamp(old.updated_at))
        )
        await ws.db.commit(changes)
    return True


def _condition(query: str) -> Test:
    if not query.strip():
        return lambda _document: True
    try:
        return condition(msgspec.json.decode(query), _QUERYABLE)
    except QueryError as error:
        raise _refused("error-invalid-query", f"Invalid query: {error}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refused("error-invalid-query", "Invalid query: not valid JSON") from error


def _filled(ws: Workspace, body: str, user: User) -> str:
    first, _, last = user.name.partition(" ")
    link = f"{ws.site_url.rstrip('/')}/{UNSUBSCRIBE_PATH}/{user.id}/{millis(user.created_at)}"
    values: dict[str, Any] = {
        "name": user.name,
        "fname": first,
        "lname": last.rpartition(" ")[2],
        "email": user.emails[0].address,
        "unsubscribe": link,
    }
    return _PLACE.sub(lambda found: html.escape(values[found[1]]), body)


def _put(ws: Workspace, mail: Mail, method: str) -> None:
    if not ws.mail.put(mail):
        raise Refused("error-email-send-failed", "Too many e-mails wait to be sent", method=method)


def _refused(code: str, reason: str) -> Refused:
    return Refused(code, reason, details={"function": _LETTER})
