"""Routes of the original that are left out on purpose: each answers 501 and says why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import falcon.asgi
import msgspec

from hookroom.errors import LeftOut
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Handler, Method, Routes

routes = Routes("Left out")

_TABLE: Final = """
    who has read a message: GET chat.getMessageReadReceipts
    off-the-record conversations: POST chat.otr
    end-to-end encryption of a user: POST users.resetE2EKey
    logging in by other services: POST loginCode.redeem settings.addCustomOAuth
    devices and their sessions: GET sessions/list sessions/list.all sessions/info sessions/info.admin
    devices and their sessions: POST sessions/logout.me sessions/logout
    end-to-end encryption: POST groups.setEncrypted
    end-to-end encryption: GET e2e.fetchMyKeys e2e.getUsersOfRoomWithoutKey
    end-to-end encryption: POST e2e.setRoomKeyID e2e.setUserPublicAndPrivateKeys e2e.updateGroupKey
    end-to-end encryption: POST e2e.requestSubscriptionKeys
    auditing (enterprise): GET audit/rooms.members
    access by attributes (ABAC, enterprise): GET abac/attributes abac/attributes/{_id}
    access by attributes (ABAC, enterprise): GET abac/attributes/{_id}/is-in-use abac/rooms abac/audit
    access by attributes (ABAC, enterprise): GET abac/pdp/health; POST abac/rooms/{rid}/attributes
    access by attributes (ABAC, enterprise): POST abac/rooms/{rid}/attributes/{key} abac/attributes
    access by attributes (ABAC, enterprise): POST abac/users/sync; PUT abac/rooms/{rid}/attributes/{key}
    access by attributes (ABAC, enterprise): PUT abac/attributes/{_id}; DELETE abac/rooms/{rid}/attributes
    access by attributes (ABAC, enterprise): DELETE abac/rooms/{rid}/attributes/{key} abac/attributes/{_id}
    directory services (LDAP): POST ldap.syncNow ldap.testConnection ldap.testSearch
    the cloud of the original's makers: GET cloud.registrationStatus
    the cloud of the original's makers: POST cloud.connectWorkspace cloud.manualRegister
    federation: GET federation/listServersByUser federation/searchPublicRooms
    federation: POST federation/addServerByUser federation/removeServerByUser federation/joinExternalPublicRoom
    federation: POST dns.resolve.txt dns.resolve.srv
    importing from other servers: GET getImportFileData getImportProgress getLatestImportOperations
    importing from other servers: GET getCurrentImportOperation importers.list import.status
    importing from other servers: POST uploadImportFile downloadPublicImportFile startImport
    importing from other servers: POST downloadPendingFiles downloadPendingAvatars import.new import.addUsers
    importing from other servers: POST import.run import.clear
    video conferences: GET video-conference.capabilities video-conference.list video-conference.info
    video conferences: GET video-conference.providers; POST video-conference.start video-conference.join
    video conferences: POST video-conference.cancel video-conference/jitsi.update-timeout
    calls: GET media-calls.state
    rooms that are mailboxes (omnichannel): GET email-inbox.list email-inbox/{_id} email-inbox.search
    rooms that are mailboxes (omnichannel): GET email-inbox.send-test/{_id}; POST email-inbox
    rooms that are mailboxes (omnichannel): DELETE email-inbox/{_id}
    licences: POST licenses.add licenses.validate
    calendars: GET calendar-events.list calendar-events.info; POST calendar-events.create
    calendars: POST calendar-events.update calendar-events.delete calendar-events.import
    telling the original's makers about this server: POST statistics.telemetry
    pictures and texts of the web client: POST assets.setAsset assets.unsetAsset
"""

_METHODS: Final[dict[str, Method]] = {"GET": "GET", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE"}

_FAMILIES: Final = {
    "apps of the marketplace": r"/api/apps/.*",
    "omnichannel": r"/api/v1/(?:livechat|omnichannel|canned-responses|business-hours)(?:[./].*)?",
    "calls": r"(?:/api/v1)?/(?:media-calls|call-history|voip)(?:[./].*)?",
    "video conferences": r"/api/v1/video-conference[./].*",
    "federation": r"/api/v1/federation[./].*",
    "access by attributes (ABAC, enterprise)": r"/api/v1/abac/.*",
    "auditing (enterprise)": r"/api/v1/audit[./].*",
    "statistics of engagement (enterprise)": r"/api/v1/engagement-dashboard/.*",
    "end-to-end encryption": r"/api/v1/e2e\..*",
    "directory services (LDAP)": r"/api/v1/ldap\..*",
    "the cloud of the original's makers": r"/api/v1/cloud\..*",
    "calendars": r"/api/v1/calendar-events\..*",
    "rooms that are mailboxes (omnichannel)": r"/api/v1/email-inbox[./].*",
    "importing from other servers": r"/api/v1/import(?:ers)?\..*",
    "notifications of mobile phones": r"/api/v1/push\..*",
    "banners of the web client": r"/api/v1/banners(?:[./].*)?",
    "pictures and texts of the web client": r"/api/v1/assets\..*",
    "sounds of the web client": r"/api/v1/custom-sounds\..*",
}
"""Whole families, whatever comes behind: they also have routes that the published description does not name."""

WebApp = falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]


def mount(app: WebApp) -> None:
    """Answer for the families that are left out, where no route does."""
    for what, path in _FAMILIES.items():
        app.add_sink(_Sink(what).answer, path)


class _Sink:
    """What Falcon calls for the paths of a family."""

    def __init__(self, what: str) -> None:
        self._what = what

    async def answer(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response | None, **_kwargs: Any
    ) -> None:
        """Say that the family is left out (there is no ``resp`` for a WebSocket)."""
        if resp is None:
            return
        error = _left_out(req.path.rpartition("/api/v1/")[2], self._what)
        resp.status = error.status
        resp.content_type = "application/json"
        resp.data = msgspec.json.encode(error.wire())


def _left_out(path: str, what: str) -> LeftOut:
    return LeftOut(f"{path[:200]} is left out: {what}.")


def _table() -> Iterator[tuple[Method, str, str]]:
    for line in _TABLE.strip().splitlines():
        what, _, groups = line.strip().partition(": ")
        for group in groups.split("; "):
            method, *paths = group.split()
            for path in paths:
                yield _METHODS[method], path, what


def _handler(path: str, what: str) -> Handler:
    async def left_out(_call: Call) -> Answer:
        raise _left_out(path, what)

    left_out.__doc__ = f"Left out: {what}."
    return left_out


for _method, _path, _what in _table():
    # Nobody needs to log in to be told so, and whatever the body is, it is not read.
    routes.add(_method, _path, login="optional", rate=None, streams=True)(_handler(_path, _what))
