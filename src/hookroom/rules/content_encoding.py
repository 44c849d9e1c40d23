"""Unpacking bodies that were sent packed (``Content-Encoding``, RFC 9110, section 8.4), within a bound.

What strangers send may be a bomb: a kilobyte that unpacks to gigabytes. Every step here stops once it has made
more than the limit, and holds no more than that and the window of the format at any time.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Final

import brotli  # type: ignore[import-untyped]
import zstandard

from hookroom.errors import HookFailure, TooLarge, UnknownEncoding

MAX_ENCODINGS: Final = 3
"""Most encodings on top of each other."""

MAX_MEMBERS: Final = 100
"""Most gzip members or zstd frames in a body: each is set up anew, which costs more than it holds."""

MAX_WINDOW: Final = 8 * 1024 * 1024
"""Bytes that a zstd frame may refer back to (RFC 9659)."""

ACCEPTED: Final = "gzip, deflate, br, zstd"
"""What a sender may use, as the header ``Accept-Encoding`` of a refusal names it."""

# "utf-8" is a charset and not an encoding, but some senders put it there; it packs nothing.
_NOTHING: Final = frozenset({"", "identity", "utf-8", "utf8"})


def unpacked(content_encoding: str | None, body: bytes, limit: int) -> bytes:
    """``body`` as it was before the encodings in ``content_encoding`` were applied, in order; ``None`` is none.

    gzip, deflate (with the zlib header that belongs to it, or without), br, zstd, identity. An empty body is
    empty in any encoding that is known. Raises ``TooLarge`` (413) once it is over ``limit`` bytes,
    ``UnknownEncoding`` (415), and ``HookFailure`` (400) for what is damaged or cut off.
    """
    if not content_encoding:
        return body
    names = [name for one in content_encoding.split(",") if (name := one.strip().lower()) not in _NOTHING]
    unpackers = []
    for name in names:
        if (unpacker := _UNPACKERS.get(name)) is None:
            raise UnknownEncoding(ACCEPTED)
        unpackers.append((name, unpacker))
    if len(unpackers) > MAX_ENCODINGS:
        raise HookFailure(f"The request body has more than {MAX_ENCODINGS} encodings on top of each other")
    if not body:
        return body
    for name, unpack in reversed(unpackers):
        try:
            body = unpack(body, limit)
        except _Broken as reason:
            raise HookFailure(
                f"The request body cannot be unpacked: it is not {name} as its Content-Encoding says ({reason})"
            ) from None
    return body


class _Broken(Exception):
    """Packed data that is damaged; the text says how, and repeats nothing of it."""


_CUT_OFF: Final = "it ends too early"
_DAMAGED: Final = "it is damaged"
_MORE: Final = "something follows its end"
_TOO_WIDE: Final = f"its window is over {MAX_WINDOW} bytes"
_TOO_MANY: Final = f"it has more than {MAX_MEMBERS} parts"


def _gzip(body: bytes, limit: int) -> bytes:
    made: list[bytes] = []
    size = 0
    for _ in range(MAX_MEMBERS):
        content, body = _inflated(body, 16 + zlib.MAX_WBITS, limit - size)
        made.append(content)
        size += len(content)
        # Some writers fill up with zeros.
        if not body or not body.strip(b"\0"):
            return b"".join(made)
    raise _Broken(_TOO_MANY)


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        content, rest = _inflated(body, zlib.MAX_WBITS, limit)
    except _Broken as reason:
        # RFC 9110 means the zlib format by this name; half of the world sends it without its header.
        try:
            content, rest = _inflated(body, -zlib.MAX_WBITS, limit)
        except _Broken:
            raise reason from None
    if rest:
        raise _Broken(_MORE)
    return content


def _inflated(body: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """One stream, and what follows it."""
    stream = zlib.decompressobj(window)
    try:
        content = stream.decompress(body, limit + 1)
        if len(content) > limit:
            raise TooLarge(limit)
        if not stream.eof:
            # zlib may stop at the bound with the end still unread; what comes is empty, or too much.
            content += stream.decompress(stream.unconsumed_tail, 1 + limit - len(content))
    except zlib.error:
        raise _Broken(_DAMAGED) from None
    if len(content) > limit:
        raise TooLarge(limit)
    if not stream.eof:
        raise _Broken(_CUT_OFF)
    return content, stream.unused_data


def _brotli(body: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    made: list[bytes] = []
    size = 0
    try:
        piece = stream.process(body, output_buffer_limit=limit + 1)
        while piece:
            made.append(piece)
            size += len(piece)
            if size > limit:
                raise TooLarge(limit)
            if stream.is_finished():
                break
            piece = stream.process(b"", output_buffer_limit=1 + limit - size)
    except brotli.error:
        raise _Broken(_DAMAGED) from None
    if not stream.is_finished():
        raise _Broken(_CUT_OFF)
    return b"".join(made)


def _zstd(body: bytes, limit: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    try:
        # The reader keeps to the bound, but takes a frame that was cut off for one that has ended …
        content = unpacker.stream_reader(body, read_across_frames=True).read(limit + 1)
        if len(content) > limit:
            raise TooLarge(limit)
        # … and this knows the end, and is safe now that the size is known.
        for _ in range(MAX_MEMBERS):
            frame = unpacker.decompressobj()
            frame.decompress(body)
            if not frame.eof:
                raise _Broken(_CUT_OFF)
            body = frame.unused_data
            if not body:
                return content
    except zstandard.ZstdError as error:
        raise _Broken(_TOO_WIDE if "too much memory" in str(error) else _DAMAGED) from None
    raise _Broken(_TOO_MANY)


_UNPACKERS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
