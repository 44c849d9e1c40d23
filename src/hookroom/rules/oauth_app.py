"""Programs that a server knows by an OAuth client id (``oauth-apps.*``)."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

from msgspec import field

from hookroom.errors import Refused
from hookroom.rules.model import UserRef, Value
from hookroom.rules.times import IsoTime

MAX_TEXT: Final = 2000


class OAuthApp(Value, frozen=True, kw_only=True):
    """One program. ``redirect_uri`` are addresses, one a line."""

    id: str = field(name="_id")
    name: str
    active: bool
    client_id: str = field(name="clientId")
    client_secret: str = field(name="clientSecret")
    redirect_uri: str = field(name="redirectUri")
    created_at: IsoTime = field(name="_createdAt")
    created_by: UserRef = field(name="_createdBy")
    updated_at: IsoTime = field(name="_updatedAt")
    updated_by: UserRef | None = field(name="_updatedBy", default=None)


def new_secret() -> str:
    """43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def checked(name: str, redirect_uri: str) -> tuple[str, str]:
    """Both as they are stored. Raises ``Refused``: ``error-invalid-name``, ``error-invalid-redirectUri``.

    Redirections go to ``http``, ``https`` or a scheme of an app's own, never to what runs in a browser.
    """
    name = name.strip()
    if not name or len(name) > MAX_TEXT or "\0" in name:
        raise Refused("error-invalid-name", "Invalid name", method="addOAuthApp")
    addresses = [one.strip() for one in redirect_uri.replace(",", "\n").splitlines() if one.strip()]
    if not addresses or len(redirect_uri) > MAX_TEXT or not all(map(_is_good, addresses)):
        raise Refused("error-invalid-redirectUri", "Invalid redirectUri", method="addOAuthApp")
    return name, "\n".join(addresses)


def _is_good(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.scheme or "\0" in address or parts.scheme.lower() in ("javascript", "data", "vbscript"):
        return False
    return bool(parts.netloc) if parts.scheme.lower() in ("http", "https") else True
