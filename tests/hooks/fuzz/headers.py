"""Headers that senders put on their calls, with values that they would not."""

from __future__ import annotations

import string
from random import Random
from typing import Final

from tests.hooks.fuzz.bodies import Headers
from tests.hooks.fuzz.odd import text

NAMING: Final = (
    *("Idempotency-Key",) * 8,
    *(
        "Idempotency-Key",
        "webhook-id",
        "svix-id",
        "X-GitHub-Delivery",
        "X-Gitlab-Event-UUID",
        "X-Shopify-Event-Id",
    ),
    *(
        "X-Shopify-Webhook-Id",
        "X-Atlassian-Webhook-Identifier",
        "X-Request-UUID",
        "I-Twilio-Idempotency-Token",
    ),
    *("x-amz-sns-message-id", "X-Contentful-Idempotency-Key", "ce-id"),
)
SIGNING: Final = (
    *(
        "X-Hub-Signature-256",
        "X-Hub-Signature",
        "X-Gitlab-Token",
        "X-Slack-Signature",
        "X-Slack-Request-Timestamp",
    ),
    *(
        "Stripe-Signature",
        "X-Shopify-Hmac-Sha256",
        "X-Twilio-Signature",
        "webhook-signature",
        "webhook-timestamp",
    ),
    *(
        "Authorization",
        "X-Token",
        "X-Signature",
        "X-Trello-Webhook",
        "X-PagerDuty-Signature",
        "svix-signature",
    ),
)
OTHERS: Final = (
    *(
        "X-GitHub-Event",
        "X-Gitlab-Event",
        "X-Event-Key",
        "Sentry-Hook-Resource",
        "X-Shopify-Topic",
        "ce-source",
    ),
    *(
        "Accept",
        "Accept-Encoding",
        "Cookie",
        "Origin",
        "Referer",
        "User-Agent",
        "X-Auth-Token",
        "X-User-Id",
        "Range",
    ),
    *(
        "X-HTTP-Method-Override",
        "X-Original-URL",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "Forwarded",
        "Via",
        "TE",
    ),
    *(
        "hookroom-chain",
        "If-None-Match",
        "Content-Language",
        "Content-MD5",
        "Trailer",
        "Date",
        "traceparent",
        "DNT",
    ),
)


def odd_headers(random: Random) -> Headers:
    """Names of deliveries, signatures of nobody, and others."""
    made: Headers = []
    if random.random() < 0.15:
        made.append((random.choice(NAMING), random.choice(("k1", "k2", "k3", _value(random)))))
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        made.append((random.choice(OTHERS), _value(random)))
    if random.random() < 0.06:
        made.append((random.choice(SIGNING), _value(random)))
    if random.random() < 0.04:
        made.append((random.choice(("Content-Type", "Content-Encoding", "X-Forwarded-For")), _value(random)))
    if random.random() < 0.01:
        made += [(f"X-{number}", "y" * 100) for number in range(200)]
    return made


def _value(random: Random) -> str:
    kind = random.random()
    if kind < 0.3:
        return "".join(random.choices(string.printable[:95], k=random.randrange(20))).strip()
    if kind < 0.4:
        return "v" * random.choice((1000, 20_000))
    if kind < 0.6:
        return random.choice(
            (
                "1",
                "application/json",
                "push",
                "*/*",
                "null",
                "1767323045",
                "v1,x",
                "sha256=",
                "Basic",
                "Basic eA==",
            )
        )
    return "".join(c for c in text(random)[:200] if c.isprintable() or ord(c) > 0x9F)
