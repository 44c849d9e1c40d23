"""Secrets of verified calls: ``integrations.verificationSecrets``, ``rotateVerificationSecret``. Both are ours."""

from __future__ import annotations

from hookroom.integrations import verification_secrets
from hookroom.integrations.signing_keys import overlap
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integration_verification as schemas

routes = Routes("Integrations")


@routes.get("integrations.verificationSecrets", query=schemas.SECRETS)
async def show(call: Call) -> Answer:
    """How calls of an incoming integration are verified, and the secrets that their senders need."""
    return verification_secrets.state(
        call.ws, call.services.integrations, call.user, call.query["integrationId"]
    )


@routes.post("integrations.rotateVerificationSecret", body=schemas.ROTATE)
async def rotate(call: Call) -> Answer:
    """Verify with a new secret from now on, and with those so far for ``overlapHours`` (24) more."""
    body = call.body
    return await verification_secrets.rotate(
        call.ws,
        call.services.integrations,
        call.user,
        body["integrationId"],
        body.get("secret"),
        overlap(body.get("overlapHours")),
    )
