"""Compressed answers, unpacked no further than somebody wants to read. No I/O."""

from __future__ import annotations

import zlib
from typing import Final

MOST_MEMBERS: Final = 100
"""Members of one gzip stream (RFC 1952, 2.2); empty ones would cost time without end."""

_GZIP: Final = 31
_ZLIB: Final = 15
_RAW: Final = -15

PACKED: Final = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})
"""Values of Content-Encoding whose bodies cannot be taken as they are."""

_ASKED_FOR: Final = frozenset({"gzip", "x-gzip", "deflate"})


class NotPacked(ValueError):
    """The bytes are not what they were said to be."""


class Unpacking:
    """The body of one answer in ``encoding``, one of ``PACKED``.

    ``deflate`` may come with zlib's header, as it should (RFC 9110, 8.4.1.2), or without. Raises ``NotPacked``
    for an encoding that nobody asked for.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in _ASKED_FOR:
            raise NotPacked(encoding)
        self._gzip = encoding != "deflate"
        self._members = 0
        self._stream = zlib.decompressobj(_GZIP) if self._gzip else None

    def unpack(self, data: bytes, most: int) -> bytes:
        """The next bytes, at most ``most`` of them: then there may be more, and nothing else can be unpacked.

        Raises ``NotPacked``.
        """
        if not data:
            return b""
        if self._stream is None:
            # RFC 1950: the low bits of the first byte are 8 for deflate.
            self._stream = zlib.decompressobj(_ZLIB if data[0] & 0x0F == 8 else _RAW)
        try:
            out = self._stream.decompress(data, most)
            while self._gzip and self._stream.eof and len(out) < most:
                rest = self._stream.unused_data.lstrip(b"\0")
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise NotPacked("too many members")
                self._stream = zlib.decompressobj(_GZIP)
                if not rest:
                    break
                out += self._stream.decompress(rest, most - len(out))
        except zlib.error:
            raise NotPacked("damaged") from None
        return out

    def end(self) -> None:
        """Raise ``NotPacked`` when a deflate stream has begun and not come to its end."""
        if not self._gzip and self._stream is not None and not self._stream.eof:
            raise NotPacked("cut off")
