"""A ZIP file that is made while it is read: nothing of it is on a disk before, and little of it in memory."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from hookroom.uploads.apart import apart

MEDIA_TYPE: Final = "application/zip"


class Entry(Struct, frozen=True, kw_only=True):
    """A file in an archive. ``packed``: packing makes it smaller, as it does texts. ``size``: bytes, if known."""

    name: str
    chunks: AsyncIterator[bytes]
    packed: bool = True
    size: int | None = None


async def archive(entries: AsyncIterator[Entry], at: int) -> AsyncIterator[bytes]:
    """The bytes of the ZIP file of ``entries``, whose files are of ``at`` (epoch milliseconds).

    Each entry is read to its end before the next one is asked for.
    """
    sink = _Sink()
    day = datetime.fromtimestamp(at / 1000, UTC).timetuple()[:6]
    with zipfile.ZipFile(sink, "w") as out:
        async for entry in entries:
            info = zipfile.ZipInfo(entry.name, day)
            info.compress_type = zipfile.ZIP_DEFLATED if entry.packed else zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            info.file_size = entry.size or 0
            # What is of unknown size may be too large for the older form.
            with out.open(info, "w", force_zip64=entry.size is None) as file:
                async for chunk in entry.chunks:
                    await apart(file.write, chunk)
                    yield sink.take()
    yield sink.take()


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    """All of an entry at once."""
    yield data


class _Sink:
    """What ``zipfile`` writes to: a file that nobody can go back in."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """Keep it until it is taken."""
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
