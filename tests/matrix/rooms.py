"""Calls of rooms, memberships and subscriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.matrix.world import Case, Make, Sent, World, body, query
from tests.running import unique


def of_room(family: str, **fields: Any) -> Make:
    """A body with the room of that family."""
    return lambda w: body(roomId=getattr(w, family), **fields)


def asked_of(family: str, **fields: Any) -> Make:
    """A query with the room of that family."""
    return lambda w: query(roomId=getattr(w, family), **fields)


def of_somebody(room: str, **fields: Any) -> Make:
    """A body with the room and somebody in it."""
    return lambda w: body(roomId=getattr(w, room), userId=w.somebody.user_id, **fields)


def with_role(family: str, room: str, role: str) -> Make:
    """Somebody in the room has the role."""

    def make(w: World) -> Sent:
        room_id = getattr(w, room)
        w.owner.post(f"{family}.add{role}", roomId=room_id, userId=w.somebody.user_id)
        return body(roomId=room_id, userId=w.somebody.user_id)

    return make


def after(call: str, make: Make) -> Make:
    """The owner makes the same call under another name before."""

    def prepared(w: World) -> Sent:
        sent = make(w)
        w.owner.post(call, **sent.options["json"])
        return sent

    return prepared


def caller_joined(family: str, room: str) -> Make:
    """The caller is in the room, and not its only owner."""

    def make(w: World) -> Sent:
        room_id = getattr(w, room)
        if w.role in ("user", "admin"):
            w.owner.post(f"{family}.invite", roomId=room_id, userId=w.caller.user_id)
        if w.role == "owner":
            w.owner.post(f"{family}.addOwner", roomId=room_id, userId=w.member.user_id)
        return body(roomId=room_id)

    return make


def caller_hid(family: str, room: str) -> Make:
    """The caller is in the room and has taken it out of their list."""

    def make(w: World) -> Sent:
        sent = caller_joined(family, room)(w)
        if w.role != "anonymous":
            w.caller.post("rooms.hide", roomId=getattr(w, room))
        return sent

    return make


def _family(family: str, room: str) -> Iterator[tuple[str, Case]]:
    """What channels and groups have alike. Only who is in a group sees it, an administrator neither."""
    public = family == "channels"
    seen = "nyyyy" if public else "nnyyn"
    to_owners = "nnnyy" if public else "nnnyn"
    joined = "joined" if public else "joined_group"
    yield f"POST {family}.create", Case("nyyyy", lambda w: body(name=unique("new")))
    yield f"GET {family}.info", Case(seen, asked_of(room))
    yield f"POST {family}.archive", Case(to_owners, of_room(room))
    yield (
        f"POST {family}.unarchive",
        Case("nnnny" if public else "nnnnn", after(f"{family}.archive", of_room(room))),
    )
    yield f"POST {family}.delete", Case(to_owners, of_room(room))
    yield f"POST {family}.open", Case("nyyyy", caller_hid(family, room))
    yield f"POST {family}.close", Case("nyyyy", caller_joined(family, room))
    yield f"GET {family}.counters", Case(seen, asked_of(room))
    for text in ("Topic", "Description", "Purpose", "Announcement"):
        yield f"POST {family}.set{text}", Case(to_owners, of_room(room, **{text.lower(): "words"}))
    yield (
        f"POST {family}.rename",
        Case(to_owners, lambda w: body(roomId=getattr(w, room), name=unique("new"))),
    )
    yield f"POST {family}.setReadOnly", Case(to_owners, of_room(room, readOnly=True))
    yield f"POST {family}.setType", Case(to_owners, of_room(room, type="p" if public else "c"))
    yield f"POST {family}.setCustomFields", Case(to_owners, of_room(room, customFields={"a": "b"}))
    for role in ("Owner", "Moderator", "Leader"):
        yield f"POST {family}.add{role}", Case(to_owners, of_somebody(joined))
        yield f"POST {family}.remove{role}", Case(to_owners, with_role(family, joined, role))
    yield f"POST {family}.invite", Case(to_owners, of_somebody(room))
    yield f"POST {family}.kick", Case(to_owners, of_somebody(joined))
    yield f"POST {family}.leave", Case("nyyyy", caller_joined(family, room))
    yield f"POST {family}.addAll", Case("nnnny" if public else "nnnnn", of_room(room))
    yield f"GET {family}.members", Case(seen, asked_of(room))
    yield f"GET {family}.moderators", Case(seen, asked_of(room))
    yield f"GET {family}.roles", Case(seen, asked_of(room))
    yield f"GET {family}.online", Case(seen, lambda w: query(_id=getattr(w, room)))
    yield f"GET {family}.messages", Case(seen, asked_of(room))
    yield f"GET {family}.history", Case(seen, asked_of(room))
    yield f"GET {family}.files", Case(seen, asked_of(room))
    yield f"GET {family}.list", Case("nyyyy", lambda w: query(count=3))
    yield f"GET {family}.getIntegrations", Case("nnnny" if public else "nnnnn", asked_of(room))


def _direct(family: str) -> Iterator[tuple[str, Case]]:
    """Direct rooms, under both of their names."""
    two = "nnyyn"
    yield f"POST {family}.create", Case("nyyyy", lambda w: body(username=w.somebody.username()))
    yield f"GET {family}.list", Case("nyyyy", lambda w: query())
    yield f"GET {family}.list.everyone", Case("nnnny", lambda w: query(count=3))
    yield f"GET {family}.members", Case(two, asked_of("direct"))
    yield f"GET {family}.counters", Case(two, asked_of("direct"))
    yield f"GET {family}.messages", Case(two, asked_of("direct"))
    yield f"GET {family}.history", Case(two, asked_of("direct"))
    yield f"GET {family}.files", Case(two, asked_of("direct"))
    yield f"POST {family}.open", Case(two, of_room("direct"))
    yield f"POST {family}.close", Case(two, of_room("direct"))
    # It needs edit-room, which the owners of a room have; a direct room has none.
    yield f"POST {family}.setTopic", Case("nnnnn", of_room("direct", topic="words"))
    yield f"POST {family}.blockUser", Case(two, of_room("direct", block=True))
    yield f"POST {family}.delete", Case("nnnny", of_room("direct"))


def muted(w: World) -> Sent:
    """Somebody in the room may not write there."""
    sent = body(roomId=w.joined, userId=w.somebody.user_id)
    w.owner.post("rooms.muteUser", **sent.options["json"])
    return sent


CALLS: Final[Mapping[str, Case]] = {
    **dict(_family("channels", "channel")),
    **dict(_family("groups", "group")),
    **dict(_direct("im")),
    **dict(_direct("dm")),
    "GET channels.list.joined": Case("nyyyy", lambda w: query()),
    "POST channels.join": Case("nyyyy", of_room("channel")),
    "POST channels.setDefault": Case("nnnny", of_room("channel", default=True)),
    "POST channels.setJoinCode": Case("nnnyy", of_room("channel", joinCode="open")),
    "GET channels.anonymousread": Case("nnnnn", asked_of("channel")),
    "GET channels.getAllUserMentionsByChannel": Case("nyyyy", asked_of("channel")),
    "GET groups.listAll": Case("nnnny", lambda w: query(count=3)),
    "GET rooms.get": Case("nyyyy", lambda w: query()),
    "GET rooms.info": Case("nyyyy", asked_of("channel")),
    "GET rooms.nameExists": Case("nyyyy", lambda w: query(roomName="general")),
    "POST rooms.join": Case("nyyyy", of_room("channel")),
    "POST rooms.leave": Case("nyyyy", caller_joined("channels", "channel")),
    "POST rooms.delete": Case("nnnyy", of_room("channel")),
    "POST rooms.favorite": Case(
        "nyyyy", lambda w: body(**caller_joined("channels", "channel")(w).options["json"], favorite=True)
    ),
    "POST rooms.open": Case("nyyyy", caller_hid("channels", "channel")),
    "POST rooms.hide": Case("nyyyy", caller_joined("channels", "channel")),
    "POST rooms.close": Case("nyyyy", caller_joined("channels", "channel")),
    "POST rooms.saveRoomSettings": Case("nnnyy", lambda w: body(rid=w.channel, roomTopic="words")),
    "POST rooms.changeArchivationState": Case("nnnyy", lambda w: body(rid=w.channel, action="archive")),
    "POST rooms.muteUser": Case("nnnyy", of_somebody("joined")),
    "POST rooms.unmuteUser": Case("nnnyy", muted),
    "GET rooms.isMember": Case("nyyyy", lambda w: query(roomId=w.channel, userId=w.member.user_id)),
    "GET rooms.roles": Case("nyyyy", lambda w: query(rid=w.channel)),
    "GET rooms.membersOrderedByRole": Case("nyyyy", asked_of("channel")),
    "GET rooms.adminRooms": Case("nnnny", lambda w: query(count=3)),
    "GET rooms.adminRooms.getRoom": Case("nnnny", lambda w: query(rid=w.channel)),
    "GET rooms.autocomplete.adminRooms": Case("nnnny", lambda w: query(selector={"name": "room"})),
    "GET rooms.autocomplete.channelAndPrivate": Case("nyyyy", lambda w: query(selector={"name": "room"})),
    "GET rooms.autocomplete.channelAndPrivate.withPagination": Case(
        "nyyyy", lambda w: query(selector={"name": "room"}, count=3)
    ),
    "POST rooms.export": Case("nnnny", lambda w: body(rid=w.channel, type="file", format="html")),
    "GET rooms.images": Case("nyyyy", asked_of("channel")),
    "POST rooms.cleanHistory": Case(
        "nnnny",
        lambda w: body(
            roomId=w.channel, oldest="2026-01-01T00:00:00.000Z", latest="2027-01-01T00:00:00.000Z"
        ),
    ),
    "GET spotlight": Case("nyyyy", lambda w: query(query="#gen")),
    "GET directory": Case("nyyyy", lambda w: query(text="gen", type="channels")),
    "POST rooms.saveNotification": Case(
        "nyyyy",
        lambda w: body(
            **caller_joined("channels", "channel")(w).options["json"],
            notifications={"muteGroupMentions": "1"},
        ),
    ),
    "GET subscriptions.get": Case("nyyyy", lambda w: query()),
    "GET subscriptions.getOne": Case("nyyyy", asked_of("channel")),
    "POST subscriptions.read": Case(
        "nyyyy", lambda w: body(rid=caller_joined("channels", "channel")(w).options["json"]["roomId"])
    ),
    "POST subscriptions.unread": Case("nyyyy", lambda w: unread(w)),
}


def unread(w: World) -> Sent:
    """A room with a message of somebody else."""
    caller_joined("channels", "joined")(w)
    w.somebody.post("chat.sendMessage", message={"rid": w.channel, "msg": "new"})
    return body(roomId=w.channel)
