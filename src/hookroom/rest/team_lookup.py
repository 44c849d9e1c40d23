"""The team that a call is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookroom.errors import Failure
from hookroom.rest.call import Call
from hookroom.rules.model import Team


async def named(call: Call, params: Mapping[str, Any]) -> Team | None:
    """The team that ``teamId`` or else ``teamName`` names, by its exact name."""
    directory = call.ws.directory
    if team_id := params.get("teamId"):
        return await directory.team(str(team_id))
    name = str(params.get("teamName") or "")
    team = await directory.team_named(name)
    return team if team is not None and team.name == name else None


async def find(call: Call, params: Mapping[str, Any]) -> Team:
    """``named``. Raises ``Failure`` (``team-does-not-exist``)."""
    team = await named(call, params)
    if team is None:
        raise Failure("team-does-not-exist")
    return team
