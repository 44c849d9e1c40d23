"""What a channel or group is, and what its members make of it: the endpoints that both have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookroom.errors import Failure, Forbidden, Refused
from hookroom.rest.call import Answer, Call
from hookroom.rest.room_lookup import CHANNELS, Family, check_known, find, room_answer, texts
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rooms import room_creation, room_life, room_marks, room_settings, room_views
from hookroom.rooms.room_creation import RoomDraft
from hookroom.teams import team_rooms
from hookroom.teams.mentions import members_seen


def add(routes: Routes, family: Family) -> None:
    """Add the endpoints of ``family``."""
    _add_life(routes, family)
    _add_marks(routes, family)
    for endpoint, (name, setting, field) in _TEXTS.items():
        _add_text(routes, family, endpoint, name, setting, field)
    _add_settings(routes, family)


def _add_life(routes: Routes, family: Family) -> None:
    strict = schemas.ROOM if family is CHANNELS else schemas.LOOSE_ROOM

    @routes.post(family.path("create"), body=schemas.CREATE)
    async def create(call: Call) -> Answer:
        """Make a room; who makes it owns it."""
        team_id = _team_id(call.body)
        # Refused before the body is looked at: this is a route gated as a whole, by the team's room in a team.
        if team_id is None and not call.ws.authority.allows(f"create-{family.type}", call.user):
            raise Forbidden
        if team_id is None:
            room = await room_creation.create(call.ws, call.user, await _draft(call, family))
        else:
            team = await call.ws.directory.team(team_id)
            if team is None:
                raise Refused(
                    "error-team-not-found",
                    'The "teamId" param provided does not match any team',
                    method="createChannel",
                )
            room = await team_rooms.create(call.ws, call.user, team, await _draft(call, family))
        return await room_answer(call, room.id, family.one)

    @routes.get(family.path("info"), query=schemas.LOOSE_ROOM)
    async def info(call: Call) -> Answer:
        """One room."""
        room = await find(call, family, call.query, archived=True)
        await check_known(call, family, room)
        return await room_answer(call, room.id, family.one)

    @routes.post(family.path("archive"), body=strict)
    async def archive(call: Call) -> Answer:
        """Close the room to new messages."""
        await room_life.archive(call.ws, call.user, await find(call, family, call.body))
        return {}

    @routes.post(family.path("unarchive"), body=strict)
    async def unarchive(call: Call) -> Answer:
        """Open an archived room again."""
        room = await find(call, family, call.body, archived=True)
        if not room.archived and family is CHANNELS:
            raise Failure(f"The channel, {room.name}, is not archived")
        await room_life.unarchive(call.ws, call.user, room)
        return {}

    @routes.post(family.path("delete"), body=strict)
    async def delete(call: Call) -> Answer:
        """Remove the room with all its messages."""
        await room_life.erase(call.ws, call.user, await find(call, family, call.body, archived=True))
        return {}


def _add_marks(routes: Routes, family: Family) -> None:
    noun = family.noun

    @routes.post(family.path("open"), body=schemas.ROOM if family is CHANNELS else schemas.LOOSE_ROOM)
    async def open_(call: Call) -> Answer:
        """Put the room back into one's list."""
        room = await find(call, family, call.body, archived=True)
        if await _is_open(call, family, room.id, room.name):
            raise Failure(
                f"The {noun}, {room.name}, is already open {'to' if family is CHANNELS else 'for'} the sender"
            )
        await room_marks.show(call.ws, call.user, room.id)
        return {}

    @routes.post(family.path("close"), body=schemas.LOOSE_ROOM)
    async def close(call: Call) -> Answer:
        """Take the room out of one's list."""
        room = await find(call, family, call.body, archived=True)
        if not await _is_open(call, family, room.id, room.name):
            raise Failure(f"The {noun}, {room.name}, is already closed to the sender")
        await room_marks.hide(call.ws, call.user, room.id)
        return {}

    @routes.get(family.path("counters"), query=schemas.COUNTERS)
    async def counters(call: Call) -> Answer:
        """How many members and messages the room has, and how many one has not read."""
        ws = call.ws
        access = ws.authority.allows("view-room-administration", call.user)
        user_id = call.query.get("userId")
        if user_id and not access:
            raise Forbidden
        room = await find(call, family, call.query)
        user = await ws.directory.user(str(user_id)) if user_id else call.user
        return await room_views.counters(ws, user, room.id, access=access)


_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "setTopic": ("topic", "roomTopic", "topic"),
    "setDescription": ("description", "roomDescription", "description"),
    "setPurpose": ("purpose", "roomDescription", "description"),
}
"""Endpoint -> its parameter, the setting, and the field of ``Room``."""


def _add_text(routes: Routes, family: Family, endpoint: str, name: str, setting: str, field: str) -> None:
    async def set_text(call: Call) -> Answer:
        if name not in call.body:
            raise Failure(f'The bodyParam "{name}" is required')
        room = await find(call, family, call.body)
        text = call.body[name]
        if family is CHANNELS and getattr(room, field) == text:
            called = "purpose (description)" if name == "purpose" else name
            raise Failure(f"The channel {called} is the same as what it would be changed to.")
        await room_settings.save(call.ws, call.user, room, {setting: text})
        return {name: text}

    set_text.__doc__ = f"Change the {name} of the room."
    routes.post(family.path(endpoint), body=schemas.SETTING[name])(set_text)


def _add_settings(routes: Routes, family: Family) -> None:
    noun = family.noun

    async def save(call: Call, setting: str, value: Any) -> Answer:
        room = await find(call, family, call.body)
        await room_settings.save(call.ws, call.user, room, {setting: value})
        return await room_answer(call, room.id, family.one)

    @routes.post(family.path("rename"), body=schemas.SETTING["name"])
    async def rename(call: Call) -> Answer:
        """Give the room another name."""
        name = str(call.body.get("name") or "")
        if not name.strip():
            raise Failure('The bodyParam "name" is required')
        if family is CHANNELS and (await find(call, family, call.body)).name == name:
            raise Failure("The channel name is the same as what it would be renamed to.")
        return await save(call, "roomName", name)

    @routes.post(
        family.path("setAnnouncement"),
        body=schemas.SET_ANNOUNCEMENT if family is CHANNELS else schemas.SETTING["announcement"],
    )
    async def set_announcement(call: Call) -> Answer:
        """Change the announcement of the room."""
        if "announcement" not in call.body:
            raise Failure('The bodyParam "announcement" is required')
        text = call.body["announcement"]
        await save(call, "roomAnnouncement", text)
        return {"announcement": text}

    @routes.post(
        family.path("setReadOnly"),
        body=schemas.SET_READ_ONLY if family is CHANNELS else schemas.SETTING["readOnly"],
    )
    async def set_read_only(call: Call) -> Answer:
        """Let only some members write in the room, or all."""
        if "readOnly" not in call.body:
            raise Failure('The bodyParam "readOnly" is required')
        if (await find(call, family, call.body)).read_only == call.body["readOnly"]:
            raise Failure(f"The {noun} read only setting is the same as what it would be changed to.")
        return await save(call, "readOnly", call.body["readOnly"])

    @routes.post(family.path("setType"), body=schemas.SETTING["type"])
    async def set_type(call: Call) -> Answer:
        """Make a channel of a group (`c`) or a group of a channel (`p`)."""
        kind = str(call.body.get("type") or "")
        if not kind.strip():
            raise Failure('The bodyParam "type" is required')
        if (await find(call, family, call.body)).type == kind:
            raise Failure(f"The {noun} type is the same as what it would be changed to.")
        return await save(call, "roomType", kind)

    @routes.post(family.path("setCustomFields"), body=schemas.SETTING["customFields"])
    async def set_custom_fields(call: Call) -> Answer:
        """Change the custom fields of the room."""
        fields = call.body.get("customFields")
        if not isinstance(fields, dict):
            raise Failure('The bodyParam "customFields" is required with a type like object.')
        return await save(call, "roomCustomFields", fields)


async def _is_open(call: Call, family: Family, room_id: str, name: str | None) -> bool:
    """Whether the room is in the caller's list. Raises ``Failure`` for a channel that they are not in."""
    found = await room_views.memberships(call.ws, call.user, room_id=room_id)
    if not found and family is CHANNELS:
        raise Failure(f'The user/callee is not in the channel "{name}".')
    return bool(found) and found[0]["open"] is True


def _team_id(body: Mapping[str, Any]) -> str | None:
    """The team that a new room is to be of."""
    extra = body.get("extraData")
    return str(extra["teamId"]) if isinstance(extra, dict) and extra.get("teamId") else None


async def _members(call: Call) -> list[str]:
    """User names of those who are to be in a new room, the members of whole teams (`teams`) among them."""
    named = list(texts(call.body, "members"))
    teams = texts(call.body, "teams")
    directory = call.ws.directory
    for user_id in sorted(await members_seen(call.ws, call.user, teams)):
        user = await directory.user(user_id)
        if user is not None:
            named.append(user.username)
    return named


async def _draft(call: Call, family: Family) -> RoomDraft:
    body = call.body
    param = "Param" if family is CHANNELS else "Body param"
    name = body.get("name")
    if not name:
        raise Failure(f'{param} "name" is required')
    if body.get("members") is not None and not isinstance(body["members"], list):
        raise Failure(f'{param} "members" must be an array if provided')
    for field in ("customFields", "extraData"):
        if body.get(field) is not None and not isinstance(body[field], dict):
            raise Failure(f'{param} "{field}" must be an object if provided')
    extra: Mapping[str, Any] = body.get("extraData") or {}
    return RoomDraft(
        type=family.type,
        name=name,
        members=await _members(call),
        read_only=bool(body.get("readOnly")),
        exclude_self=bool(body.get("excludeSelf")),
        custom_fields=body.get("customFields"),
        topic=_extra_text(extra, "topic"),
        description=_extra_text(extra, "description"),
        announcement=_extra_text(extra, "announcement"),
        broadcast=extra.get("broadcast") is True,
    )


def _extra_text(extra: Mapping[str, Any], name: str) -> str | None:
    value = extra.get(name)
    return value if isinstance(value, str) else None
