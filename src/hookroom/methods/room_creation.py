"""Making rooms."""

from __future__ import annotations

from typing import Any, Literal

from hookroom.errors import LeftOut, Refused
from hookroom.messages import discussions
from hookroom.messages.discussions import DiscussionDraft
from hookroom.methods import finding
from hookroom.methods.params import flag, maybe_record, maybe_text, record, text, texts
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms import direct_rooms, room_creation, room_views
from hookroom.rooms.room_creation import RoomDraft
from hookroom.teams import team_rooms

methods = Methods("New rooms")


@methods.add("createDirectMessage")
async def create_direct_message(call: MethodCall, *names: Any) -> dict[str, Any]:
    """Open the direct room with the users of these names; a last parameter ``true`` leaves the caller out.

    Answers the room, its id as ``rid`` too.
    """
    exclude_self = bool(names) and names[-1] is True
    usernames = names[:-1] if names and isinstance(names[-1], bool) else names
    if not usernames:
        raise Refused("error-invalid-user", "Invalid user", method=call.method)
    others = [await finding.user_named(call, one) for one in usernames]
    room = await direct_rooms.open_direct(call.ws, call.user, others, exclude_self=exclude_self)
    shown = await room_views.opened(call.ws, call.user, room.id)
    return {**(shown or {}), "rid": room.id}


def _add(method: str, kind: Literal["c", "p"], what: str) -> None:
    async def create(
        call: MethodCall,
        name: Any,
        members: Any,
        read_only: Any = None,
        custom_fields: Any = None,
        extra: Any = None,
    ) -> dict[str, Any]:
        return await _create(call, kind, name, members, read_only, custom_fields, extra)

    create.__doc__ = f"""Make a {what} with these members (user names), of the team ``extra.teamId`` if given.

    Answers the room, its id as ``rid`` too.
    """
    methods.add(method)(create)


_add("createChannel", "c", "public channel")
_add("createPrivateGroup", "p", "private group")


@methods.add("createDiscussion")
async def create_discussion(call: MethodCall, asked: Any) -> dict[str, Any]:
    """Begin a discussion in a room (``{prid, pmid, t_name, reply, users, topic}``). Answers it, with ``rid``."""
    given = record(asked)
    if flag(given.get("encrypted"), "encrypted", default=False):
        raise LeftOut("This server has no end-to-end encryption: a discussion cannot be encrypted.")
    name = text(given.get("t_name"), "t_name")
    if not name.strip():
        raise Refused("error-invalid-arguments", "Invalid arguments", method=call.method)
    users = given.get("users")
    discussion = await discussions.create(
        call.ws,
        call.user,
        DiscussionDraft(
            name=name,
            parent_id=maybe_text(given.get("prid"), "prid") or None,
            message_id=maybe_text(given.get("pmid"), "pmid") or None,
            reply=maybe_text(given.get("reply"), "reply") or None,
            users=[] if users is None else texts(users, "users"),
            topic=maybe_text(given.get("topic"), "topic") or None,
        ),
    )
    return await _made(call, discussion.id)


async def _create(
    call: MethodCall,
    kind: Literal["c", "p"],
    name: Any,
    members: Any,
    read_only: Any,
    custom_fields: Any,
    extra: Any,
) -> dict[str, Any]:
    more = maybe_record(extra, "extraData")
    draft = RoomDraft(
        type=kind,
        name=text(name, "name"),
        members=[] if members is None else texts(members, "members"),
        read_only=flag(read_only, "readOnly", default=False),
        custom_fields=maybe_record(custom_fields, "customFields") or None,
        topic=maybe_text(more.get("topic"), "topic"),
        description=maybe_text(more.get("description"), "description"),
        announcement=maybe_text(more.get("announcement"), "announcement"),
        broadcast=flag(more.get("broadcast"), "broadcast", default=False),
    )
    team_id = maybe_text(more.get("teamId"), "teamId")
    if not team_id:
        room = await room_creation.create(call.ws, call.user, draft)
        return await _made(call, room.id)
    team = await call.ws.directory.team(team_id)
    if team is None:
        reason = 'The "teamId" param provided does not match any team'
        raise Refused("error-team-not-found", reason, method=call.method)
    return await _made(call, (await team_rooms.create(call.ws, call.user, team, draft)).id)


async def _made(call: MethodCall, room_id: str) -> dict[str, Any]:
    room = await room_views.room(call.ws, room_id)
    return {**(room or {}), "rid": room_id}
