"""Pictures of any size, as few bytes as their formats allow."""

from __future__ import annotations

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A whole picture: one colour, that a viewer shows."""
    rows = (b"\0" + b"\0" * width) * height
    return png_head(width, height) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def png_head(width: int, height: int) -> bytes:
    """A picture's beginning."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def jpeg(
    width: int, height: int, *, orientation: int | None = None, order: str = "<", padding: int = 0
) -> bytes:
    """The segments before a JPEG's data: Exif with an orientation, comments, the frame."""
    segments = [b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"]
    if orientation is not None:
        mark = b"II*\0" if order == "<" else b"MM\0*"
        entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
        tiff = mark + struct.pack(f"{order}IH", 8, 1) + entry + b"\0\0\0\0"
        segments.append(b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff)
    if padding:
        segments.append(b"\xff\xfe" + struct.pack(">H", padding + 2) + b"\xff" * padding)
    segments.append(b"\xff\xc2\0\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\0")
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\0\0\xff\xd9"


def webp(width: int, height: int, kind: str) -> bytes:
    """``lossy``, ``lossless`` or ``extended``."""
    if kind == "lossy":
        chunk = b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    elif kind == "lossless":
        chunk = b"VP8L\0\0\0\0\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunk = b"VP8X\x0a\0\0\0\0\0\0\0" + sizes
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
