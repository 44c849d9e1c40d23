"""How a call proves who sent it, where its webhook asks for that: rightly, or in every wrong way."""

from __future__ import annotations

import time
from random import Random
from urllib.parse import parse_qsl

from tests.hooks.fuzz.bodies import Headers
from tests.rules.senders import FORM, Sender, b64, mac


def proof(
    random: Random, sender: Sender | None, method: str, url: str, raw: bytes, content_type: str | None
) -> tuple[bool, Headers]:
    """Whether the call may be believed, and the headers that say so. ``raw`` is the body, as it is sent."""
    if sender is None:
        return True, []
    kind = random.random()
    right = _sign(sender, 0, method, url, raw, int(time.time()), content_type)
    if kind < 0.75:
        # A signed body says nothing of a query.
        return True, right
    if kind < 0.8:
        return False, []
    if kind < 0.85:
        return False, _sign(sender, 1, method, url, raw, int(time.time()), content_type)
    if kind < 0.9 and sender.timed:
        return False, _sign(
            sender, 0, method, url, raw, int(time.time()) - random.choice((400, -400, 10**9)), content_type
        )
    # Twilio signs no body but a form.
    if kind < 0.95 and sender.covers_body and sender.verification.scheme != "twilio":
        return False, _sign(sender, 0, method, url, raw + b" x=1", int(time.time()), content_type)
    return False, [(name, _bent(value, random)) for name, value in right if name != "Content-Type"]


def _sign(
    sender: Sender, which: int, method: str, url: str, raw: bytes, at: int, content_type: str | None
) -> Headers:
    if sender.verification.scheme == "twilio":
        return _twilio(sender.secrets[which], method, url, raw, content_type)
    return [(name, value) for name, value in sender.headers(which, raw, at) if name != "Content-Type"]


def _twilio(secret: str, method: str, url: str, raw: bytes, content_type: str | None) -> Headers:
    content = url
    if method == "POST" and (content_type or "").partition(";")[0].strip().lower() == FORM:
        fields = dict.fromkeys(sorted(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)))
        content += "".join(name + value for name, value in fields)
    return [("X-Twilio-Signature", b64(mac(secret, content.encode(errors="surrogatepass"), "sha1")))]


def _bent(value: str, random: Random) -> str:
    """A value that differs from ``value`` where it counts: all digits and letters of it are others."""
    kind = random.random()
    if kind < 0.2:
        return ""
    if kind < 0.4:
        return value[: len(value) // 3]
    return "".join(_turned(one) for one in value)


def _turned(character: str) -> str:
    if character.isdigit():
        return str(9 - int(character))
    return (
        chr(ord("a") + (ord(character.lower()) - ord("a") + 7) % 26)
        if character.isascii() and character.isalpha()
        else character
    )
