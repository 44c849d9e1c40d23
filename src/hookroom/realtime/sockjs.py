"""SockJS over a WebSocket (SockJS protocol 0.3.3): a letter before each frame, and lists of texts in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.text_frames import text_frame

OPEN: Final = text_frame(b"o")
HEARTBEAT: Final = text_frame(b"h")
GOODBYE: Final = text_frame(b'c[3000,"Go away!"]')

INFO: Final[dict[str, Any]] = {"websocket": True, "origins": ["*:*"], "cookie_needed": False}
"""What ``/sockjs/info`` answers, but for ``entropy``."""


def messages(text: bytes) -> Sequence[bytes]:
    """The messages of a frame: of a list of texts, or of one. What is neither is one that cannot be read."""
    try:
        content = read_json(text)
    except NotJson:
        return [text]
    if isinstance(content, str):
        content = [content]
    if not isinstance(content, list) or not all(isinstance(one, str) for one in content):
        return [b""]
    return [one.encode(errors="replace") for one in content]
