"""Slash commands: ``commands.*``."""

from __future__ import annotations

from typing import Final

from hookroom.commands import running
from hookroom.errors import Failure
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import commands as schemas

routes = Routes("Slash commands")

_FIELDS: Final = ("command", "params", "description", "permission", "clientOnly", "providesPreview")
_NO_ROOM: Final = "The room's id where to execute this command must be provided and be a string."


@routes.get("commands.get", query=schemas.GET)
async def get(call: Call) -> Answer:
    """One command."""
    name = call.query.get("command")
    if not name:
        raise Failure('The query param "command" must be provided.')
    known = running.COMMANDS.get(name.lower())
    if known is None:
        raise Failure(f"There is no command in the system by the name of: {name[:100]}")
    return {"command": {field: one for field, one in known.document().items() if field != "permission"}}


@routes.get("commands.list", query=schemas.LIST)
async def list_commands(call: Call) -> Answer:
    """All commands, a page at a time."""
    page = Paging.of(call, sortable=_FIELDS, fields=_FIELDS, queryable=_FIELDS, order=(("command", 1),))
    answer = page.picked("commands", [one.document() for one in running.COMMANDS.values()])
    return {**answer, "appsLoaded": True}


@routes.post("commands.run", body=schemas.RUN)
async def run(call: Call) -> Answer:
    """Run a command in a room; what it has to say, it says to its user alone, over the realtime API."""
    body = call.body
    if not body.get("command"):
        raise Failure("You must provide a command to run.")
    running.named(body["command"])
    if not body.get("roomId"):
        raise Failure(_NO_ROOM)
    await running.run(
        call.ws,
        call.services.hub,
        call.user,
        command=body["command"],
        params=body.get("params") or "",
        room_id=body["roomId"],
        thread_id=body.get("tmid") or None,
    )
    return {}


@routes.get("commands.preview", query=schemas.PREVIEW)
async def preview(call: Call) -> Answer:
    """What a command would show before it is run: none of this server's has a preview."""
    if not call.query.get("command"):
        raise Failure("You must provide a command to get the previews from.")
    return await _previewed(call, call.query["command"], call.query.get("roomId"))


@routes.post("commands.preview", body=schemas.RUN_PREVIEW)
async def run_preview(call: Call) -> Answer:
    """Run what a preview showed: none of this server's commands has one."""
    if not call.body.get("command"):
        raise Failure("You must provide a command to run the preview item on.")
    return await _previewed(call, call.body["command"], call.body.get("roomId"))


async def _previewed(call: Call, command: str, room_id: str | None) -> Answer:
    refusal = running.no_preview(command)
    if not room_id:
        raise Failure(_NO_ROOM)
    await running.check_room(call.ws, call.user, room_id)
    raise refusal
