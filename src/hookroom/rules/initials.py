"""Pictures of those who have none: the initials of a name on a colour of its own, as SVG or PNG.

How they look is ours; the original's differ.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from html import escape
from typing import Final, NamedTuple

DEFAULT_SIZE: Final = 200
MIN_SIZE: Final = 16
MAX_SIZE: Final = 1024
"""Pixels of a side."""

_COLOURS: Final = (
    *("C0392B", "A93226", "884EA0", "6C3483", "2471A3", "1F618D", "148F77", "0E6655", "1E8449"),
    *("9A7D0A", "935116", "AF601A", "5D6D7E", "34495E", "AD1457", "6A1B9A", "283593", "00695C"),
)
"""Dark enough for white letters (contrast of 4.5 and more: WCAG 2.2, 1.4.3)."""


class Drawing(NamedTuple):
    """What a name looks like: at most two letters, and a colour as ``RRGGBB``."""

    letters: str
    colour: str


def drawing(name: str) -> Drawing:
    """The same for the same name, always. Letters are those that its first two words begin with."""
    words = "".join(one if one.isalnum() else " " for one in unicodedata.normalize("NFC", name)).split()
    # A letter that becomes two (ß) is cut: there is room for two words.
    letters = "".join(word[0].upper()[0] for word in words[:2])
    number = zlib.crc32(name.casefold().encode(errors="surrogatepass"))
    return Drawing(letters or "?", _COLOURS[number % len(_COLOURS)])


def svg(shown: Drawing, size: int) -> bytes:
    """A square of ``size`` pixels. Nothing in it can run, load anything or link anywhere."""
    letters = escape(shown.letters)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="{size}" height="{size}">'
        f'<rect width="100%" height="100%" fill="#{shown.colour}"/>'
        '<text x="50%" y="50%" dy="0.36em" text-anchor="middle" pointer-events="none" fill="#ffffff"'
        ' font-family="Helvetica, Arial, Lucida Grande, sans-serif"'
        f' font-size="{96 if len(shown.letters) > 1 else 125}">{letters}</text></svg>'
    ).encode(errors="replace")


def png(shown: Drawing, size: int) -> bytes:
    """The same as a picture of two colours. Letters are A to Z and digits; accents are left out, others are no
    letters at all: what is left is the colour.
    """
    glyphs = [_GLYPHS[one] for one in map(_plain, shown.letters) if one in _GLYPHS]
    columns = _WIDTH * len(glyphs) + max(len(glyphs) - 1, 0)
    dot = max(size * 6 // 10 // max(columns, _HEIGHT), 1)
    left, top = (size - columns * dot) // 2, (size - _HEIGHT * dot) // 2
    rows = []
    for line in range(_HEIGHT):
        bits = 0
        for at, glyph in enumerate(glyphs):
            for column in range(_WIDTH):
                if glyph[line] >> (_WIDTH - 1 - column) & 1:
                    start = left + (at * (_WIDTH + 1) + column) * dot
                    bits |= ((1 << dot) - 1) << (_stride(size) * 8 - start - dot)
        rows.append(bits.to_bytes(_stride(size), "big"))
    blank = bytes(_stride(size))
    pixels = b"".join(
        b"\0" + (rows[(y - top) // dot] if 0 <= y - top < _HEIGHT * dot else blank) for y in range(size)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 1, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes.fromhex(shown.colour) + b"\xff\xff\xff"),
            _chunk(b"IDAT", zlib.compress(pixels, 6)),
            _chunk(b"IEND", b""),
        )
    )


def _stride(size: int) -> int:
    return (size + 7) // 8


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]


_WIDTH: Final = 5
_HEIGHT: Final = 7
_FONT: Final = """
    A 0e11111f111111 B 1e11111e11111e C 0e11101010110e D 1e11111111111e E 1f10101e10101f F 1f10101e101010
    G 0e11101711110f H 1111111f111111 I 0e04040404040e J 0702020202120c K 11121418141211 L 1010101010101f
    M 111b1515111111 N 11191513111111 O 0e11111111110e P 1e11111e101010 Q 0e11111115120d R 1e11111e141211
    S 0f10100e01011e T 1f040404040404 U 1111111111110e V 11111111110a04 W 11111115151b11 X 11110a040a1111
    Y 11110a04040404 Z 1f01020408101f 0 0e11131519110e 1 040c040404040e 2 0e11010204081f 3 1f02040201110e
    4 02060a121f0202 5 1f101e0101110e 6 0608101e11110e 7 1f010204080808 8 0e11110e11110e 9 0e11110f01020c
"""
"""Seven rows of five dots each."""


def _glyphs() -> dict[str, bytes]:
    parts = _FONT.split()
    return {parts[at]: bytes.fromhex(parts[at + 1]) for at in range(0, len(parts), 2)}


_GLYPHS: Final = _glyphs()
