"""What a receiver of signed webhooks does with them."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError
from tests.receivers import Received
from tests.running import Api


def keys(api: Api, hook: Any) -> list[Any]:
    """The keys that an integration signs with, newest first."""
    found: list[Any] = api.get("integrations.signingKeys", integrationId=hook["_id"])["keys"]
    return found


def signatures(got: Received) -> list[str]:
    return got.headers["webhook-signature"].split(" ")


def verifies(key: Any, got: Received) -> bool:
    """Whether a receiver that has ``key`` (of ``keys``) takes ``got`` for real: v1 by the public library."""
    if "key" in key:
        try:
            Webhook(key["key"]).verify(got.body, dict(got.headers), json_parse=False)
        except WebhookVerificationError:
            return False
        return True
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["publicKey"].removeprefix("whpk_")))
    content = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    for signature in signatures(got):
        scheme, _, text = signature.partition(",")
        if scheme != "v1a":
            continue
        try:
            public.verify(base64.b64decode(text), content)
        except InvalidSignature:
            continue
        return True
    return False
