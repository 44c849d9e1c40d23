"""Other services to log in by (OAuth): there are none here, and these routes say so."""

from __future__ import annotations

from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes

routes = Routes("Authentication")


@routes.get("settings.oauth", login="optional")
async def oauth_services(_call: Call) -> Answer:
    """The services that one can log in by: none."""
    return {"services": []}


@routes.get("service.configurations", login="optional")
async def configurations(_call: Call) -> Answer:
    """How clients talk to these services: there are none."""
    return {"configurations": []}
