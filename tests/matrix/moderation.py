"""Calls of reports: of a message of the owner's, and of somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.matrix.world import Case, Make, Sent, World, body, query

_ADMIN: Final = "nnnny"


def reported(w: World) -> str:
    """A message that the member has reported."""
    w.member.post("chat.reportMessage", messageId=w.message, description="not nice")
    return w.message


def about_somebody(make: Make) -> Make:
    """The member has reported somebody."""

    def prepared(w: World) -> Sent:
        w.member.post("moderation.reportUser", userId=w.somebody.user_id, description="not nice")
        return make(w)

    return prepared


def a_report(w: World) -> Sent:
    """One report."""
    found = w.root.get("moderation.reports", msgId=reported(w))["reports"]
    return query(reportId=found[0]["_id"])


def of_the_owner(w: World) -> Sent:
    """The reported messages of the owner."""
    reported(w)
    return body(userId=w.owner.user_id)


CALLS: Final[Mapping[str, Case]] = {
    "POST chat.reportMessage": Case("nyyyy", lambda w: body(messageId=w.message, description="not nice")),
    "POST moderation.reportUser": Case(
        "nyyyy", lambda w: body(userId=w.somebody.user_id, description="not nice")
    ),
    "GET moderation.reportsByUsers": Case(_ADMIN, lambda w: query(count=3)),
    "GET moderation.userReports": Case(_ADMIN, about_somebody(lambda w: query(count=3))),
    "GET moderation.user.reportedMessages": Case(_ADMIN, lambda w: query(userId=w.owner.user_id)),
    "GET moderation.user.reportsByUserId": Case(
        _ADMIN, about_somebody(lambda w: query(userId=w.somebody.user_id))
    ),
    "GET moderation.reports": Case(_ADMIN, lambda w: query(msgId=reported(w))),
    "GET moderation.reportInfo": Case(_ADMIN, a_report),
    "POST moderation.dismissReports": Case(_ADMIN, lambda w: body(msgId=reported(w))),
    "POST moderation.dismissUserReports": Case(
        _ADMIN, about_somebody(lambda w: body(userId=w.somebody.user_id))
    ),
    "POST moderation.user.deleteReportedMessages": Case(_ADMIN, of_the_owner),
}
