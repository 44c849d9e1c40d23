"""What tells that a call is one that came before: the ids that senders put on their deliveries.

Taken are ids that a service documents as the same for all tries of one delivery. Those that name a subscription
(``X-Hook-UUID``, ``X-Gitlab-Webhook-UUID``), or are or may be new with every try (``X-Request-Id``, Sentry's
``Request-ID``, ``X-WC-Webhook-Delivery-ID``), tell nothing. Where an id may also stand for more than one delivery,
the body must be the same too: a message that is posted twice is better than one that is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct


class Source(Struct, frozen=True):
    """A header that names a delivery.

    ``beside`` are headers whose values are part of the name. ``with_body``: the same name with another body is
    another delivery. ``exact``: it is an error.
    """

    header: str
    beside: tuple[str, ...] = ()
    with_body: bool = False
    exact: bool = False


class BodySource(Struct, frozen=True):
    """A name inside JSON bodies at ``path``, of calls that have a header ``marker``."""

    marker: str
    path: tuple[str, ...]
    with_body: bool = False


IDEMPOTENCY_KEY: Final = "idempotency-key"
WEBHOOK_ID: Final = "webhook-id"
WEBHOOK_TIMESTAMP: Final = "webhook-timestamp"

SOURCES: Final = (
    # draft-ietf-httpapi-idempotency-key-header, "The Idempotency-Key HTTP Request Header Field"; GitLab sends it
    # too, the same when a request is resent (GitLab docs, "Webhooks", "Delivery headers").
    Source(IDEMPOTENCY_KEY, exact=True),
    # Standard Webhooks, "Webhook Headers": the same for every attempt. See _standard for one that comes alone.
    Source(WEBHOOK_ID),
    # Svix sends the same under its own name (Svix docs, "Verifying payloads", "Idempotency").
    Source("svix-id"),
    # GitHub docs, "Handling failed webhook deliveries": a redelivery has the same id. Gitea sends it too.
    Source("x-github-delivery"),
    # GitLab docs, "Delivery headers": webhooks that one webhook sets off share it, so it says little alone.
    Source("x-gitlab-event-uuid", with_body=True),
    # Shopify docs, "Ignore duplicate webhooks". One action of a merchant may be events of several topics.
    Source("x-shopify-event-id", beside=("x-shopify-topic",), with_body=True),
    Source("x-shopify-webhook-id", with_body=True),
    # Atlassian, "Jira webhooks", "Retry policy": the same across retries.
    Source("x-atlassian-webhook-identifier"),
    # Bitbucket Cloud docs, "Event payloads", "HTTP headers": the event's, with X-Attempt-Number beside it.
    Source("x-request-uuid", with_body=True),
    # Twilio docs, "Webhooks security": sent so that retries are told from new calls.
    Source("i-twilio-idempotency-token"),
    # Amazon SNS, "HTTP/HTTPS headers": a retry has the id of the original message.
    Source("x-amz-sns-message-id"),
    # Contentful changelog, "Idempotency key headers for webhook requests".
    Source("x-contentful-idempotency-key"),
    # CloudEvents 1.0, "id" and "source": the two together name an event; HTTP binding, "HTTP Header Names".
    Source("ce-id", beside=("ce-source",)),
)

BODY_SOURCES: Final = (
    # Stripe docs, "Receive Stripe events in your webhook endpoint", "Handle duplicate events": the event's id.
    BodySource("stripe-signature", ("id",)),
    # Slack docs, "The Events API", "Retries": the same event_id, with X-Slack-Retry-Num.
    BodySource("x-slack-signature", ("event_id",)),
    # Trello docs, "Webhooks", "Webhook retries": the same action again after 30, 60 and 120 seconds.
    BodySource("x-trello-webhook", ("action", "id"), with_body=True),
    # PagerDuty docs, "V3 webhooks": the event's id.
    BodySource("x-pagerduty-signature", ("event", "id"), with_body=True),
)

_TELLING: Final = frozenset(
    name.encode() for name in (*(one.header for one in SOURCES), *(one.marker for one in BODY_SOURCES))
)


class DeliveryKey(Struct, frozen=True):
    """What a sender calls a delivery. ``parts`` may hold what is nobody else's business: see ``digest``."""

    parts: tuple[str, ...]
    with_body: bool = False
    exact: bool = False


def may_name(names: Iterable[bytes]) -> bool:
    """Whether one of the headers with these ``names``, in small letters, might name a delivery."""
    return not _TELLING.isdisjoint(names)


def delivery_key(headers: Mapping[str, str], content: Callable[[], Any]) -> DeliveryKey | None:
    """What the sender calls this delivery; ``None`` when it does not say.

    ``headers`` have names in small letters. ``content`` gives what was read of the body; it is asked only where
    the name is in there.
    """
    for source in SOURCES:
        value = headers.get(source.header, "").strip()
        if value:
            beside = tuple(headers.get(name, "").strip() for name in source.beside)
            return DeliveryKey(
                (source.header, value, *beside),
                source.with_body or (source.header == WEBHOOK_ID and not _standard(headers)),
                source.exact,
            )
    for inside in BODY_SOURCES:
        if inside.marker in headers:
            name = _at(content(), inside.path)
            if name:
                return DeliveryKey((inside.marker, name), inside.with_body)
    return None


def fingerprint(body: bytes) -> str:
    """What stands for a body: equal for equal ones (64 characters)."""
    return hashlib.sha256(body).hexdigest()


def digest(integration_id: str, key: DeliveryKey, body: str) -> str:
    """The stored form of ``key``: bounded (64 characters), of this integration alone, and not to be read back.

    ``body`` is the call's ``fingerprint``.
    """
    hashed = hashlib.sha256()
    for part in (integration_id, *key.parts, body if key.with_body else ""):
        data = part.encode(errors="surrogatepass")
        hashed.update(b"%d:" % len(data))
        hashed.update(data)
    return hashed.hexdigest()


def _standard(headers: Mapping[str, str]) -> bool:
    """Whether a ``webhook-id`` is that of Standard Webhooks: others call a subscription so."""
    return WEBHOOK_TIMESTAMP in headers


def _at(content: Any, path: Sequence[str]) -> str:
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content if isinstance(content, str) else ""
