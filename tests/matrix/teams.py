"""Calls of teams: one that the owner made, the member is in, and that has a room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.matrix.world import Case, Make, Sent, World, body, query
from tests.running import unique


def team(w: World) -> Any:
    """A public team with the member in it."""
    made = w.owner.post("teams.create", name=unique("team"), type=0)["team"]
    members = [{"userId": w.member.user_id, "roles": ["member"]}]
    w.owner.post("teams.addMembers", teamId=made["_id"], members=members)
    return made


def of_team(**fields: Any) -> Make:
    """A body with a team."""
    return lambda w: body(teamId=team(w)["_id"], **fields)


def asked_of_team(**fields: Any) -> Make:
    """A query with a team."""
    return lambda w: query(teamId=team(w)["_id"], **fields)


def with_somebody(w: World) -> Any:
    """A team that somebody is in."""
    made = team(w)
    members = [{"userId": w.somebody.user_id, "roles": ["member"]}]
    w.owner.post("teams.addMembers", teamId=made["_id"], members=members)
    return made


def with_room(w: World) -> tuple[str, str]:
    """A team and a room of it."""
    made = team(w)["_id"]
    w.owner.post("teams.addRooms", teamId=made, rooms=[w.channel])
    return made, w.channel


def left(w: World) -> Sent:
    """A team that the caller is in, and not its only owner."""
    made = team(w)["_id"]
    if w.role in ("user", "admin"):
        w.owner.post(
            "teams.addMembers", teamId=made, members=[{"userId": w.caller.user_id, "roles": ["member"]}]
        )
    if w.role == "owner":
        member = {"userId": w.member.user_id, "roles": ["owner"]}
        w.owner.post("teams.updateMember", teamId=made, member=member)
    return body(teamId=made)


def room_taken_out(w: World) -> Sent:
    made, room = with_room(w)
    return body(teamId=made, roomId=room)


def room_joined_by_all(w: World) -> Sent:
    _, room = with_room(w)
    return body(roomId=room, isDefault=True)


CALLS: Final[Mapping[str, Case]] = {
    "POST teams.create": Case("nyyyy", lambda w: body(name=unique("team"), type=0)),
    "POST channels.convertToTeam": Case("nnnyy", lambda w: body(channelId=w.channel)),
    "POST groups.convertToTeam": Case("nnnyn", lambda w: body(roomId=w.group)),
    "GET teams.list": Case("nyyyy", lambda w: query()),
    "GET teams.listAll": Case("nnnny", lambda w: query(count=3)),
    "GET users.listTeams": Case("nyyyy", lambda w: query(userId=w.owner.user_id)),
    "GET teams.info": Case("nyyyy", asked_of_team()),
    "GET teams.autocomplete": Case("nyyyy", lambda w: query(name="team")),
    "POST teams.update": Case("nnnyy", of_team(data={"type": 1})),
    "POST teams.delete": Case("nnnyy", of_team()),
    "POST teams.convertToChannel": Case("nnnyy", of_team()),
    "GET teams.members": Case("nyyyy", asked_of_team()),
    "POST teams.addMembers": Case(
        "nnnyy", lambda w: body(teamId=team(w)["_id"], members=[{"userId": w.somebody.user_id}])
    ),
    "POST teams.updateMember": Case(
        "nnnyy",
        lambda w: body(
            teamId=with_somebody(w)["_id"], member={"userId": w.somebody.user_id, "roles": ["owner"]}
        ),
    ),
    "POST teams.removeMember": Case(
        "nnnyy", lambda w: body(teamId=with_somebody(w)["_id"], userId=w.somebody.user_id)
    ),
    "POST teams.leave": Case("nyyyy", left),
    "POST teams.addRooms": Case("nnnyn", lambda w: body(teamId=team(w)["_id"], rooms=[w.channel])),
    "POST teams.removeRoom": Case("nnnyy", room_taken_out),
    "POST teams.updateRoom": Case("nnnyy", room_joined_by_all),
    "GET teams.listRooms": Case("nyyyy", lambda w: query(teamId=with_room(w)[0])),
    "GET teams.listRoomsOfUser": Case(
        "nnnyy", lambda w: query(teamId=with_room(w)[0], userId=w.owner.user_id)
    ),
    "GET teams.listChildren": Case("nnyyn", lambda w: query(teamId=with_room(w)[0])),
    "GET rooms.autocomplete.availableForTeams": Case("nyyyy", lambda w: query(name="room")),
}
