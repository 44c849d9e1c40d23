"""Putting signatures on the requests of deliveries (Standard Webhooks)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from hookroom.delivery.exchange import NotReached, OutgoingRequest
from hookroom.integrations.registry import Registry
from hookroom.integrations.request import without_webhook_headers
from hookroom.rules.model import Integration
from hookroom.rules.signatures import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from hookroom.storage.tables.deliveries import Delivery

NO_KEY: Final = "The key that signs this integration's requests is not here yet"
"""What an attempt comes to that would have to go unsigned."""


class Signing:
    """A ``Finish`` (``calling.py``): the last one, as it signs the body that goes out.

    ``now`` answers epoch milliseconds.
    """

    def __init__(self, registry: Registry, now: Callable[[], int]) -> None:
        self._registry = registry
        self._now = now

    def __call__(
        self, integration: Integration, delivery: Delivery, request: OutgoingRequest
    ) -> OutgoingRequest:
        """``request`` with the three headers, if ``integration`` signs as it is at this moment.

        Raises ``NotReached``, to be tried again, when its keys are not known here: nothing goes out unsigned.
        """
        # While its script ran, signing may have been switched on, or off, and then its keys are gone.
        integration = self._registry.get(integration.id) or integration
        if integration.signing is None:
            return request
        now = self._now()
        keys = self._registry.keyring.ready(integration.id, now)
        if not keys:
            raise NotReached(NO_KEY, "connect")
        seconds = now // 1000
        return replace(
            request,
            headers=(
                *without_webhook_headers(request.headers),
                (ID_HEADER, delivery.id),
                (TIMESTAMP_HEADER, str(seconds)),
                (SIGNATURE_HEADER, sign(keys, delivery.id, seconds, request.body)),
            ),
        )
