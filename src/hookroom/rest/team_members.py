"""Who is in a team: ``teams.addMembers`` and its like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import statuses
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import teams as schemas
from hookroom.rest.team_lookup import find
from hookroom.teams import members as membership
from hookroom.teams import views
from hookroom.teams.members import Added
from hookroom.teams.views import Sought

routes = Routes("Teams")


@routes.get("teams.members", query=schemas.MEMBERS)
async def members(call: Call) -> Answer:
    """The members of a team, who came first first; none for who may not know them."""
    query = call.query
    sought = Sought(
        username=query.get("username") or "", name=query.get("name") or "", statuses=statuses(query)
    )
    found = await views.members(call.ws, call.user, await find(call, query), sought)
    return Paging.of(call).picked("members", found)


@routes.post("teams.addMembers", body=schemas.ADD_MEMBERS)
async def add(call: Call) -> Answer:
    """Add people to a team, with roles."""
    team = await find(call, call.body)
    await membership.add(call.ws, call.user, team, [_added(one) for one in call.body["members"]])
    return {}


@routes.post("teams.updateMember", body=schemas.UPDATE_MEMBER)
async def update(call: Call) -> Answer:
    """Give a member other roles."""
    team = await find(call, call.body)
    await membership.update(call.ws, call.user, team, _added(call.body["member"]))
    return {}


@routes.post("teams.removeMember", body=schemas.REMOVE_MEMBER)
async def remove(call: Call) -> Answer:
    """Remove somebody from a team, and from rooms of it."""
    team = await find(call, call.body)
    await membership.remove(call.ws, call.user, team, call.body["userId"], call.body.get("rooms") or ())
    return {}


@routes.post("teams.leave", body=schemas.LEAVE)
async def leave(call: Call) -> Answer:
    """Leave a team, and rooms of it."""
    team = await find(call, call.body)
    await membership.leave(call.ws, call.user, team, call.body.get("rooms") or ())
    return {}


def _added(one: Mapping[str, Any]) -> Added:
    return Added(user_id=one["userId"], roles=one.get("roles") or ())
