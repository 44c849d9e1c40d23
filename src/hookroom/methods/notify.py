"""What clients tell each other without anything being written: that somebody types.

Facts: ``allowWrite`` of the streams in the original's ``server/modules/notifications/notifications.module.ts``.
"""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Refused
from hookroom.methods.params import flag, maybe_record, maybe_text, text, texts
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms.access import may_see

methods = Methods("Signals between clients")

ROOM: Final = "stream-notify-room"
TYPING: Final = "user-typing"

MAX_ACTIVITIES: Final = 10
MAX_ACTIVITY: Final = 40
"""Characters of the name of an activity."""


@methods.add("stream-notify-room")
async def notify_room(
    call: MethodCall, event: Any, username: Any, activity: Any = None, extra: Any = None
) -> None:
    """Tell a room that one types.

    ``<room>/typing`` with ``true`` or ``false``, ``<room>/user-activity`` with a list (``user-typing``,
    ``user-uploading``, …) and ``{tmid}``. Clients know one or the other, by their age: what both can say is told
    as both. Raises ``Refused`` (``error-not-allowed``) for any other event, for who is no member and for a name
    that is not the caller's own.
    """
    room_id, _, kind = text(event, "eventName").rpartition("/")
    doing: list[str]
    thread = ""
    if kind == "typing":
        doing = [TYPING] if flag(activity, "isTyping") else []
    elif kind == "user-activity":
        doing = list(texts(activity, "activities"))
        thread = maybe_text(maybe_record(extra, "extras").get("tmid"), "tmid") or ""
        if len(doing) > MAX_ACTIVITIES or any(len(one) > MAX_ACTIVITY for one in (*doing, thread)):
            raise _not_allowed(call)
    else:
        raise _not_allowed(call)
    own = text(username, "username")
    room = await call.ws.directory.room(room_id)
    if (
        own != call.user.username
        or room is None
        or await call.ws.directory.subscription(room.id, call.user.id) is None
        or not await may_see(call.ws, call.user, room)
    ):
        raise _not_allowed(call)
    hub = call.services.hub
    hub.signal(ROOM, f"{room.id}/user-activity", [own, doing, {"tmid": thread} if thread else {}])
    if not thread and (not doing or TYPING in doing):
        hub.signal(ROOM, f"{room.id}/typing", [own, TYPING in doing])


@methods.add("stream-notify-user")
async def notify_user(call: MethodCall, event: Any, *_: Any) -> None:
    """Tell another user something: always refused.

    The original lets clients do so for calls and encrypted talks only, which are left out.
    """
    text(event, "eventName")
    raise _not_allowed(call)


def _not_allowed(call: MethodCall) -> Refused:
    return Refused("error-not-allowed", "Not allowed", method=call.method)
