"""Trying integrations out and checking their scripts: ``integrations.test``, ``checkScripts``. Both are ours."""

from __future__ import annotations

from msgspec import to_builtins

from hookroom.integrations.try_out.run import try_out
from hookroom.integrations.upgrade_check.page import COUNT, check_page, to_check
from hookroom.integrations.visibility import ANY_OF_ALL
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_scripts as schemas

routes = Routes("Integrations")


@routes.post("integrations.test", body=schemas.TEST, permissions=ANY_OF_ALL)
async def test(call: Call) -> Answer:
    """Say what an integration, stored or a draft, would post, call and answer; nothing of it is done."""
    return await try_out(call.ws, call.services.script_host, call.user, call.body)


@routes.post("integrations.checkScripts", body=schemas.CHECK_SCRIPTS, permissions=ANY_OF_ALL)
async def check_scripts(call: Call) -> Answer:
    """Say which scripts will do the same once they are not transpiled; with ``apply`` make it so for those."""
    body, services = call.body, call.services
    found = to_check(
        call.ws, services.integrations, call.user, ids=body.get("integrationIds"), names=body.get("names")
    )
    page = await check_page(
        call.ws,
        services.integrations,
        services.script_host,
        found,
        count=body.get("count", COUNT),
        offset=body.get("offset", 0),
        apply_as=call.user if body.get("apply") else None,
    )
    reports = [to_builtins(one) for one in page.reports]
    return {"integrations": reports, "count": len(reports), "offset": page.offset, "total": page.total}
