"""Unpacking bodies, within a bound."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hookroom.errors import HookFailure, HookroomError, TooLarge, UnknownEncoding
from hookroom.rules.content_encoding import ACCEPTED, MAX_ENCODINGS, MAX_MEMBERS, unpacked

LIMIT = 64 * 1024
TEXT = b'{"text": "packed"}' * 50


def zstd_stream(content: bytes, **options: int) -> bytes:
    """A frame that does not say how long its content is."""
    parameters = zstandard.ZstdCompressionParameters(**options)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return stream.compress(content) + stream.flush()


def raw_deflate(content: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "ZSTD": zstd_stream,
}
packings = pytest.mark.parametrize(("name", "pack"), PACKERS.items(), ids=PACKERS)


@pytest.mark.parametrize("name", [None, "", "identity", "Identity ", ",", "identity, identity", "utf-8"])
def test_what_is_not_packed_stays_the_same(name: str | None) -> None:
    assert unpacked(name, TEXT, 1) is TEXT


@packings
def test_each_encoding(name: str, pack: Callable[[bytes], bytes]) -> None:
    for content in (TEXT, b"", b"x", bytes(range(256)) * 200):
        assert unpacked(f" {name} ", pack(content), LIMIT) == content
    assert unpacked(name, b"", LIMIT) == b""


@packings
def test_the_limit_is_exact(name: str, pack: Callable[[bytes], bytes]) -> None:
    assert len(unpacked(name, pack(b"\0" * LIMIT), LIMIT)) == LIMIT
    with pytest.raises(TooLarge) as caught:
        unpacked(name, pack(b"\0" * (LIMIT + 1)), LIMIT)
    assert caught.value.status == 413


def test_encodings_are_undone_from_the_last() -> None:
    packed = zlib.compress(brotli.compress(gzip.compress(TEXT)))
    assert unpacked("gzip, identity, br,deflate", packed, LIMIT) == TEXT
    with pytest.raises(HookFailure) as caught:
        unpacked("deflate, br, gzip", packed, LIMIT)
    assert caught.value.status == 400


@pytest.mark.parametrize("name", ["compress", "gzip, aws-chunked", "base64", "x" * 5000, "gzip;q=1", "\xff"])
def test_unknown_encodings(name: str) -> None:
    with pytest.raises(UnknownEncoding) as caught:
        unpacked(name, b"", LIMIT)
    assert (caught.value.status, caught.value.accepted) == (415, ACCEPTED)
    assert ACCEPTED in str(caught.value)
    assert len(str(caught.value)) < 200


def test_too_many_encodings() -> None:
    packed = TEXT
    for _ in range(MAX_ENCODINGS + 1):
        packed = gzip.compress(packed)
    assert unpacked(", ".join(["gzip"] * MAX_ENCODINGS), packed, LIMIT)[:2] == b"\x1f\x8b"
    with pytest.raises(HookFailure, match="more than 3 encodings"):
        unpacked(", ".join(["gzip"] * (MAX_ENCODINGS + 1)), packed, LIMIT)


@packings
def test_what_is_damaged_is_refused(name: str, pack: Callable[[bytes], bytes]) -> None:
    whole = pack(bytes(range(256)) * 20)
    for end in (1, 2, 5, 9, len(whole) // 2, len(whole) - 1):
        with pytest.raises(HookFailure, match=r"cannot be unpacked.*(too early|damaged)") as caught:
            unpacked(name, whole[:end], LIMIT)
        assert caught.value.status == 400
    for bad in (b"junk", TEXT, whole + b"junk", b"\0" + whole):
        with pytest.raises(HookFailure) as caught:
            unpacked(name, bad, LIMIT)
        assert "packed" not in str(caught.value).replace("unpacked", "")


def test_members_and_frames_one_after_another() -> None:
    zstd = PACKERS["zstd"]
    skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    assert unpacked("gzip", gzip.compress(b"a") + gzip.compress(b"") + gzip.compress(b"b"), 9) == b"ab"
    assert unpacked("gzip", gzip.compress(b"a") + b"\0" * 512, 9) == b"a"
    assert unpacked("zstd", zstd(b"a") + zstd(b"") + skippable + zstd_stream(b"b"), 9) == b"ab"
    for name, many in (("gzip", gzip.compress(b"a")), ("zstd", zstd(b"a"))):
        assert unpacked(name, many * MAX_MEMBERS, LIMIT) == b"a" * MAX_MEMBERS
        with pytest.raises(HookFailure, match="more than 100 parts"):
            unpacked(name, many * (MAX_MEMBERS + 1), LIMIT)
        with pytest.raises(TooLarge):
            unpacked(name, many * 11, 10)


def test_a_huge_window_is_refused() -> None:
    with pytest.raises(HookFailure, match="window is over"):
        unpacked("zstd", zstd_stream(b"a" * 1000, window_log=27), LIMIT)
    assert unpacked("zstd", zstd_stream(b"a" * 1000, window_log=23), LIMIT) == b"a" * 1000


HUGE = 1 << 26
EMPTY_ZSTD = PACKERS["zstd"](b"")


@pytest.mark.parametrize(
    ("name", "bomb"),
    [
        ("gzip", gzip.compress(b"\0" * HUGE, 9)),
        ("gzip", gzip.compress(b"") * 3 + gzip.compress(b"\0" * HUGE, 9)),
        ("gzip, gzip", gzip.compress(gzip.compress(b"\0" * HUGE, 9), 9)),
        ("deflate", zlib.compress(b"\0" * HUGE, 9)),
        ("deflate", raw_deflate(b"\0" * HUGE)),
        ("br", brotli.compress(b"\0" * HUGE, quality=5)),
        ("zstd", PACKERS["zstd"](b"\0" * HUGE)),
        ("zstd", zstd_stream(b"\0" * HUGE, window_log=23)),
        ("zstd", EMPTY_ZSTD * 3 + b"\x50\x2a\x4d\x18\0\0\0\0" + zstd_stream(b"\0" * HUGE)),
    ],
)
def test_bombs_stop_at_the_limit(name: str, bomb: bytes) -> None:
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpacked(name, bomb, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


names = st.lists(st.sampled_from([*PACKERS, "identity"]), max_size=3)


@given(names, st.binary(max_size=300))
def test_what_is_packed_comes_back(encodings: list[str], content: bytes) -> None:
    packed = content
    for name in encodings:
        packed = PACKERS[name](packed) if name != "identity" else packed
    assert unpacked(",".join(encodings), packed, LIMIT) == content


@given(names, st.binary(max_size=300), st.data())
def test_anything_else_is_refused(encodings: list[str], content: bytes, data: st.DataObject) -> None:
    packed = bytearray(content)
    for name in encodings[:1]:
        packed = bytearray(PACKERS.get(name, bytes)(content))
        if packed:
            packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert len(unpacked(",".join(encodings), bytes(packed), 1000)) <= 1000
    except HookroomError as refusal:
        assert refusal.status in (400, 413)  # noqa: PT017
