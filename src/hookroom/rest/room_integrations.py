"""The integrations of a room: ``channels.getIntegrations``, ``groups.getIntegrations`` (contract, section 2)."""

from __future__ import annotations

from hookroom.integrations.visibility import ANY_OF_ALL, visible
from hookroom.rest.call import Answer, Call
from hookroom.rest.integrations import paging_of
from hookroom.rest.room_lookup import CHANNELS, GROUPS, Family, find
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.room_integrations import OF_CHANNEL, OF_GROUP
from hookroom.rules.integration_fields import shown

routes = Routes("Integrations")


@routes.get("channels.getIntegrations", query=OF_CHANNEL, permissions=ANY_OF_ALL)
async def of_channel(call: Call) -> Answer:
    """List the integrations that target a channel."""
    return await _of_room(call, CHANNELS, "all_public_channels", "includeAllPublicChannels")


@routes.get("groups.getIntegrations", query=OF_GROUP, permissions=ANY_OF_ALL)
async def of_group(call: Call) -> Answer:
    """List the integrations that target a private group."""
    return await _of_room(call, GROUPS, "all_private_groups", "includeAllPrivateGroups")


async def _of_room(call: Call, family: Family, scope: str, flag: str) -> Answer:
    room = await find(call, family, call.query, archived=True)
    targets = {f"#{room.name}", f"#{room.id}"}
    if call.query.get(flag) in (None, "", "true", "1"):
        targets.add(scope)
    paging = paging_of(call, order=(("_createdAt", 1),))
    found = [
        shown(one)
        for one in visible(call.ws, call.services.integrations, call.user)
        if not targets.isdisjoint(one.channel)
    ]
    return paging.picked("integrations", reversed(found))
