"""The port to where files are kept; ``directory.py`` and ``s3.py`` implement it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from hookroom.errors import HookroomError


class StoreFailed(HookroomError):
    """The storage of files cannot be reached, or is full (503); the log says more."""

    status = 503

    def __init__(self) -> None:
        super().__init__("The storage of files is not available at the moment; please try again.")


class FileLost(HookroomError):
    """The storage does not have a file that it should have (404)."""

    status = 404

    def __init__(self) -> None:
        super().__init__("The file is no longer in the storage.")


class FileStore(Protocol):
    """Files by id. Ids are those of ``rules.ids``: safe as names of files. All methods raise ``StoreFailed``."""

    @property
    def name(self) -> str:
        """What clients are told of where a file is: ``FileSystem:Uploads``."""
        ...

    async def put(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a file as it comes in, a bounded part of it in memory; durable when this returns.

        What ``chunks`` raises is raised here. After an error nothing of the file can be read.
        """
        ...

    async def open(self, file_id: str, first: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` up to but not with ``end``, in pieces. Raises ``FileLost``."""
        ...

    async def delete(self, file_id: str) -> None:
        """Remove a file, and what a ``put`` that was cut off left of it. One that is not there is no error."""
        ...


async def blocks(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """``chunks`` in pieces of at least ``size`` bytes, but for the last."""
    gathered: list[bytes] = []
    length = 0
    async for chunk in chunks:
        gathered.append(chunk)
        length += len(chunk)
        if length >= size:
            yield b"".join(gathered)
            gathered, length = [], 0
    if length:
        yield b"".join(gathered)
