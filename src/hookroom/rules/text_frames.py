"""How a text goes over a WebSocket: its frame (RFC 6455, section 5.2), and SockJS's wrapping around it."""

from __future__ import annotations

from typing import Final

import msgspec

_TEXT: Final = 0x81
"""The last frame of a message, a text."""

_encode: Final = msgspec.json.Encoder().encode


def text_frame(text: bytes) -> bytes:
    """The frame of a server's text message, UTF-8; servers do not mask."""
    size = len(text)
    if size < 126:
        return bytes((_TEXT, size)) + text
    if size < 65_536:
        return b"%c\x7e%b%b" % (_TEXT, size.to_bytes(2), text)
    return b"%c\x7f%b%b" % (_TEXT, size.to_bytes(8), text)


def sockjs_frame(text: bytes) -> bytes:
    """The frame of a SockJS message: a list of texts after the letter ``a`` (SockJS protocol 0.3.3)."""
    return text_frame(b"a[" + _encode(text.decode()) + b"]")
