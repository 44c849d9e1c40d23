"""Discussions: making them, and those that a room has."""

from __future__ import annotations

from hookroom.errors import Failure, LeftOut
from hookroom.messages import discussions
from hookroom.messages.discussions import DiscussionDraft
from hookroom.messages.history import page_saying
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import find_any, room_answer, rooms_answer, texts
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import messages as message_schemas
from hookroom.rest.schemas import rooms as schemas
from hookroom.rooms.access import may_see
from hookroom.storage.tables.message_pages import Selection
from hookroom.storage.tables.room_listings import RoomFilter

routes = Routes("Discussions")


@routes.post("rooms.createDiscussion", body=schemas.CREATE_DISCUSSION)
async def create(call: Call) -> Answer:
    """Begin a discussion in the room ``prid``, about its message ``pmid`` if one is given.

    ``t_name`` is what it is called, ``reply`` its first message, ``users`` are user names of those who are in it.
    """
    body = call.body
    for name in ("prid", "t_name"):
        if not (body.get(name) or "").strip():
            raise Failure(f'Body parameter "{name}" is required.')
    if body.get("users") is not None and not isinstance(body["users"], list):
        raise Failure('Body parameter "users" must be an array.')
    encrypted = body.get("encrypted")
    if encrypted is not None and not isinstance(encrypted, bool):
        raise Failure('Body parameter "encrypted" must be a boolean when included.')
    if encrypted:
        raise LeftOut("This server has no end-to-end encryption: a discussion cannot be encrypted.")
    discussion = await discussions.create(
        call.ws,
        call.user,
        DiscussionDraft(
            name=body["t_name"],
            parent_id=body["prid"],
            message_id=body.get("pmid") or None,
            reply=body.get("reply") or None,
            users=texts(body, "users"),
            topic=body.get("topic") or None,
        ),
    )
    answer = await room_answer(call, discussion.id, "discussion")
    return {"discussion": {**answer["discussion"], "rid": discussion.id}}


@routes.get("rooms.getDiscussions", query=schemas.DISCUSSIONS)
async def of_room(call: Call) -> Answer:
    """The discussions of a room, by what they are called."""
    room = await find_any(call, call.query)
    if not await may_see(call.ws, call.user, room):
        raise Failure("not-allowed", code="Not Allowed")
    return await rooms_answer(call, "discussions", RoomFilter(parent=room.id), (("fname", 1),))


@routes.get("chat.getDiscussions", query=message_schemas.DISCUSSIONS)
async def messages_of_room(call: Call) -> Answer:
    """The messages of a room that stand for discussions, the newest first; ``text`` is a part of their names."""
    room = await call.ws.directory.room(call.query["roomId"])
    if room is None or not await may_see(call.ws, call.user, room):
        raise Failure("error-not-allowed")
    paging = Paging.of(call, sortable=("ts",))
    chosen = Selection(
        room_id=room.id,
        viewer=call.user.id,
        discussions=True,
        order="oldest" if ("ts", 1) in paging.sort else "newest",
    )
    found = await page_saying(call.ws, chosen, call.query.get("text") or "", paging.limit, paging.offset)
    return paging.answer("messages", found.messages, found.total)
