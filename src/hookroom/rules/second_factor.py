"""What somebody must show beside their password: one-time codes of an app (RFC 6238), of a list, of an e-mail.

Facts: the original's ``apps/meteor/app/2fa/server`` (``lib/totp.ts``, ``code/*.ts``). **+** Ours on purpose: a
code of the app works once (RFC 6238, section 5.2).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final, Literal
from urllib.parse import quote

import pyotp
from msgspec import structs

from hookroom.rules.ids import random_id
from hookroom.rules.model import Value

Way = Literal["totp", "email"]
"""How a second factor is shown, as ``x-2fa-method`` names it."""

BACKUP_CODES: Final = 12
BACKUP_LENGTH: Final = 8
STEP_S: Final = 30
"""How many backup codes there are, their length in characters, and for how long the app shows a code."""

MAX_REMEMBERED: Final = 50
"""Logins for which an authorization is remembered at once; the oldest go first."""


class Remembered(Value, frozen=True, kw_only=True):
    """A login that has shown its second factor a while ago."""

    token: str
    """The digest of its token."""
    place: str
    """A digest of where it was shown from."""
    until: int
    """Epoch milliseconds."""


class TwoFactor(Value, frozen=True, kw_only=True):
    """What one user has turned on. ``secret`` and ``pending`` are base 32; backup codes are SHA-256 in hex."""

    updated_at: int
    """Epoch milliseconds; rises with every change."""
    secret: str | None = None
    """Of the app, once it was proved to know it."""
    pending: str | None = None
    """Of an app that has not been proved yet."""
    last_step: int = 0
    """The time step of the last code of the app that was taken."""
    backup: tuple[str, ...] = ()
    email: bool = False
    email_changed_at: str | None = None
    remembered: tuple[Remembered, ...] = ()

    @property
    def app(self) -> bool:
        """Whether codes of an app are asked for."""
        return self.secret is not None

    def wire(self) -> dict[str, Any]:
        """What a user is shown of it in ``services``: no secret."""
        email: dict[str, Any] = {"enabled": self.email}
        if self.email_changed_at is not None:
            email["changedAt"] = self.email_changed_at
        return {"totp": {"enabled": self.app}, "email2fa": email}

    def taking(self, code: str, now: int, window: int) -> TwoFactor | None:
        """This after ``code`` was used, of the app or of the list of backup codes; ``None`` for a wrong one.

        ``now`` is in epoch milliseconds, ``window`` in steps before and after (``…_MaxDelta``).
        """
        if self.secret is None:
            return None
        if len(code) == BACKUP_LENGTH:
            given = digest(code)
            left = tuple(one for one in self.backup if not hmac.compare_digest(one, given))
            return structs.replace(self, backup=left) if len(left) < len(self.backup) else None
        step = step_of(self.secret, code, now, window)
        if step is None or step <= self.last_step:
            return None
        return structs.replace(self, last_step=step)

    def remembering(self, token: str, place: str, until: int, now: int) -> TwoFactor:
        """This with an authorization of the login of that token (a digest) until then."""
        others = [one for one in self.remembered if one.token != token and one.until > now]
        kept = (*others[-(MAX_REMEMBERED - 1) :], Remembered(token=token, place=place, until=until))
        return structs.replace(self, remembered=kept)

    def remembers(self, token: str, place: str, now: int) -> bool:
        """Whether the login of that token has shown its second factor from there not long ago."""
        return any(
            one.token == token and one.until > now and hmac.compare_digest(one.place, place)
            for one in self.remembered
        )


def step_of(secret: str, code: str, now: int, window: int) -> int | None:
    """The time step whose code this is, at most ``window`` steps from ``now`` (epoch milliseconds)."""
    code = code.strip()
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return None
    app = pyotp.TOTP(secret, interval=STEP_S)
    here = now // 1000 // STEP_S
    found = None
    for step in range(here - window, here + window + 1):
        # All of them are compared, so that the time taken tells nothing.
        if hmac.compare_digest(app.generate_otp(max(step, 0)), code):
            found = step
    return found


def new_secret() -> str:
    """A secret for an app: 32 characters of base 32, 160 bits (RFC 4226, section 4)."""
    return pyotp.random_base32()


def app_url(secret: str, username: str, site: str) -> str:
    """What an app reads from a QR code (``otpauth://totp/…``)."""
    label = f"{quote(site, safe='')}:{quote(username, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(site, safe='')}"


def new_backup_codes() -> tuple[str, ...]:
    """Codes for the day on which the app is lost."""
    return tuple(random_id(BACKUP_LENGTH) for _ in range(BACKUP_CODES))


def digest(code: str) -> str:
    """The stored form of a backup code."""
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()


def place_of(address: str, agent: str) -> str:
    """A digest of where a call comes from: the address, and what the client calls itself."""
    return hashlib.sha256(f"{address}\n{agent}".encode(errors="surrogatepass")).hexdigest()
