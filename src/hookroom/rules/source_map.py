"""From places in the code that runs to places in the script that its user wrote.

Babel's output is one long line; its source map (version 3, ECMA-426) leads back. The map is kept with the code, as
the last line of it, so that whatever stores compiled scripts needs to know nothing of maps::

    "use strict";var Script=…
    //# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjoz…

Lines and columns count from 1 here, as in the stacks of QuickJS; columns are in UTF-16 units, as in the map.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import decode, encode

SOURCE: Final = "script"
"""What a map of ours calls its only source."""
PRELUDE_LENGTH: Final = 1
"""How many characters the sandbox puts in front of the code, on its first line: ``;``."""
RUNTIME: Final = "hookroom:"
"""The files of the sandbox's own code begin with this; no user wants to see them."""
MAX_STACK: Final = 16_384
"""Most characters of a stack that are read: a script can give an error any stack."""

MAX_MAPPINGS: Final = 400_000
"""Most characters of mappings that are read, a quarter of a second's work: a script that was not compiled may come
with a map that its author made up."""

_COMMENT: Final = "\n//# sourceMappingURL=data:application/json;base64,"
_DIGITS: Final = {
    character: value
    for value, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_CONTINUES: Final = 32
_MAX_SHIFT: Final = 30


class BrokenMap(ValueError):
    """Mappings that are none."""


class SourceMap(Struct, frozen=True):
    """A map with one source, as it is kept: its ``mappings`` still encoded."""

    mappings: str
    names: Sequence[str] = ()


class Original(Struct, frozen=True):
    """A place in the user's script, and the name that stands there if the map tells one."""

    line: int
    column: int
    name: str | None = None


class _Kept(Struct):
    version: int
    sources: list[str]
    names: list[str]
    mappings: str


def with_map(code: str, mappings: str, names: Sequence[str]) -> str:
    """``code`` with its map behind it, for ``split_map``."""
    kept = _Kept(version=3, sources=[SOURCE], names=list(names), mappings=mappings)
    return f"{code}{_COMMENT}{b64encode(encode(kept)).decode()}"


def split_map(compiled: str) -> tuple[str, SourceMap | None]:
    """The code and the map that ``with_map`` put behind it.

    Anything else stays part of the code: a script that was not compiled may end with a map of its author's.
    """
    code, comment, encoded = compiled.rpartition(_COMMENT)
    if not comment:
        return compiled, None
    try:
        kept = decode(b64decode(encoded, validate=True), type=_Kept)
    except (DecodeError, ValidationError, binascii.Error, ValueError):
        return compiled, None
    if kept.version != 3 or kept.sources != [SOURCE]:
        return compiled, None
    return code, SourceMap(kept.mappings, tuple(kept.names))


class Places:
    """A map that has been read, for looking places up. Raises ``BrokenMap`` for mappings that are none."""

    def __init__(self, source_map: SourceMap) -> None:
        self._columns: list[list[int]] = []
        self._originals: list[list[Original | None]] = []
        # All fields but the column count on from the segment before, across lines (ECMA-426, section 8).
        source = line = column = name = 0
        for text in source_map.mappings.split(";"):
            columns: list[int] = []
            originals: list[Original | None] = []
            at = 0
            for segment in text.split(",") if text else ():
                fields = tuple(_numbers(segment))
                if len(fields) not in (1, 4, 5):
                    raise BrokenMap(f"a segment of {len(fields)} fields")
                at += fields[0]
                original = None
                if len(fields) > 1:
                    source, line, column = source + fields[1], line + fields[2], column + fields[3]
                    word = None
                    if len(fields) == 5:
                        name += fields[4]
                        word = _name(source_map.names, name)
                    if source or min(line, column) < 0:
                        raise BrokenMap("a place outside of the script")
                    original = Original(line + 1, column + 1, word)
                if at < 0 or (columns and at < columns[-1]):
                    raise BrokenMap("segments out of order")
                columns.append(at)
                originals.append(original)
            self._columns.append(columns)
            self._originals.append(originals)

    def original(self, line: int, column: int) -> Original | None:
        """Where the code at ``line`` and ``column`` comes from.

        It is the place of the nearest segment at or before it on the same line. ``None`` for code that no user
        wrote: before the first segment, or where the map says that there is no source.
        """
        if not 0 < line <= len(self._columns):
            return None
        index = bisect_right(self._columns[line - 1], column - 1) - 1
        return self._originals[line - 1][index] if index >= 0 else None


def _name(names: Sequence[str], index: int) -> str:
    if not 0 <= index < len(names):
        raise BrokenMap("a name that is not listed")
    return names[index]


def _numbers(segment: str) -> Iterator[int]:
    value = shift = 0
    for character in segment:
        digit = _DIGITS.get(character)
        if digit is None or shift > _MAX_SHIFT:
            raise BrokenMap("not base64 VLQ")
        value |= (digit & ~_CONTINUES) << shift
        if digit & _CONTINUES:
            shift += 5
            continue
        # The lowest bit is the sign.
        yield -(value >> 1) if value & 1 else value >> 1
        value = shift = 0
    if shift:
        raise BrokenMap("a number that does not end")


class Frame(Struct, frozen=True):
    """A line of a stack: in ``function``, at a place in ``file``.

    ``line`` and ``column`` are ``None`` for the engine's own functions, whose file is ``native``.
    """

    function: str
    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        return f"    at {self.function} ({place})" if self.function else f"    at {place}"


class Stack(Struct, frozen=True):
    """A stack that its script's user can read.

    ``text`` has a line per frame, each as V8 and QuickJS write it, and no name or message of the error. ``line``
    and ``column`` are those of the innermost frame in the script, ``None`` when there is none.
    """

    text: str
    line: int | None = None
    column: int | None = None


def parse_frame(text: str) -> Frame | None:
    """The frame that a line of a stack tells of, ``None`` if it is no frame.

    ``at name (file:line:column)``, ``at name (native)`` or ``at file:line:column``.
    """
    inner = text.strip()
    if not inner.startswith("at "):
        return None
    inner = inner[3:]
    function = ""
    if inner.endswith(")"):
        function, bracket, inner = inner[:-1].rpartition(" (")
        if not bracket:
            return None
    parts = inner.rsplit(":", 2)
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts[1:]):
        return Frame(function, parts[0], int(parts[1]), int(parts[2]))
    return Frame(function, inner) if function else None


def mapped_stack(stack: str, source_map: SourceMap | None, *, generated: str, display: str) -> Stack:
    """A stack of QuickJS, told in places of the user's script.

    Frames in the file ``generated`` are looked up in ``source_map`` and shown as frames of ``display``; without
    a map (a script that is not compiled) only the prelude is subtracted. Left out are frames of the sandbox's own
    code, of what Babel added, and of the engine where nothing of the script follows. Lines that are no frames
    stay: a script may give an error a stack of its own.
    """
    places = _places(source_map)
    shown: list[Frame | str] = []
    innermost: Frame | None = None
    for text in stack[:MAX_STACK].splitlines():
        frame = parse_frame(text)
        if frame is None:
            if text.strip():
                shown.append(text)
            continue
        if frame.file == generated:
            frame = _mapped(frame, places, display)
            innermost = innermost or frame
        elif frame.file.startswith(RUNTIME):
            frame = None
        if frame is not None:
            shown.append(frame)
    while shown and isinstance(last := shown[-1], Frame) and last.line is None:
        shown.pop()
    text = "\n".join(map(str, shown))
    if innermost is None:
        return Stack(text)
    return Stack(text, innermost.line, innermost.column)


@lru_cache(maxsize=16)
def _places(source_map: SourceMap | None) -> Places | None:
    """Read once for all errors of a script: it may throw at every call."""
    if source_map is None or len(source_map.mappings) > MAX_MAPPINGS:
        return None
    try:
        return Places(source_map)
    except BrokenMap:
        # Places in the compiled code are better than none.
        return None


def _mapped(frame: Frame, places: Places | None, display: str) -> Frame | None:
    if frame.line is None or frame.column is None:
        return Frame(frame.function, display)
    column = max(1, frame.column - PRELUDE_LENGTH) if frame.line == 1 else frame.column
    if places is None:
        return Frame(frame.function, display, frame.line, column)
    original = places.original(frame.line, column)
    if original is None:
        return None
    # Babel names the functions that it makes of async ones and generators `_callee`, `_callee$`, `_callee2`.
    function = "" if frame.function.startswith("_callee") else frame.function
    return Frame(function, display, original.line, original.column)
