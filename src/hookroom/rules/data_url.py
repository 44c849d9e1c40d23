"""``data:`` URLs (RFC 2397), as clients send pictures in JSON."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes


def data_of(url: str) -> bytes | None:
    """The bytes of a ``data:`` URL; ``None`` for another URL, and for one that cannot be read."""
    if url[:5].lower() != "data:":
        return None
    head, comma, text = url[5:].partition(",")
    if not comma:
        return None
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(text)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
