"""Teams: ``teams.*``. Who is in them is in ``team_members``, their rooms in ``team_rooms``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.errors import Failure
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import CHANNELS, GROUPS, find
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import teams as schemas
from hookroom.rest.team_lookup import find as find_team
from hookroom.rest.team_lookup import named
from hookroom.rooms import room_settings
from hookroom.rules.model import Room
from hookroom.storage.tables.teams import SORTABLE, TeamFilter, total
from hookroom.teams import creation, permission, removal, views
from hookroom.teams.creation import TeamDraft

routes = Routes("Teams")

MAX_SUGGESTED: Final = 10
MAX_SORTED: Final = 2
FIELDS: Final = (
    "_id",
    "name",
    "type",
    "createdAt",
    "createdBy",
    "_updatedAt",
    "roomId",
    "rooms",
    "numberOfUsers",
)
"""Fields of a team in a listing."""


@routes.post("teams.create", permissions=("create-team",), body=schemas.CREATE)
async def create(call: Call) -> Answer:
    """Make a team, with a new main room or of a room that there is (`room.id`)."""
    draft = _draft(call.body)
    room_id = (call.body.get("room") or {}).get("id")
    if not room_id:
        return {"team": views.answer(await creation.create(call.ws, call.user, draft))}
    room = await call.ws.directory.room(room_id)
    if room is None:
        raise Failure("invalid-room")
    return {"team": views.answer(await creation.convert(call.ws, call.user, room, draft))}


@routes.post("channels.convertToTeam", body=schemas.CHANNEL_TO_TEAM)
async def convert_channel(call: Call) -> Answer:
    """Make a team of a channel, which all its members are in."""
    body = call.body
    key = {"roomId": body["channelId"]} if "channelId" in body else {"roomName": body["channelName"]}
    return await _convert(call, await find(call, CHANNELS, key))


@routes.post("groups.convertToTeam", body=schemas.GROUP_TO_TEAM)
async def convert_group(call: Call) -> Answer:
    """Make a private team of a private group, which all its members are in."""
    return await _convert(call, await find(call, GROUPS, call.body))


@routes.get("teams.list", query=schemas.LIST)
async def list_(call: Call) -> Answer:
    """The teams that one is in."""
    return await _listing(call, TeamFilter(member=call.user.id))


@routes.get("teams.listAll", permissions=("view-all-teams",), query=schemas.LIST)
async def list_all(call: Call) -> Answer:
    """All teams of the server."""
    return await _listing(call, TeamFilter())


@routes.get("users.listTeams", query=schemas.OF_USER)
async def list_of_user(call: Call) -> Answer:
    """The teams of a user that one may know of: public ones, and those that one is in oneself."""
    user = await call.ws.directory.user(call.query["userId"])
    return {"teams": [] if user is None else await views.of_user(call.ws, call.user, user)}


@routes.get("teams.info", query=schemas.TEAM)
async def info(call: Call) -> Answer:
    """One team."""
    team = await named(call, call.query)
    if team is None:
        raise Failure("Team not found")
    return {"teamInfo": await views.info(call.ws, call.user, team)}


@routes.get("teams.autocomplete", query=schemas.AUTOCOMPLETE)
async def suggest(call: Call) -> Answer:
    """Teams whose names begin with a text, by their main rooms."""
    found = await views.named(call.ws, call.user, call.query["name"], count=MAX_SUGGESTED)
    return {"teams": found}


@routes.post("teams.update", body=schemas.UPDATE)
async def update(call: Call) -> Answer:
    """Change the name of a team or who sees it; its main room goes with it."""
    ws = call.ws
    team, main = await permission.current(ws, await find_team(call, call.body))
    await permission.check(ws, call.user, team, "edit-team")
    data, wanted = call.body["data"], {}
    if data.get("name"):
        if await _is_taken(call, team.id, data["name"]):
            raise Failure("team-name-already-exists")
        wanted["roomName"] = data["name"]
    if data.get("type") is not None:
        wanted["roomType"] = "p" if data["type"] == 1 else "c"
    await room_settings.save(ws, call.user, main, wanted, permission="edit-team")
    return {}


@routes.post("teams.delete", body=schemas.REMOVE)
async def delete(call: Call) -> Answer:
    """Remove a team with its main room; of its other rooms those that are named."""
    team = await find_team(call, call.body)
    await removal.delete(call.ws, call.user, team, call.body.get("roomsToRemove") or ())
    return {}


@routes.post("teams.convertToChannel", body=schemas.REMOVE)
async def to_channel(call: Call) -> Answer:
    """Make an ordinary room of a team; of its other rooms those that are named are removed."""
    team = await find_team(call, call.body)
    await removal.to_channel(call.ws, call.user, team, call.body.get("roomsToRemove") or ())
    return {}


async def _listing(call: Call, which: TeamFilter) -> Answer:
    page = Paging.of(call, sortable=tuple(SORTABLE), fields=FIELDS, queryable=FIELDS)
    if len(page.sort) > MAX_SORTED:
        raise Failure(f"Teams are sorted by at most {MAX_SORTED} fields", code="error-invalid-sort")
    if page.where is not None:
        everything = await views.listed(call.ws, which, page.sort)
        return page.picked("teams", everything)
    found = await views.listed(call.ws, which, page.sort, count=page.limit, offset=page.offset)
    return page.answer("teams", [page.fields.of(one) for one in found], await total(call.ws.db, which))


async def _convert(call: Call, room: Room) -> Answer:
    return {"team": views.answer(await creation.convert(call.ws, call.user, room))}


async def _is_taken(call: Call, team_id: str, name: str) -> bool:
    other = await call.ws.directory.team_named(name)
    return other is not None and other.id != team_id


def _draft(body: Mapping[str, Any]) -> TeamDraft:
    room = body.get("room") or {}
    extra = room.get("extraData") or {}
    return TeamDraft(
        name=body["name"],
        type=1 if body["type"] == 1 else 0,
        members=[*body.get("members", ()), *room.get("members", ())],
        owner=body.get("owner") or None,
        read_only=room.get("readOnly") is True,
        topic=extra.get("topic"),
        description=extra.get("description"),
        announcement=extra.get("announcement"),
        broadcast=extra.get("broadcast") is True,
    )
