"""A secret that calls are verified with, made ready once."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from hookroom.rules.webhook_keys import InvalidKey, VerifyingKey, verifying_key


class VerificationSecret:
    """Made of its text, whatever that is; which part counts is for the scheme to say. No text in its ``repr``."""

    __slots__ = ("digest", "key", "raw")

    def __init__(self, text: str) -> None:
        self.raw: Final = text.encode()
        """What HMACs are keyed with."""
        self.digest: Final = sha256(self.raw).digest()
        """Compared in the secret's place: all digests are of one length, so no comparison tells a secret's."""
        self.key: Final = _key(text)
        """The key of Standard Webhooks that it is (``whsec_…``, ``whpk_…``), if it is one."""


def _key(text: str) -> VerifyingKey | None:
    try:
        return verifying_key(text)
    except InvalidKey:
        return None
