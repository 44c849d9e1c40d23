"""The format and size of a picture, from its first bytes: PNG, GIF, JPEG and WebP. Nothing is decoded."""

from __future__ import annotations

from typing import Final, NamedTuple

HEAD: Final = 256 * 1024
"""Bytes from a file's beginning that are looked at: cameras put large previews before a JPEG's size."""

_STAND_ALONE: Final = frozenset([0x01, *range(0xD0, 0xD9)])
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TURNED: Final = range(5, 9)


class Picture(NamedTuple):
    """``size`` is width and height in pixels, where the head says so."""

    format: str
    size: tuple[int, int] | None


def picture(head: bytes) -> Picture | None:
    """What ``head`` says; ``None`` for anything but a picture of these formats.

    The size is the one that a viewer sees: a JPEG that its camera says lies on its side has width and height
    exchanged.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture("png", _sized(head, 16, 20, 4, "big") if head[12:16] == b"IHDR" else None)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Picture("gif", _sized(head, 6, 8, 2, "little"))
    if head.startswith(b"\xff\xd8\xff"):
        return Picture("jpeg", _jpeg(head))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Picture("webp", _webp(head))
    return None


def _sized(head: bytes, width_at: int, height_at: int, length: int, order: str) -> tuple[int, int] | None:
    if len(head) < height_at + length:
        return None
    little = order == "little"
    width = int.from_bytes(head[width_at : width_at + length], "little" if little else "big")
    height = int.from_bytes(head[height_at : height_at + length], "little" if little else "big")
    return (width, height) if width and height else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at, turned = 2, False
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF or marker in _STAND_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        if length < 2 or marker in (0xD9, 0xDA):
            return None
        if marker in _FRAMES:
            size = _sized(head, at + 7, at + 5, 2, "big")
            return (size[1], size[0]) if size and turned else size
        if marker == 0xE1 and head[at + 4 : at + 10] == b"Exif\x00\x00":
            turned = _orientation(head[at + 10 : at + 2 + length]) in _TURNED
        at += 2 + length
    return None


def _orientation(tiff: bytes) -> int:
    if tiff[:2] not in (b"II", b"MM"):
        return 1
    little = tiff[:2] == b"II"

    def number(at: int, length: int) -> int:
        return int.from_bytes(tiff[at : at + length], "little" if little else "big")

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), 64)):
        at = directory + 2 + 12 * entry
        if number(at, 2) == 0x0112:
            return number(at + 8, 2)
    return 1


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a" and len(head) >= 30:
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return (width, height) if width and height else None
    if kind == b"VP8L" and head[20:21] == b"\x2f" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and len(head) >= 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None
