"""Files in a bucket of Amazon's S3, or of a service that speaks its protocol."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from hookroom.uploads.store import FileLost, StoreFailed, blocks

if TYPE_CHECKING:
    from obstore.store import S3Config

log = structlog.get_logger()

PART: Final = 5 * 1024 * 1024
"""Bytes of one part of an upload: the least that the protocol takes."""
PARTS_AT_ONCE: Final = 2
"""Parts of one upload that are under way; these are in memory."""
PIECE: Final = 256 * 1024
"""Least bytes of one piece of a download, but for the last."""

_CODE: Final = re.compile(r"<Code>(\w{1,64})</Code>")
_MAX_REASON: Final = 300
_RETRIED_FOR: Final = timedelta(seconds=20)


class S3FileStore:
    """Files as objects ``{prefix}/{id}``.

    The bucket is the operator's, and may be on their own network: it is not called through the guarded client,
    which is for addresses that users name.
    """

    name = "AmazonS3:Uploads"

    def __init__(
        self,
        bucket: str,
        prefix: str,
        *,
        region: str,
        endpoint: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
    ) -> None:
        """Without an ``endpoint`` Amazon's of the ``region``; without keys those of the environment."""
        chosen: S3Config = {"region": region}
        if endpoint:
            chosen["endpoint"] = endpoint
        if access_key and secret_key:
            chosen |= {"access_key_id": access_key, "secret_access_key": secret_key}
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config=chosen,
            client_options={"allow_http": bool(endpoint and endpoint.lower().startswith("http://"))},
            retry_config={"max_retries": 5, "retry_timeout": _RETRIED_FOR},
        )

    async def put(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """See ``FileStore``."""
        source = _Source(blocks(chunks, PIECE))
        try:
            await obstore.put_async(
                self._store,
                file_id,
                source,
                use_multipart=True,
                chunk_size=PART,
                max_concurrency=PARTS_AT_ONCE,
            )
        except BaseException as error:
            if source.failure is not None:
                raise source.failure from None
            if isinstance(error, _REFUSALS):
                raise _failed(error) from error
            raise

    async def open(self, file_id: str, first: int, end: int) -> AsyncIterator[bytes]:
        """See ``FileStore``."""
        with _told():
            found = await obstore.get_async(self._store, file_id, options={"range": (first, end)})
        return _read(found)

    async def delete(self, file_id: str) -> None:
        """See ``FileStore``."""
        with contextlib.suppress(FileLost), _told():
            await obstore.delete_async(self._store, file_id)


class _Source:
    """Hands chunks on, and keeps what they raise: the library gives its callers an error of its own."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.failure: BaseException | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except BaseException as error:
            self.failure = error
            raise


async def _read(found: obstore.GetResult) -> AsyncIterator[bytes]:
    with _told():
        async for piece in found.stream(min_chunk_size=PIECE):
            yield bytes(piece)


_REFUSALS: Final = (BaseError, OSError)
"""What the library raises: errors of its own, or the system's that are like them."""


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """``FileLost`` for an object that is not there; else ``StoreFailed``, and what went wrong is in the log."""
    try:
        yield
    except _REFUSALS as error:
        missing = isinstance(error, NotFoundError | FileNotFoundError) and "NoSuchBucket" not in str(error)
        raise (FileLost() if missing else _failed(error)) from error


def _failed(error: BaseException) -> StoreFailed:
    # The whole text goes on for pages; keys are in headers, which it does not show.
    code = _CODE.search(str(error))
    what = str(error).strip().partition("\n")[0][:_MAX_REASON]
    log.error("the bucket of files refused a call", code=code[1] if code else None, reason=what)
    return StoreFailed()
