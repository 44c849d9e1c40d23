"""Reading the text fields of a ``multipart/form-data`` body (RFC 7578)."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from typing import Final

from hookroom.rules.charsets import WrongCharset, codec_of, in_utf8
from hookroom.rules.json_body import Unreadable

MAX_PARTS: Final = 200
MAX_HEADERS: Final = 8192
"""Most bytes of headers of one part."""

_BOUNDARY: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_NAME: Final = re.compile(rb';[ \t]*name[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_FILE: Final = re.compile(rb";[ \t]*filename\*?[ \t]*=", re.IGNORECASE)
_TYPE: Final = re.compile(rb"^content-type:([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_CARRIED: Final = re.compile(
    rb"^content-transfer-encoding:[ \t]*(base64|quoted-printable)", re.IGNORECASE | re.MULTILINE
)
_HEADERS_END: Final = re.compile(rb"\r?\n\r?\n")


def text_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of ``body`` by name; of several with one name the last counts.

    Parts that are files are passed over, except one named ``payload``. Lines may end with a bare line
    feed. Charset and transfer encoding are the part's own. Raises ``Unreadable`` with the reason for a missing
    boundary, a body that was cut off, more than ``MAX_PARTS`` parts, and values that are no text.
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
            fields[name.replace("%22", '"')] = _text(headers, value)
    raise Unreadable("the multipart body has no closing boundary")


def _cut(piece: bytes) -> tuple[bytes, bytes, bytes]:
    end = _HEADERS_END.search(piece, 0, MAX_HEADERS)
    return (piece[: end.start()], end[0], piece[end.end() :]) if end else (b"", b"", b"")


def _text(headers: bytes, value: bytes) -> str:
    if carried := _CARRIED.search(headers):
        value = _uncarried(carried[1].lower(), value)
    own = _TYPE.search(headers)
    try:
        return in_utf8(value, codec_of(own[1].decode("latin-1")) if own else None).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"a field of the multipart body has invalid UTF-8 (byte {error.start})") from None
    except WrongCharset:
        raise Unreadable("a field of the multipart body is not in the charset that it names") from None


def _uncarried(encoding: bytes, value: bytes) -> bytes:
    # RFC 7578 has no use for these any longer, but libraries made for e-mail still write them.
    if encoding == b"quoted-printable":
        return quopri.decodestring(value)
    try:
        return base64.b64decode(b"".join(value.split()), validate=True)
    except binascii.Error:
        raise Unreadable("a field of the multipart body is not base64, as it says") from None
