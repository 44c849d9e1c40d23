"""Reading the text fields of a ``multipart/form-data`` body (RFC 7578)."""

from __future__ import annotations

import re
from typing import Final

from hookroom.rules.json_body import Unreadable

MAX_PARTS: Final = 200
MAX_HEADERS: Final = 8192
"""Most bytes of headers of one part."""

_BOUNDARY: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_NAME: Final = re.compile(rb';[ \t]*name[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_FILE: Final = re.compile(rb";[ \t]*filename\*?[ \t]*=", re.IGNORECASE)
_HEADERS_END: Final = re.compile(rb"\r?\n\r?\n")


def text_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of ``body`` by name; of several with one name the last counts.

    Parts that are files are passed over, except one named ``payload``. Lines may end with a bare line
    feed. Raises ``Unreadable`` with the reason for a missing boundary, a body that was cut off, more
    than ``MAX_PARTS`` parts, and values that are not UTF-8.
    """
    found = _BOUNDARY.search(content_type)
    if not found:
        raise Unreadable("the Content-Type names no multipart boundary")
    delimiter = rb"\r?\n--" + re.escape((found[1] or found[2]).encode("utf-8", "replace"))
    pieces = re.split(delimiter, b"\n" + body, maxsplit=MAX_PARTS + 1)
    if len(pieces) == MAX_PARTS + 2 and not pieces[-1].startswith(b"--"):
        raise Unreadable(f"the body has more than {MAX_PARTS} parts")
    fields: dict[str, str] = {}
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return fields
        headers, separator, value = _cut(piece)
        named = _NAME.search(headers)
        if not separator or not named:
            raise Unreadable("a part of the multipart body has no name")
        name = (named[1] if named[1] is not None else named[2]).decode("utf-8", "replace")
        if name == "payload" or not _FILE.search(headers):
            fields[name.replace("%22", '"')] = _text(value)
    raise Unreadable("the multipart body has no closing boundary")


def _cut(piece: bytes) -> tuple[bytes, bytes, bytes]:
    end = _HEADERS_END.search(piece, 0, MAX_HEADERS)
    return (piece[: end.start()], end[0], piece[end.end() :]) if end else (b"", b"", b"")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"a field of the multipart body has invalid UTF-8 (byte {error.start})") from None
