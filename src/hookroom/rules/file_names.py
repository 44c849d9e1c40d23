"""Names of uploaded files: what a client calls one is untrusted, and ends up in links, headers and on disks."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_BYTES: Final = 255
"""Most bytes of a name in UTF-8: what file systems take."""
NAMELESS: Final = "file"

_EXTENSION_BYTES: Final = 32
_FOLDERS: Final = re.compile(r"[/\\]")


def clean_name(name: str) -> str:
    """``name`` without folders and without characters that nobody sees; never empty, at most ``MAX_BYTES``.

    Control characters and those that turn the direction of writing go (``exe.gpj`` must not look like a
    picture), as do dots and spaces at either end; white space is one plain space. What is too long is
    shortened before its extension. Cleaning twice changes nothing.
    """
    last = _FOLDERS.split(unicodedata.normalize("NFC", name))[-1]
    seen = "".join(one for one in last if one.isspace() or unicodedata.category(one)[0] != "C")
    return _bounded(_trimmed(" ".join(seen.split()))) or NAMELESS


def _trimmed(name: str) -> str:
    return name.strip(" .")


def _bounded(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = (dot + extension).encode() if dot and len(extension.encode()) <= _EXTENSION_BYTES else b""
    kept = (stem if tail else name).encode()[: MAX_BYTES - len(tail)].decode("utf-8", "ignore")
    return _trimmed(_trimmed(kept) + tail.decode())
