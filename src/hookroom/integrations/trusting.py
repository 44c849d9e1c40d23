"""Whose certificates an integration's calls accept, put on each of them."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hookroom.delivery.exchange import OutgoingRequest, Trust
from hookroom.integrations.calling import Finish
from hookroom.rules.model import Integration
from hookroom.rules.settings import SettingValues
from hookroom.storage.tables.deliveries import Delivery

SELF_SIGNED_ALLOWED: Final = "Allow_Invalid_SelfSigned_Certs"
"""The setting without which certificates are always verified, whatever an integration or a script wants."""


def trusting(settings: SettingValues) -> Finish:
    """Puts the integration's choice on requests, as far as the setting permits now."""

    def finish(integration: Integration, delivery: Delivery, request: OutgoingRequest) -> OutgoingRequest:
        unverified = bool(integration.allow_self_signed) and settings[SELF_SIGNED_ALLOWED]
        if not unverified and not integration.ca_certificate:
            return request
        return replace(request, trust=Trust(integration.ca_certificate or None, verified=not unverified))

    return finish
