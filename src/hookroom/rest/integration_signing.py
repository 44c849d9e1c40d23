"""Keys of signed outgoing integrations: ``integrations.signingKeys``, ``rotateSigningKey``. Both are ours."""

from __future__ import annotations

from hookroom.integrations import signing_keys
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_signing as schemas

routes = Routes("Integrations")


@routes.get("integrations.signingKeys", query=schemas.SIGNING_KEYS)
async def show(call: Call) -> Answer:
    """How an outgoing integration signs its requests, and the keys that receivers verify them with."""
    return signing_keys.state(call.ws, call.services.integrations, call.user, call.query["integrationId"])


@routes.post("integrations.rotateSigningKey", body=schemas.ROTATE)
async def rotate(call: Call) -> Answer:
    """Sign with a new key from now on, and with those so far for ``overlapHours`` (24) more."""
    body = call.body
    return await signing_keys.rotate(
        call.ws,
        call.services.integrations,
        call.user,
        body["integrationId"],
        body.get("key"),
        signing_keys.overlap(body.get("overlapHours")),
    )
