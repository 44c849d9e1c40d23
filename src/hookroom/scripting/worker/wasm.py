"""Rewriting a WebAssembly module: a memory image in place of its data, and only the exports that are used.

The engine initialises itself once, when an image is built; instances of the rewritten module start where that
left off. Works on what the engine's module has (core WebAssembly 1.0 with bulk memory, one memory, active
segments only) and refuses anything else. Section numbers and layouts: WebAssembly Core Specification, 5.5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

_MAGIC: Final = b"\0asm\1\0\0\0"
_CUSTOM, _IMPORT, _MEMORY, _GLOBAL, _EXPORT, _START, _DATA, _DATA_COUNT = 0, 2, 5, 6, 7, 8, 11, 12
_IMPORT_FUNCTION: Final = 0
_EXPORT_GLOBAL: Final = 3
_I32_CONST: Final = 0x41
_END: Final = 0x0B

PAGE: Final = 65536
"""Bytes of a WebAssembly page."""

_GAP: Final = 64
"""A run of zeros of this length ends a segment: shorter ones cost less inside of it than a new header."""


class Unsupported(Exception):
    """The module has something that the rewriting does not know."""


def with_image(module: bytes, memory: bytes, globals_: Mapping[str, int], keep: Collection[str]) -> bytes:
    """``module`` starting with ``memory`` and with the exported mutable ``globals_`` (i32) at these values.

    Of its exports those in ``keep`` stay. Custom sections (names, debugging) go. Raises ``Unsupported``.
    """
    sections = dict(_sections(module))
    indexes = {name: index for name, kind, index in _exports(sections[_EXPORT]) if kind == _EXPORT_GLOBAL}
    values = {indexes[name]: value for name, value in globals_.items()}
    if _START in sections:
        raise Unsupported("a start function")
    segments = b"".join(_segments(memory))
    count = sum(1 for _ in _runs(memory))
    sections[_MEMORY] = _memory(sections[_MEMORY], len(memory) // PAGE)
    sections[_GLOBAL] = _globals(sections[_GLOBAL], values)
    sections[_EXPORT] = _kept(sections[_EXPORT], keep)
    sections[_DATA] = _leb(count) + segments
    if _DATA_COUNT in sections:
        sections[_DATA_COUNT] = _leb(count)
    return _module(sections)


def with_imports(module: bytes, instead: Mapping[tuple[str, str], tuple[str, str]]) -> bytes:
    """``module`` importing functions of the same type ``instead`` (module and name) of others."""
    sections = dict(_sections(module))
    sections[_IMPORT] = _imports(sections[_IMPORT], instead)
    return _module(sections)


def _sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    if module[:8] != _MAGIC:
        raise Unsupported("not a WebAssembly 1.0 module")
    at = 8
    while at < len(module):
        number = module[at]
        size, at = _unsigned(module, at + 1)
        if number != _CUSTOM:
            yield number, module[at : at + size]
        at += size


def _module(sections: Mapping[int, bytes]) -> bytes:
    parts = [bytes((number,)) + _leb(len(content)) + content for number, content in sections.items()]
    return b"".join((_MAGIC, *parts))


def _imports(section: bytes, instead: Mapping[tuple[str, str], tuple[str, str]]) -> bytes:
    count, at = _unsigned(section, 0)
    out = [_leb(count)]
    for _ in range(count):
        names: list[str] = []
        for _ in range(2):
            size, at = _unsigned(section, at)
            names.append(section[at : at + size].decode())
            at += size
        if section[at] != _IMPORT_FUNCTION:
            raise Unsupported("an import that is no function")
        start = at
        _, at = _unsigned(section, at + 1)
        module, name = names
        out += [_named(part) for part in instead.get((module, name), (module, name))]
        out.append(section[start:at])
    return b"".join(out)


def _named(name: str) -> bytes:
    encoded = name.encode()
    return _leb(len(encoded)) + encoded


def _memory(section: bytes, pages: int) -> bytes:
    """One memory with ``pages`` at the start; a most that the module names stays."""
    count, at = _unsigned(section, 0)
    flags = section[at]
    if count != 1 or flags > 1:
        raise Unsupported("other than one plain memory")
    _, at = _unsigned(section, at + 1)
    return b"\1" + bytes((flags,)) + _leb(pages) + section[at:]


def _globals(section: bytes, values: Mapping[int, int]) -> bytes:
    count, at = _unsigned(section, 0)
    out = [_leb(count)]
    for index in range(count):
        start = at
        if section[at + 2] != _I32_CONST:
            raise Unsupported("a global that is no i32 constant")
        _, at = _signed(section, at + 3)
        if section[at] != _END:
            raise Unsupported("a computed global")
        at += 1
        if index in values:
            out.append(section[start : start + 3] + _signed_leb(values[index]) + bytes((_END,)))
        else:
            out.append(section[start:at])
    return b"".join(out)


def _exports(section: bytes) -> Iterator[tuple[str, int, int]]:
    count, at = _unsigned(section, 0)
    for _ in range(count):
        size, at = _unsigned(section, at)
        name = section[at : at + size].decode()
        kind = section[at + size]
        index, at = _unsigned(section, at + size + 1)
        yield name, kind, index


def _kept(section: bytes, keep: Collection[str]) -> bytes:
    kept = [
        _named(name) + bytes((kind,)) + _leb(index) for name, kind, index in _exports(section) if name in keep
    ]
    if len(kept) != len(keep):
        raise Unsupported("an export that is needed is not there")
    return _leb(len(kept)) + b"".join(kept)


def _segments(memory: bytes) -> Iterator[bytes]:
    for start, end in _runs(memory):
        content = memory[start:end]
        yield (
            b"\0" + bytes((_I32_CONST,)) + _signed_leb(start) + bytes((_END,)) + _leb(len(content)) + content
        )


def _runs(memory: bytes) -> Iterator[tuple[int, int]]:
    """What is not zero, as (start, end)."""
    gap = bytes(_GAP)
    at, size = 0, len(memory)
    while at < size:
        # Whole chunks of zeros are passed over quickly, then single bytes.
        while at < size and memory[at : at + 4096] == bytes(min(4096, size - at)):
            at += 4096
        while at < size and not memory[at]:
            at += 1
        if at >= size:
            return
        end = memory.find(gap, at)
        end = size if end < 0 else end
        yield at, end
        at = end


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _signed(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value - (1 << shift) if byte & 0x40 else value), at


def _leb(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed_leb(value: int) -> bytes:
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)
