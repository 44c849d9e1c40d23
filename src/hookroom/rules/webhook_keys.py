"""Keys that webhooks are signed and verified with (Standard Webhooks, "Signature scheme").

``v1`` is HMAC-SHA256 with a secret that both sides have (``whsec_…``). ``v1a`` is ed25519 (RFC 8032): the private
key (``whsk_…``) signs, and everybody may have the public one (``whpk_…``). No key is in the text of an error or in
a ``repr``.
"""

from __future__ import annotations

import base64
import hmac
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Scheme = Literal["v1", "v1a"]
SCHEMES: Final[tuple[Scheme, ...]] = ("v1", "v1a")

LEAST_SECRET: Final = 24
MOST_SECRET: Final = 64
"""Bytes of a ``v1`` secret."""
RANDOM_BYTES: Final = 32
"""Random bytes that ``new_key`` takes for a key of either scheme."""

_SHARED: Final = "whsec_"
_PRIVATE: Final = "whsk_"
_PUBLIC: Final = "whpk_"
_ED25519_BYTES: Final = 32
_MAX_KEY_TEXT: Final = 128


class InvalidKey(ValueError):
    """A text or some bytes are no key; the text says why, without them."""


class Secret:
    """A shared secret, ``whsec_`` and base64: signs and verifies ``v1``. 24 to 64 bytes."""

    scheme: Final[Literal["v1"]] = "v1"
    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if not LEAST_SECRET <= len(raw) <= MOST_SECRET:
            raise InvalidKey(f"a secret has {LEAST_SECRET} to {MOST_SECRET} bytes, not {len(raw)}")
        self._raw = raw

    @property
    def text(self) -> str:
        """``whsec_…``. A secret itself."""
        return _SHARED + base64.b64encode(self._raw).decode()

    def sign(self, content: bytes) -> bytes:
        """The 32 bytes of the signature."""
        return hmac.digest(self._raw, content, "sha256")


class PrivateKey:
    """An ed25519 private key, ``whsk_`` and base64: signs ``v1a``. Made from its 32 bytes."""

    scheme: Final[Literal["v1a"]] = "v1a"
    __slots__ = ("_key",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != _ED25519_BYTES:
            raise InvalidKey(f"a private key has {_ED25519_BYTES} bytes, not {len(raw)}")
        self._key = Ed25519PrivateKey.from_private_bytes(raw)

    @property
    def text(self) -> str:
        """``whsk_…``. A secret itself."""
        return _PRIVATE + base64.b64encode(self._key.private_bytes_raw()).decode()

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        return PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self._key.sign(content)


class PublicKey:
    """An ed25519 public key, ``whpk_`` and base64: verifies ``v1a``. Made from its 32 bytes."""

    scheme: Final[Literal["v1a"]] = "v1a"
    __slots__ = ("_key",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != _ED25519_BYTES:
            raise InvalidKey(f"a public key has {_ED25519_BYTES} bytes, not {len(raw)}")
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    @property
    def text(self) -> str:
        """``whpk_…``."""
        return _PUBLIC + base64.b64encode(self._key.public_bytes_raw()).decode()

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Whether ``signature`` is one of ``content`` by the private key of this one."""
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


SigningKey = Secret | PrivateKey
VerifyingKey = Secret | PublicKey


def new_key(scheme: Scheme, random: bytes) -> SigningKey:
    """A key to sign with, of ``RANDOM_BYTES`` random bytes."""
    return Secret(random) if scheme == "v1" else PrivateKey(random)


def signing_key(text: str) -> SigningKey:
    """The key in ``whsec_…`` or ``whsk_…``. Raises ``InvalidKey``.

    Some write a private key as its 32 bytes, some with the public key after them; both are read.
    """
    if text.startswith(_SHARED):
        return Secret(_bytes(text, _SHARED))
    if not text.startswith(_PRIVATE):
        raise InvalidKey(f"a key to sign with starts with {_SHARED} or {_PRIVATE}")
    raw = _bytes(text, _PRIVATE)
    key = PrivateKey(raw[:_ED25519_BYTES] if len(raw) == 2 * _ED25519_BYTES else raw)
    if len(raw) == 2 * _ED25519_BYTES and key.public.text != PublicKey(raw[_ED25519_BYTES:]).text:
        raise InvalidKey("the public half of the key is not that of its private half")
    return key


def verifying_key(text: str) -> VerifyingKey:
    """The key in ``whsec_…`` or ``whpk_…``. Raises ``InvalidKey``."""
    if text.startswith(_SHARED):
        return Secret(_bytes(text, _SHARED))
    if text.startswith(_PUBLIC):
        return PublicKey(_bytes(text, _PUBLIC))
    raise InvalidKey(f"a key to verify with starts with {_SHARED} or {_PUBLIC}")


def _bytes(text: str, prefix: str) -> bytes:
    coded = text.removeprefix(prefix).rstrip("=")
    if len(coded) > _MAX_KEY_TEXT:
        raise InvalidKey("the key is too long")
    try:
        # Some leave the padding out, which says nothing that the length does not.
        return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except ValueError:
        raise InvalidKey(f"what follows {prefix} is no base64") from None
