"""Slash commands."""

from __future__ import annotations

from typing import Any

from hookroom.commands import running
from hookroom.methods.params import maybe_text, record, text
from hookroom.methods.registry import MethodCall, Methods

methods = Methods("Slash commands")


@methods.add("slashCommand")
async def slash_command(call: MethodCall, command: Any) -> None:
    """Run a command (``{cmd, params, msg: {rid, tmid}}``); what it has to say, it says to its user alone."""
    given = record(command)
    name = text(given.get("cmd"), "cmd")
    params = maybe_text(given.get("params"), "params") or ""
    place = record(given.get("msg"), "msg")
    await running.run(
        call.ws,
        call.services.hub,
        call.user,
        command=name,
        params=params,
        room_id=text(place.get("rid"), "msg.rid"),
        thread_id=maybe_text(place.get("tmid"), "msg.tmid") or None,
    )
