"""Calls of e-mail and of the second factor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tests.matrix.world import Case, Sent, World, body, query

from hookroom.rules.times import millis

_ADMIN: Final = "nnnny"
_USERS: Final = "nyyyy"
_ALL: Final = "yyyyy"


def address(w: World) -> str:
    """The address of somebody."""
    return f"{w.somebody.username()}@example.com"


def link(w: World, call: str) -> str:
    """The token of the link that ``call`` sends to somebody."""
    before = len(w.people.mailbox.messages)
    w.root.post(call, email=address(w))
    found = re.search(r"/(?:reset-password|verify-email)/([\w-]+)", w.people.mailbox.last_text(before + 1))
    assert found is not None
    return found[1]


def unsubscribed(w: World) -> Sent:
    """Somebody's link in a letter."""
    created = w.root.get("users.info", userId=w.somebody.user_id)["user"]["createdAt"]
    return body(_id=w.somebody.user_id, createdAt=str(millis(created)))


def proved(w: World) -> Sent:
    """The caller's address is verified, and codes are sent to it where they asked for that."""
    w.as_new()
    return body()


CALLS: Final[Mapping[str, Case]] = {
    "GET settings.oauth": Case(_ALL, lambda w: query()),
    "GET service.configurations": Case(_ALL, lambda w: query()),
    "POST users.forgotPassword": Case(_ALL, lambda w: body(email=address(w))),
    "POST users.resetPassword": Case(
        _ALL, lambda w: body(token=link(w, "users.forgotPassword"), password="Another-horse-9")
    ),
    "POST users.sendConfirmationEmail": Case(_ALL, lambda w: body(email=address(w))),
    "POST users.verifyEmail": Case(_ALL, lambda w: unproved(w)),
    "POST users.sendWelcomeEmail": Case(_ADMIN, lambda w: body(email=address(w))),
    "POST sendInvitationEmail": Case(_ADMIN, lambda w: body(emails=["guest@example.com"])),
    "POST mailer": Case(
        _ADMIN,
        lambda w: body(
            **{"from": "chat@example.com"}, subject="News", body="Hello [name] [unsubscribe]", dryrun=True
        ),
    ),
    "POST mailer.unsubscribe": Case(_USERS, unsubscribed),
    "GET smtp.check": Case(_USERS, lambda w: query()),
    "POST users.deactivateIdle": Case(_ADMIN, lambda w: body(daysIdle=100, role="user")),
    "GET users.getUsernameSuggestion": Case(_USERS, lambda w: query()),
    "POST users.2fa.enableEmail": Case(_USERS, proved),
    "POST users.2fa.disableEmail": Case(_USERS, proved),
    "POST users.2fa.sendEmailCode": Case(_ALL, lambda w: body(emailOrUsername=w.somebody.username())),
    "POST users.resetTOTP": Case(_ADMIN, lambda w: body(userId=w.somebody.user_id)),
    "POST twoFactorChallenges.sendEmailCode": Case("nnnnn", lambda w: body(challengeId="none")),
    "POST twoFactorChallenges.verifyChallenge": Case("nnnnn", lambda w: body(challengeId="none", code="1")),
}


def unproved(w: World) -> Sent:
    """The link to an address that nobody proved yet."""
    w.root.post("users.update", userId=w.somebody.user_id, data={"verified": False})
    return body(token=link(w, "users.sendConfirmationEmail"))
