"""Trying integrations out: ``integrations.test``. Ours."""

from __future__ import annotations

from hookroom.integrations.try_out import try_out
from hookroom.integrations.visibility import ANY_OF_ALL
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_scripts as schemas

routes = Routes("Integrations")


@routes.post("integrations.test", body=schemas.TEST, permissions=ANY_OF_ALL)
async def test(call: Call) -> Answer:
    """Say what an integration, stored or a draft, would post, call and answer; nothing of it is done."""
    return await try_out(call.ws, call.services.script_host, call.user, call.body)
