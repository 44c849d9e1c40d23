"""Which links a message may carry: an allow-list, so that no scheme runs code in a reader's browser."""

from __future__ import annotations

import re
from typing import Final

INVALID_LINK: Final = "Invalid href value provided"
"""The wire's text for a refused link."""

_FILES: Final = "/file-upload/"
_ALLOWED: Final = re.compile(r"https?://[^\s/?#\\]|data:(?:image|audio|video)/", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z0-9+.-]*:", re.IGNORECASE)
_UP: Final = re.compile(r"(?:^|[/\\])(?:\.|%2e){2}(?:[/\\?#]|$)", re.IGNORECASE)
# Browsers drop these inside a link, so that "java\nscript:" would be a scheme after all.
_DROPPED: Final = re.compile(r"[\x00-\x1f\x7f]")


def is_link(text: str) -> bool:
    """Whether ``text`` is http(s), ``data:`` of an image, sound or film, or one of this server's files."""
    if _ALLOWED.match(text):
        return True
    return text.startswith(_FILES) and not _UP.search(text) and not _DROPPED.search(text)


def is_picture(text: str) -> bool:
    """Whether ``text`` may be an avatar: a link, or a path on this server."""
    if is_link(text):
        return True
    if not text or text[0].isspace() or _SCHEME.match(text) or _DROPPED.search(text):
        return False
    return not text.startswith(("//", "\\", "/\\"))
