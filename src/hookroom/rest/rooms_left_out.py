"""What of the rooms' endpoints is left out for now: each answers 501 and says so."""

from __future__ import annotations

from hookroom.errors import LeftOut
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Handler, Method, Routes

routes = Routes("Rooms")


def _leave_out(method: Method, path: str, what: str) -> None:
    async def left_out(_call: Call) -> Answer:
        raise LeftOut(f"{path} is left out: {what}")

    handler: Handler = left_out
    handler.__doc__ = f"Left out: {what}"
    routes.add(method, path)(handler)


for _path in ("channels.files", "groups.files", "im.files", "dm.files", "rooms.images"):
    _leave_out("GET", _path, "files of a room.")
for _path in ("channels.convertToTeam", "groups.convertToTeam"):
    _leave_out("POST", _path, "teams.")
_leave_out("GET", "rooms.autocomplete.availableForTeams", "teams.")
_leave_out("POST", "groups.setEncrypted", "end-to-end encryption.")
_leave_out("POST", "rooms.createDiscussion", "discussions.")
_leave_out("GET", "rooms.getDiscussions", "discussions of a room.")
_leave_out("POST", "rooms.cleanHistory", "removing a stretch of history.")
_leave_out("POST", "rooms.export", "exporting a room's messages.")
_leave_out("POST", "rooms.saveNotification", "notification preferences of a room.")
