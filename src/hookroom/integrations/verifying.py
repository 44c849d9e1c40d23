"""Verifying calls of incoming integrations, each with its scheme and the secrets of the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from hookroom.errors import NotVerified
from hookroom.integrations.registry import Registry
from hookroom.integrations.verification_failures import Failures, VerificationFailures
from hookroom.rules.client_address import Network
from hookroom.rules.model import Integration
from hookroom.rules.public_urls import public_urls
from hookroom.rules.sent_call import SentCall
from hookroom.rules.signatures import Unverified
from hookroom.rules.verification import verify


class CallToVerify(Struct, frozen=True, kw_only=True):
    """A call as it came in.

    ``target`` is path and query, as they were sent; ``headers`` are those of ASGI, names in lower case and each
    line by itself; ``body`` is what came over the wire, before any ``Content-Encoding`` is undone; ``peer`` is the
    address at the other end of the connection, not what a header says of it.
    """

    method: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    peer: str


class Verifying:
    """Checks calls. ``now`` answers epoch milliseconds; ``proxies`` are those whose headers are believed."""

    def __init__(
        self, registry: Registry, now: Callable[[], int], site_url: str, proxies: Sequence[Network] = ()
    ) -> None:
        self._registry = registry
        self._now = now
        self._site_url = site_url
        self._proxies = proxies
        self._failures = VerificationFailures()
        registry.on_removed(self._failures.forget)

    @property
    def failures(self) -> Mapping[str, Failures]:
        """What failed on this process since it started, by the integration's id."""
        return self._failures.counts

    def failures_of(self, integration_id: str) -> Failures:
        """What failed of one integration."""
        return self._failures.of(integration_id)

    def check(self, integration: Integration, call: CallToVerify) -> None:
        """Return if ``call`` is verified, or need not be; if not, note why and raise ``NotVerified``.

        No I/O. An integration that verifies nothing costs one test of an attribute: callers who test
        ``integration.verification`` themselves need not even make a ``CallToVerify``.
        """
        if integration.verification is None:
            return
        # As it is now: while the body came, both the scheme and its secrets may have changed.
        verification = (self._registry.get(integration.id) or integration).verification
        if verification is None:
            return
        now = self._now()
        signs_address = verification.scheme == "twilio"
        sent = SentCall(
            method=call.method,
            headers=call.headers,
            body=call.body,
            urls=self._urls(call) if signs_address else (),
        )
        try:
            verify(verification, self._registry.secrets.ready(integration.id, now), sent, now / 1000)
        except Unverified as problem:
            self._failures.add(integration.id, problem, now)
            raise NotVerified(problem.reason) from None

    def _urls(self, call: CallToVerify) -> Sequence[str]:
        return public_urls(self._site_url, call.target, call.headers, call.peer, self._proxies)
