"""The ``Range`` header of a download (RFC 9110, section 14): one range of bytes, or the whole."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ONE: Final = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


class ByteRange(NamedTuple):
    """From byte ``first`` up to but not with byte ``end``."""

    first: int
    end: int


class Unsatisfiable(ValueError):
    """The range begins behind the end of the file (416)."""


def asked_range(header: str | None, size: int) -> ByteRange | None:
    """The part of a file of ``size`` bytes that ``header`` asks for, ``None`` for the whole.

    Several ranges, other units and what cannot be read get the whole file, as section 14.2 has it. Raises
    ``Unsatisfiable``.
    """
    found = _ONE.fullmatch(header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        last = int(found[2])
        if not last or not size:
            raise Unsatisfiable
        return ByteRange(max(size - last, 0), size)
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return ByteRange(first, min(int(found[2]) + 1, size) if found[2] else size)
