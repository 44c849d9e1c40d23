"""``verification`` of an incoming integration as requests have it: checked, and taken apart from its secret. Ours.

``{"scheme": "hmac", "header": "X-Signature", "algorithm": "sha256", "encoding": "hex", "secret": "…"}``, for one;
``null`` and the scheme ``none`` switch verification off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Struct

from hookroom.rules.model import Verification
from hookroom.rules.webhook_keys import InvalidKey, new_key, verifying_key

LEAST_SECRET: Final = 8
MOST_SECRET: Final = 256
"""Characters of a secret."""
RANDOM_BYTES: Final = 32
"""Random bytes that ``new_secret`` takes."""
MOST_TOLERANCE: Final = 86_400
BASIC_USER: Final = "hookroom"
"""The user of a Basic login that is made here."""

SCHEMES: Final[tuple[str, ...]] = get_args(get_type_hints(Verification)["scheme"])
CHOSEN_BY_SERVICE: Final = ("slack", "stripe", "shopify", "twilio")
"""Schemes whose secrets only the service can make."""

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "header": ("header", "prefix"),
    "hmac": ("header", "algorithm", "encoding", "prefix"),
    "gitlab": ("tolerance",),
    "slack": ("tolerance",),
    "stripe": ("tolerance",),
    "standard": ("tolerance",),
}
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_NOT_OF_THE_SENDER: Final = frozenset(
    ("connection", "content-length", "content-type", "host", "transfer-encoding", "upgrade")
)
_MOST_PREFIX: Final = 64
_CHOICES: Final = {"algorithm": ("sha256", "sha1"), "encoding": ("hex", "base64")}


class InvalidVerification(ValueError):
    """What is wrong with ``verification``: ``field`` is the name in it, ``problem`` has no value that was sent."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"verification.{field} {problem}" if field else f"verification {problem}")
        self.field = field
        self.problem = problem


class Asked(Struct, frozen=True):
    """What a request asks for; ``secret`` is ``None`` where it brings none."""

    verification: Verification | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Asked({self.verification!r})"


def asked(value: object) -> Asked:
    """What ``verification`` in a request asks for. Raises ``InvalidVerification``."""
    if value is None:
        return Asked()
    if not isinstance(value, Mapping):
        raise InvalidVerification("", "must be an object")
    # Null is as good as not sent.
    fields: dict[str, Any] = {name: one for name, one in value.items() if one is not None}
    scheme = fields.pop("scheme", None)
    if scheme not in SCHEMES:
        raise InvalidVerification("scheme", f"must be one of {', '.join(SCHEMES)}")
    secret = fields.pop("secret", None)
    for name in fields:
        if name not in _FIELDS.get(scheme, ()):
            raise InvalidVerification(_printable(name), f"does not belong to the scheme {scheme}")
    if scheme == "none":
        if secret is not None:
            raise InvalidVerification("secret", "does not belong to the scheme none")
        return Asked()
    _check_header(scheme, fields)
    _check_choices(scheme, fields)
    _check_prefix(scheme, fields)
    _check_tolerance(fields)
    verification = msgspec.convert({"scheme": scheme, **fields}, Verification)
    return Asked(verification, None if secret is None else checked_secret(scheme, secret))


def checked_secret(scheme: str, secret: object) -> str:
    """A secret that was brought, as it is kept. Raises ``InvalidVerification``."""
    if not isinstance(secret, str):
        raise InvalidVerification("secret", "must be a string")
    if not LEAST_SECRET <= len(secret) <= MOST_SECRET:
        raise InvalidVerification("secret", f"must have {LEAST_SECRET} to {MOST_SECRET} characters")
    if not secret.isprintable() or secret != secret.strip():
        raise InvalidVerification("secret", "must be printable, without white space around it")
    if scheme == "standard" or (scheme == "gitlab" and secret.startswith("whsec_")):
        try:
            return verifying_key(secret).text
        except InvalidKey as error:
            raise InvalidVerification("secret", f"is no key: {error}") from None
    if scheme in ("header", "gitlab") and not secret.isascii():
        raise InvalidVerification("secret", "must be ASCII, as it is sent in a header")
    if scheme == "basic" and (":" not in secret or not secret.partition(":")[2]):
        raise InvalidVerification("secret", "must be user:password")
    return secret


def new_secret(scheme: str, random: bytes) -> str:
    """A secret for ``scheme``, of ``RANDOM_BYTES`` random bytes.

    Raises ``InvalidVerification`` where the service chooses it.
    """
    if scheme in CHOSEN_BY_SERVICE:
        raise InvalidVerification("secret", f"must be given: {scheme.capitalize()} chooses it")
    if scheme == "standard":
        return new_key("v1", random).text
    return f"{BASIC_USER}:{random.hex()}" if scheme == "basic" else random.hex()


def _check_header(scheme: str, fields: Mapping[str, Any]) -> None:
    if "header" not in _FIELDS.get(scheme, ()):
        return
    name = fields.get("header")
    if not isinstance(name, str) or not _HEADER.fullmatch(name):
        raise InvalidVerification("header", "must be the name of a header")
    if name.lower() in _NOT_OF_THE_SENDER:
        raise InvalidVerification("header", "must be a header that is the sender's to choose")


def _check_choices(scheme: str, fields: dict[str, Any]) -> None:
    for name, choices in _CHOICES.items():
        if name in _FIELDS.get(scheme, ()) and fields.setdefault(name, choices[0]) not in choices:
            raise InvalidVerification(name, f"must be {' or '.join(choices)}")


def _check_prefix(scheme: str, fields: dict[str, Any]) -> None:
    prefix = fields.get("prefix")
    if prefix is None:
        return
    if not isinstance(prefix, str) or len(prefix) > _MOST_PREFIX:
        raise InvalidVerification("prefix", f"must be a string of at most {_MOST_PREFIX} characters")
    if not prefix.isascii() or not prefix.isprintable() or prefix != prefix.lstrip():
        raise InvalidVerification("prefix", "must be printable ASCII and not begin with a space")
    if scheme == "hmac" and "," in prefix:
        raise InvalidVerification("prefix", "must be without commas, which stand between signatures")
    if not prefix:
        del fields["prefix"]


def _check_tolerance(fields: Mapping[str, Any]) -> None:
    tolerance = fields.get("tolerance")
    if tolerance is None:
        return
    if not isinstance(tolerance, int) or isinstance(tolerance, bool) or not 1 <= tolerance <= MOST_TOLERANCE:
        raise InvalidVerification("tolerance", f"must be 1 to {MOST_TOLERANCE} whole seconds")


def _printable(name: str) -> str:
    return ascii(name[:32])[1:-1]
