"""What of ``chat.*`` is left out for now: each answers 501 and says so."""

from __future__ import annotations

from hookroom.errors import LeftOut
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Handler, Method, Routes

routes = Routes("Left out of chat")


def _leave_out(method: Method, path: str, what: str) -> None:
    async def left_out(_call: Call) -> Answer:
        raise LeftOut(f"{path} is left out: {what}")

    handler: Handler = left_out
    handler.__doc__ = f"Left out: {what}"
    routes.add(method, path)(handler)


_leave_out("GET", "chat.search", "searching the text of messages.")
_leave_out("GET", "chat.syncThreadsList", "what changed among the threads of a room.")
_leave_out("GET", "chat.syncThreadMessages", "what changed in a thread.")
_leave_out("GET", "chat.getDiscussions", "discussions of a room.")
_leave_out("GET", "chat.getURLPreview", "previews of links.")
_leave_out("GET", "chat.getMessageReadReceipts", "who has read a message.")
_leave_out("GET", "chat.ignoreUser", "ignoring a user in a room.")
_leave_out("POST", "chat.reportMessage", "reporting a message to moderators.")
_leave_out("POST", "chat.otr", "off-the-record conversations.")
for _prefix in ("im", "dm"):
    _leave_out("GET", f"{_prefix}.messages.others", "direct messages of others, for administrators.")
