"""Reports to moderators: making them, the moderation console, and closing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.errors import Failure, Refused
from hookroom.messages import reports
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import moderation as schemas
from hookroom.rules.reports import Report, mentions
from hookroom.rules.times import millis
from hookroom.storage.tables import reports as table
from hookroom.storage.tables.reports import FOR_EVER

routes = Routes("Moderation")

_VIEW: Final = ("view-moderation-console",)
_MANAGE: Final = ("manage-moderation-actions",)
_NEWEST: Final = (("ts", -1),)
_AUTHOR: Final = ("_id", "username", "name")
_USER: Final = ("_id", "createdAt", "username", "emails", "roles", "active", "name", "avatarETag")


@routes.post("chat.reportMessage", body=schemas.REPORT_MESSAGE)
async def report_message(call: Call) -> Answer:
    """Report a message to the moderators."""
    await reports.report_message(call.ws, call.user, call.body["messageId"], call.body["description"])
    return {}


@routes.post("moderation.reportUser", body=schemas.REPORT_USER)
async def report_user(call: Call) -> Answer:
    """Report a user to the moderators."""
    await reports.report_user(call.ws, call.user, call.body["userId"], call.body["description"])
    return {}


@routes.get("moderation.reportsByUsers", permissions=_VIEW, query=schemas.BETWEEN)
async def by_users(call: Call) -> Answer:
    """Users whose messages are reported, each with the newest report, and how many there are."""
    found = await table.open_between(call.ws.db, "message", *_between(call))
    grouped: list[dict[str, Any]] = []
    for user_id, of_user in _grouped(call, found):
        newest = of_user[0]
        message, author = newest.message or {}, newest.author
        rooms = {(one.room or {}).get("_id"): one.room for one in of_user}
        grouped.append(
            {
                "userId": user_id,
                "username": author.get("username"),
                "name": author.get("name"),
                "isUserDeleted": await call.ws.directory.user(user_id) is None,
                "message": message.get("msg"),
                "msgId": message.get("_id"),
                "rooms": list(rooms.values()),
                "count": len(of_user),
                "ts": newest.created_at,
            }
        )
    return _paged(call, "reports", grouped)


@routes.get("moderation.userReports", permissions=_VIEW, query=schemas.BETWEEN)
async def user_reports(call: Call) -> Answer:
    """Users who are reported themselves, and how often."""
    found = await table.open_between(call.ws.db, "user", *_between(call))
    grouped = [
        {
            "reportedUser": await _reported(call, of_user[0]),
            "count": len(of_user),
            "ts": of_user[0].created_at,
        }
        for _, of_user in _grouped(call, found)
    ]
    return _paged(call, "reports", grouped)


@routes.get("moderation.user.reportedMessages", permissions=_VIEW, query=schemas.OF_USER)
async def reported_messages(call: Call) -> Answer:
    """The messages of a user that are reported, each once, as they were at their newest report."""
    user_id = call.query["userId"]
    found = _wanted(call, await table.open_of_user(call.ws.db, "message", user_id))
    once: dict[str, Report] = {}
    for one in found:
        once.setdefault((one.message or {})["_id"], one)
    shown = [_only(one, "_id", "message", "room", "ts") for one in once.values()]
    user = await _user(call, _AUTHOR) or next((one.author for one in found), {})
    return {"user": user, **_paged(call, "messages", shown)}


@routes.get("moderation.user.reportsByUserId", permissions=_VIEW, query=schemas.OF_USER)
async def reports_of_user(call: Call) -> Answer:
    """The reports of a user."""
    found = _wanted(call, await table.open_of_user(call.ws.db, "user", call.query["userId"]))
    shown = [
        {**_only(one, "_id", "description", "reportedBy", "ts"), "reportedUser": await _reported(call, one)}
        for one in found
    ]
    user = await _user(call, _USER) or next((one["reportedUser"] for one in shown), {})
    return {"user": user, **_paged(call, "reports", shown)}


@routes.get("moderation.reports", permissions=_VIEW, query=schemas.OF_MESSAGE)
async def reports_of_message(call: Call) -> Answer:
    """The reports of a message."""
    found = _wanted(call, await table.open_of_message(call.ws.db, call.query["msgId"]))
    return _paged(
        call, "reports", [_only(one, "_id", "description", "reportedBy", "room", "ts") for one in found]
    )


@routes.get("moderation.reportInfo", permissions=_VIEW, query=schemas.INFO)
async def report_info(call: Call) -> Answer:
    """One report, also a closed one."""
    report = await table.by_id(call.ws.db, call.query["reportId"])
    if report is None:
        raise Failure("error-report-not-found")
    return {"report": report}


@routes.post("moderation.dismissReports", permissions=_MANAGE, body=schemas.DISMISS)
async def dismiss(call: Call) -> Answer:
    """Close the reports of a message, or of all messages of a user."""
    body = call.body
    await reports.dismiss_messages(
        call.ws,
        call.user,
        user_id=body.get("userId"),
        message_id=body.get("msgId"),
        reason=body.get("reason"),
        action=body.get("action"),
    )
    return {}


@routes.post("moderation.dismissUserReports", permissions=_MANAGE, body=schemas.DISMISS_USER)
async def dismiss_user(call: Call) -> Answer:
    """Close the reports of a user."""
    body = call.body
    await reports.dismiss_user(
        call.ws, call.user, body["userId"], reason=body.get("reason"), action=body.get("action")
    )
    return {}


@routes.post("moderation.user.deleteReportedMessages", permissions=_MANAGE, body=schemas.DELETE)
async def delete_reported(call: Call) -> Answer:
    """Delete the reported messages of a user, and close those reports."""
    await reports.delete_reported(call.ws, call.user, call.body["userId"], call.body.get("reason"))
    return {}


def _wanted(call: Call, found: Sequence[Report]) -> list[Report]:
    return [one for one in found if mentions(one, call.query.get("selector") or "")]


def _grouped(call: Call, found: Sequence[Report]) -> list[tuple[str, list[Report]]]:
    users: dict[str, list[Report]] = {}
    for one in _wanted(call, found):
        users.setdefault(one.user_id, []).append(one)
    return list(users.items())


def _paged(call: Call, name: str, documents: list[dict[str, Any]]) -> dict[str, Any]:
    return Paging.of(call, sortable=("ts", "count"), order=_NEWEST).picked(name, documents)


def _only(report: Report, *fields: str) -> dict[str, Any]:
    document = msgspec.to_builtins(report)
    return {name: document[name] for name in fields if name in document}


async def _reported(call: Call, report: Report) -> dict[str, Any]:
    """The reported user as they were called then, with the addresses that they have now."""
    user = await call.ws.directory.user(report.user_id)
    addresses = {} if user is None else {"emails": msgspec.to_builtins(user.emails)}
    return {**msgspec.to_builtins(report.reported_user), **addresses}


async def _user(call: Call, fields: Sequence[str]) -> dict[str, Any]:
    """The user that is asked for; nothing of one who is gone, whom only the reports still know."""
    user = await call.ws.directory.user(call.query["userId"])
    document = {} if user is None else msgspec.to_builtins(user)
    return {name: document[name] for name in fields if name in document}


def _between(call: Call) -> tuple[int, int]:
    return _moment(call, "oldest", -1), _moment(call, "latest", FOR_EVER)


def _moment(call: Call, name: str, otherwise: int) -> int:
    text = call.query.get(name)
    if not text:
        return otherwise
    try:
        return millis(text)
    except (ValueError, OverflowError):
        raise Refused("error-invalid-date", f'The "{name}" query parameter must be a valid date.') from None
