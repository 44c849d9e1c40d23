"""``integrations.templates``: ready-made incoming webhooks for services. Ours."""

from __future__ import annotations

import asyncio

from msgspec import to_builtins

from hookroom.integrations.from_template import template_named
from hookroom.integrations.service_templates import described, examples, service_templates
from hookroom.integrations.visibility import ANY_OF_ALL
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_templates as schemas

routes = Routes("Integrations")


@routes.get("integrations.templates", query=schemas.TEMPLATES, permissions=ANY_OF_ALL)
async def templates(call: Call) -> Answer:
    """Ready-made incoming webhooks by service; of the one that ``id`` names also its script and examples."""
    # Read from files at the first call.
    found = await asyncio.to_thread(service_templates)
    wanted = call.query.get("id")
    if not wanted:
        return {"templates": [described(one) for one in found.values()]}
    template = template_named(wanted, "integrationTemplates")
    shown = [to_builtins(one) for one in await asyncio.to_thread(examples, template.id)]
    return {"template": {**described(template), "script": template.script, "examples": shown}}
