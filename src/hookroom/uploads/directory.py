"""Files in a directory: written beside it, flushed to the disk, then renamed into their place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Final

import structlog

from hookroom.uploads.apart import apart
from hookroom.uploads.store import FileLost, StoreFailed, blocks

log = structlog.get_logger()

BLOCK: Final = 256 * 1024
"""Bytes that are written or read at once."""


class DirectoryStore:
    """Files below ``root``, in two levels of directories by the beginning of their ids.

    Nobody but the server's own user may read them. Directories are made when the first file comes.
    """

    name = "FileSystem:Uploads"

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """See ``FileStore``."""
        temporary = self._temporary(file_id)
        with _told():
            file = await apart(_create, self._root, temporary)
        try:
            async for block in blocks(chunks, BLOCK):
                with _told():
                    await apart(file.write, block)
            with _told():
                await apart(self._finish, file, temporary, self._path(file_id))
        except BaseException:
            file.close()
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    async def open(self, file_id: str, first: int, end: int) -> AsyncIterator[bytes]:
        """See ``FileStore``."""
        try:
            with _told():
                file = await apart(_open_at, self._path(file_id), first)
        except FileNotFoundError:
            raise FileLost from None
        return _read(file, end - first)

    async def delete(self, file_id: str) -> None:
        """See ``FileStore``."""
        with _told():
            await apart(_unlink, self._path(file_id), self._temporary(file_id))

    def _path(self, file_id: str) -> Path:
        return self._root / file_id[:2] / file_id[2:4] / file_id

    def _temporary(self, file_id: str) -> Path:
        return self._root / "arriving" / file_id

    def _finish(self, file: IO[bytes], temporary: Path, path: Path) -> None:
        os.fsync(file.fileno())
        file.close()
        _make(self._root, path.parent)
        temporary.rename(path)
        # The names of new directories must outlive a crash too, up to the one that was there before.
        for directory in (path.parent, path.parent.parent, self._root, self._root.parent):
            _flush(directory)


def _create(root: Path, path: Path) -> IO[bytes]:
    _make(root, path.parent)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb", buffering=0)


def _make(root: Path, directory: Path) -> None:
    # One by one: `parents=True` would leave those in between open to everybody.
    root.mkdir(0o700, parents=True, exist_ok=True)
    for below in reversed([directory, *directory.parents][: len(directory.relative_to(root).parts)]):
        below.mkdir(0o700, exist_ok=True)


def _open_at(path: Path, first: int) -> IO[bytes]:
    file = path.open("rb", buffering=0)
    file.seek(first)
    return file


async def _read(file: IO[bytes], remaining: int) -> AsyncIterator[bytes]:
    with file:
        while remaining:
            with _told():
                block = await apart(file.read, min(BLOCK, remaining))
            if not block:
                raise StoreFailed
            remaining -= len(block)
            yield block


def _unlink(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _flush(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the system refuses is in the log, and ``StoreFailed`` for the caller."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        log.error("the directory of files refused a call", reason=os.strerror(error.errno or 0))
        raise StoreFailed from error
