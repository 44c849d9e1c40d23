"""What every storage of files promises: one suite for all of them."""

from __future__ import annotations

import asyncio
import stat
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.uploads.s3_service import BUCKET, KEY, REGION, SECRET, S3Service

from hookroom.config import ConfigError, load
from hookroom.errors import Failure
from hookroom.rules.ids import random_id
from hookroom.uploads.directory import DirectoryStore
from hookroom.uploads.opening import open_store
from hookroom.uploads.s3 import S3FileStore
from hookroom.uploads.store import FileLost, FileStore, StoreFailed, blocks

MB = 1024 * 1024


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "directory":
        return DirectoryStore(tmp_path / "new" / "files")
    service: S3Service = request.getfixturevalue("s3")
    return bucket(service, "some/prefix")


def bucket(service: S3Service, prefix: str) -> S3FileStore:
    return S3FileStore(BUCKET, prefix, region=REGION, endpoint=service.url, access_key=KEY, secret_key=SECRET)


async def chunks(*pieces: bytes, failure: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if failure is not None:
        raise failure


async def content(store: FileStore, file_id: str, first: int, end: int) -> bytes:
    return b"".join([piece async for piece in await store.open(file_id, first, end)])


async def lost(store: FileStore, file_id: str) -> bool:
    try:
        await content(store, file_id, 0, 1)
    except FileLost:
        return True
    return False


def test_a_file_comes_back_whole_and_in_parts(store: FileStore) -> None:
    async def body() -> None:
        file_id = random_id()
        whole = bytes(range(256)) * 8192  # 2 MB: several pieces
        await store.put(file_id, chunks(*(whole[i : i + 65_536] for i in range(0, len(whole), 65_536))))
        assert await content(store, file_id, 0, len(whole)) == whole
        for first, end in ((0, 1), (255, 258), (len(whole) - 1, len(whole)), (1000, 1_000_000)):
            assert await content(store, file_id, first, end) == whole[first:end]

    asyncio.run(body())


@pytest.mark.parametrize("pieces", [(), (b"",), (b"x",), (b"x" * 5 * MB,), (b"x" * (5 * MB + 1), b"y")])
def test_files_of_any_size(store: FileStore, pieces: tuple[bytes, ...]) -> None:
    async def body() -> None:
        file_id = random_id()
        await store.put(file_id, chunks(*pieces))
        if whole := b"".join(pieces):
            assert await content(store, file_id, 0, len(whole)) == whole

    asyncio.run(body())


@pytest.mark.parametrize("sent", [0, 1, 12 * MB])
def test_nothing_stays_of_what_was_cut_off(store: FileStore, tmp_path: Path, sent: int) -> None:
    async def body() -> None:
        file_id = random_id()
        failure = Failure("the sender went away")
        with pytest.raises(Failure) as caught:
            await store.put(file_id, chunks(*[b"x" * MB] * (sent // MB), b"x" * (sent % MB), failure=failure))
        assert caught.value is failure
        assert await lost(store, file_id)

    asyncio.run(body())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_is_removed_once_or_twice(store: FileStore) -> None:
    async def body() -> None:
        file_id = random_id()
        await store.put(file_id, chunks(b"abc"))
        await store.delete(file_id)
        assert await lost(store, file_id)
        await store.delete(file_id)
        await store.delete(random_id())

    asyncio.run(body())


def test_a_large_file_is_never_in_memory(store: FileStore) -> None:
    async def many() -> AsyncIterator[bytes]:
        for i in range(64 * 16):
            yield bytes([i % 256]) * 65_536

    async def body() -> None:
        file_id = random_id()
        await store.put(file_id, chunks(b"x"))
        tracemalloc.start()
        try:
            await store.put(file_id + "2", many())
            async for piece in await store.open(file_id + "2", 0, 64 * MB):
                assert piece
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 16 * MB

    asyncio.run(body())


def test_unfinished_parts_are_aborted(s3: S3Service) -> None:
    with pytest.raises(Failure):
        asyncio.run(bucket(s3, "cut").put("a", chunks(*[b"x" * MB] * 12, failure=Failure("gone"))))
    assert s3.unfinished() == []
    assert "cut/a" not in s3.names()


def test_prefixes_keep_servers_apart(s3: S3Service) -> None:
    async def body() -> None:
        one, other = bucket(s3, "one"), bucket(s3, "other/deep")
        await one.put("same", chunks(b"1"))
        await other.put("same", chunks(b"2"))
        assert await content(one, "same", 0, 1) == b"1"
        assert await content(other, "same", 0, 1) == b"2"
        assert {"one/same", "other/deep/same"} <= set(s3.names())

    asyncio.run(body())


def test_keys_may_come_from_the_environment(s3: S3Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    store = S3FileStore(BUCKET, "environment", region=REGION, endpoint=s3.url)
    asyncio.run(store.put("a", chunks(b"1")))
    assert "environment/a" in s3.names()


def test_only_the_servers_user_may_read_the_directory(tmp_path: Path) -> None:
    root = tmp_path / "files"
    asyncio.run(DirectoryStore(root).put("abcdefg", chunks(b"1")))
    for path in [root, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert (root / "ab" / "cd" / "abcdefg").read_bytes() == b"1"


def test_what_a_killed_server_left_of_a_file_goes_with_it(tmp_path: Path) -> None:
    root = tmp_path / "files"
    (root / "arriving").mkdir(parents=True)
    (root / "arriving" / "abcdefg").write_bytes(b"half")
    asyncio.run(DirectoryStore(root).delete("abcdefg"))
    assert not [path for path in root.rglob("*") if path.is_file()]


def refusing_directory(tmp_path: Path) -> FileStore:
    (tmp_path / "file").write_text("not a directory")
    return DirectoryStore(tmp_path / "file")


def missing_bucket(tmp_path: Path, service: S3Service) -> FileStore:
    return S3FileStore(
        "no-such-bucket", "", region=REGION, endpoint=service.url, access_key=KEY, secret_key=SECRET
    )


@pytest.mark.parametrize("kind", ["directory", "s3"])
def test_a_storage_that_fails_says_so(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "directory":
        store = refusing_directory(tmp_path)
    else:
        store = missing_bucket(tmp_path, request.getfixturevalue("s3"))
    with pytest.raises(StoreFailed) as caught:
        asyncio.run(store.put("abcdefg", chunks(b"1")))
    assert caught.value.status == 503
    assert str(tmp_path) not in str(caught.value)


def test_a_cancelled_upload_leaves_nothing(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * MB
        arrived.set()
        await asyncio.Event().wait()

    async def body() -> None:
        upload = asyncio.create_task(DirectoryStore(tmp_path / "files").put("abcdefg", stuck()))
        await arrived.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload

    asyncio.run(body())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("pieces", [(), (b"",), (b"ab", b"c"), (b"a" * 10, b"", b"b" * 3, b"c" * 25)])
def test_pieces_are_gathered(pieces: tuple[bytes, ...]) -> None:
    async def gathered() -> list[bytes]:
        return [block async for block in blocks(chunks(*pieces), 8)]

    found = asyncio.run(gathered())
    assert b"".join(found) == b"".join(pieces)
    assert all(len(block) >= 8 for block in found[:-1])
    assert all(found)


def test_the_storage_that_the_configuration_asks_for(tmp_path: Path) -> None:
    assert open_store(load(data=tmp_path)).name == "FileSystem:Uploads"
    keys = {"s3_access_key": "a", "s3_secret_key": "b"}
    assert open_store(load(files_store="s3://bucket/some/prefix", **keys)).name == "AmazonS3:Uploads"


@pytest.mark.parametrize(
    "flags",
    [
        {"files_store": "/var/files"},
        {"files_store": "s3://"},
        {"files_store": "https://bucket.example"},
        {"files_store": "s3://key:secret@bucket"},
        {"files_store": "s3://bucket", "s3_access_key": "key-of-mine"},
        {"files_store": "s3://bucket", "s3_secret_key": "secret-of-mine"},
    ],
)
def test_a_configuration_that_is_none(flags: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(load(**flags))
    assert not any(secret in str(caught.value) for secret in ("key-of-mine", "secret-of-mine", "key:secret"))
