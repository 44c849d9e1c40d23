"""Compressed answers, unpacked no further than somebody wants to read. No I/O.

gzip and deflate are what is asked for. Some receivers send br whatever they are asked for, which is read as well.
"""

from __future__ import annotations

import zlib
from typing import Final, Protocol

import brotli  # type: ignore[import-untyped]

MOST_MEMBERS: Final = 100
"""Members of one gzip stream (RFC 1952, 2.2); empty ones would cost time without end."""

_GZIP: Final = 31
_ZLIB: Final = 15
_RAW: Final = -15

PACKED: Final = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})
"""Values of Content-Encoding whose bodies are not taken as they are."""


class NotPacked(ValueError):
    """The bytes are not what they were said to be."""


class Unpacking(Protocol):
    """The body of one answer."""

    def unpack(self, data: bytes, most: int) -> bytes:
        """The next bytes, at most ``most`` of them: then there may be more, and nothing else can be unpacked.

        ``most`` is at least 1. Raises ``NotPacked``.
        """

    def end(self) -> None:
        """Nothing else comes. Raises ``NotPacked`` when the body has begun and must not end here."""


def unpacking(encoding: str) -> Unpacking:
    """For a body in ``encoding``, one of ``PACKED``. Raises ``NotPacked`` for one that cannot be read here."""
    match encoding:
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case _:
            raise NotPacked(encoding)


class _Gzip:
    """Members one after the other. The end is not insisted on: some servers leave the checksum out."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._members = 0

    def unpack(self, data: bytes, most: int) -> bytes:
        out = b""
        while data and len(out) < most:
            if self._stream is None:
                if self._members:
                    data = data.lstrip(b"\0")  # Some writers fill up with zeros.
                    if not data:
                        break
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise NotPacked("too many members")
                self._stream = zlib.decompressobj(_GZIP)
            try:
                out += self._stream.decompress(data, most - len(out))
            except zlib.error:
                raise NotPacked("damaged") from None
            data = b""
            if self._stream.eof:
                data, self._stream = self._stream.unused_data, None
        return out

    def end(self) -> None:
        pass


class _Deflate:
    """With zlib's header, as it should come (RFC 9110, 8.4.1.2), or without."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def unpack(self, data: bytes, most: int) -> bytes:
        if not data:
            return b""
        if self._stream is None:
            # RFC 1950: the low bits of the first byte are 8 for deflate.
            self._stream = zlib.decompressobj(_ZLIB if data[0] & 0x0F == 8 else _RAW)
        try:
            out = self._stream.decompress(data, most)
        except zlib.error:
            raise NotPacked("damaged") from None
        if self._stream.unused_data:
            raise NotPacked("something follows its end")
        return out

    def end(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise NotPacked("cut off")


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def unpack(self, data: bytes, most: int) -> bytes:
        out = b""
        try:
            piece = self._stream.process(data, output_buffer_limit=most)
            while piece:
                out += piece
                if len(out) >= most or self._stream.is_finished():
                    break
                piece = self._stream.process(b"", output_buffer_limit=most - len(out))
        except brotli.error:
            raise NotPacked("damaged") from None
        return out[:most]

    def end(self) -> None:
        pass
