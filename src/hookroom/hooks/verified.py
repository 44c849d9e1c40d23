"""Whether a call comes from whom it should: asked by every endpoint that does something for a caller."""

from __future__ import annotations

from hookroom.errors import NotVerified
from hookroom.hooks.request import HookRequest
from hookroom.integrations.incoming_record import IncomingRecord
from hookroom.integrations.verifying import CallToVerify, Verifying
from hookroom.rules.client_address import networks
from hookroom.rules.model import Integration
from hookroom.services import Services
from hookroom.storage.tables.incoming_calls import Verified


class VerifiedCalls:
    """Verifies the calls of one server, as each integration's ``verification`` says."""

    def __init__(self, services: Services) -> None:
        self._verifying = Verifying(
            services.integrations,
            services.ws.now,
            services.ws.site_url,
            networks(services.config.trusted_proxies),
        )

    def check(
        self, request: HookRequest, integration: Integration, sent: bytes, record: IncomingRecord
    ) -> None:
        """Raises ``NotVerified`` unless ``sent``, as it came over the wire, is of whom it should be."""
        if integration.verification is None:
            return
        scope, query = request.scope, request.query
        call = CallToVerify(
            method=scope["method"],
            target=scope["raw_path"] + (b"?" + query if query else b""),
            headers=scope["headers"],
            body=sent,
            peer=request.peer,
        )
        scheme = integration.verification.scheme
        try:
            self._verifying.check(integration, call)
        except NotVerified as error:
            record.stage = "verification"
            record.verification = Verified(scheme=scheme, ok=False, reason=error.reason)
            raise
        record.verification = Verified(scheme=scheme)
