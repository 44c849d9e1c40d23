"""Removing a stretch of a room's history: ``rooms.cleanHistory``."""

from __future__ import annotations

from hookroom.errors import Refused
from hookroom.messages.cleaning import Cleaning, clean
from hookroom.rest.call import Answer, Call
from hookroom.rest.room_lookup import find_any
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import search as schemas
from hookroom.rules.times import millis

routes = Routes("Rooms")


@routes.post("rooms.cleanHistory", body=schemas.CLEAN)
async def clean_history(call: Call) -> Answer:
    """Remove the messages of a stretch of time from a room, or their files alone; answers how many that were.

    Needs ``clean-channel-history`` there. ``inclusive``, ``excludePinned``, ``ignoreThreads``,
    ``ignoreDiscussion`` and ``filesOnly`` are false where they are left out.
    """
    body = call.body
    room = await find_any(call, body, archived=True)
    what = Cleaning(
        oldest=_moment(body, "oldest"),
        latest=_moment(body, "latest"),
        inclusive=bool(body.get("inclusive")),
        files_only=bool(body.get("filesOnly")),
        keep_pinned=bool(body.get("excludePinned")),
        keep_threads=bool(body.get("ignoreThreads")),
        keep_discussions=bool(body.get("ignoreDiscussion")),
        authors=frozenset(body.get("users") or ()),
        limit=int(body.get("limit") or 0),
    )
    return {"_id": room.id, "count": await clean(call.ws, call.user, room, what)}


def _moment(body: dict[str, object], name: str) -> int:
    try:
        return millis(str(body[name]))
    except (ValueError, OverflowError):
        raise Refused("error-invalid-date", f'"{name}" must be a date') from None
