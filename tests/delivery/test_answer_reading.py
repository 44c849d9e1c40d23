"""Answers as they are read, however they come in pieces."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.delivery.exchange import NotReached
from hookroom.delivery.wire.answer import MAX_FIELD, MAX_HEAD, MAX_HEADERS, MOST_INFORMATIONAL, Reading
from hookroom.delivery.wire.unpacking import MOST_MEMBERS, NotPacked, unpacking

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

Read = tuple[int, dict[str, str], bytes, bool, bool] | str


def read(pieces: list[bytes], most_body: int = 1000, *, head: bool = False, ends: bool = True) -> Read:
    """Status, headers, body, whether it is truncated and whether the connection can go on; or what is wrong."""
    reading = Reading("host:80", most_body)
    reading.begin(head=head)
    try:
        for piece in pieces:
            if reading.feed(piece):
                break
        else:
            if not ends or not reading.end():
                return "no answer"
    except NotReached as error:
        return error.reason
    return (
        reading.status,
        reading.headers,
        bytes(reading.body),
        reading.truncated,
        reading.keeps_open,
    )


WELL = {
    "length": OK + b"Content-Length: 4\r\n\r\nfine",
    "chunks": CHUNKED + b"2\r\nfi\r\n2;a=b\r\nne\r\n0\r\nX-Late: y\r\n\r\n",
    "until the end": OK + b"\r\nfine",
    "1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfine",
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + OK + b"Content-Length: 4\r\n\r\nfine",
    "folded": OK + b"X: a\r\n b\r\nY:\r\nZ:  z \r\nContent-Length: 4\r\n\r\nfine",
    "bare line feeds": b"HTTP/1.1 200 OK\nX: y\nContent-Length: 4\n\nfine",
    "gzip": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"fi") + gzip.compress(b"ne"),
    "deflate": OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"fine"),
    "deflate without its header": OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"fine")[2:-4],
    "br": OK + b"Content-Encoding: br\r\nContent-Length: 8\r\n\r\n\x8b\x01\x80fine\x03",
}


class TestWell:
    @pytest.mark.parametrize("name", WELL)
    def test_at_once(self, name: str) -> None:
        answer = read([WELL[name]])
        assert not isinstance(answer, str), answer
        status, headers, body, truncated, _ = answer
        assert (status, body, truncated) == (200, b"fine", False)
        assert not {"x-late", "link"} & set(headers)

    @given(st.sampled_from(sorted(WELL)), st.lists(st.integers(0, 300)), st.integers(0, 8))
    def test_in_pieces(self, name: str, cuts: list[int], most_body: int) -> None:
        data = WELL[name]
        at = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        pieces = [data[a:b] for a, b in itertools.pairwise(at) if a < b]
        assert read(pieces, most_body) == read([data], most_body)

    def test_headers(self) -> None:
        answer = read([WELL["folded"]])
        assert answer[1] == {"x": "a b", "y": "", "z": "z", "content-length": "4"}

    def test_one_after_the_other(self) -> None:
        reading = Reading("host:80", 1000)
        for head, data in (
            (False, WELL["chunks"]),
            (True, OK + b"Content-Length: 4\r\n\r\n"),
            (False, b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"),
            (False, b"HTTP/1.1 204 No Content\r\n\r\n"),
            (False, WELL["length"]),
        ):
            reading.begin(head=head)
            assert reading.feed(data)
            assert reading.keeps_open
            assert "x-late" not in reading.headers
        assert bytes(reading.body) == b"fine"


class TestBounds:
    @pytest.mark.parametrize(
        ("within", "beyond"),
        [
            (
                OK + b"X: y\r\n" * (MAX_HEADERS - 1) + b"Content-Length: 0\r\n\r\n",
                OK + b"X: y\r\n" * MAX_HEADERS + b"Content-Length: 0\r\n\r\n",
            ),
            (
                OK + b"X: " + b"y" * MAX_FIELD + b"\r\nContent-Length: 0\r\n\r\n",
                OK + b"X: " + b"y" * (MAX_FIELD + 1) + b"\r\nContent-Length: 0\r\n\r\n",
            ),
            (
                b"HTTP/1.1 102 P\r\n\r\n" * MOST_INFORMATIONAL + OK + b"Content-Length: 0\r\n\r\n",
                b"HTTP/1.1 102 P\r\n\r\n" * (MOST_INFORMATIONAL + 1) + OK + b"Content-Length: 0\r\n\r\n",
            ),
        ],
        ids=["headers", "field", "informational"],
    )
    def test_of_heads(self, within: bytes, beyond: bytes) -> None:
        assert not isinstance(read([within]), str)
        assert read([beyond]) == "The answer of host:80 is not valid HTTP"

    @pytest.mark.parametrize("piece", [1, 1000, MAX_HEAD, 10 * MAX_HEAD])
    @pytest.mark.parametrize(
        ("start", "more"),
        [(b"HTTP/1.1 200 ", b"O"), (CHUNKED + b"4;", b"x"), (CHUNKED + b"0\r\n", b"X: y\r\n")],
        ids=["reason", "extension", "trailers"],
    )
    def test_of_what_brings_it_no_further(self, start: bytes, more: bytes, piece: int) -> None:
        data = start + more * (3 * MAX_HEAD // len(more))
        pieces = [data[at : at + piece] for at in range(0, len(data), piece)]
        assert "The answer of host:80 is" in str(read(pieces, ends=False))

    def test_many_small_chunks_are_well(self) -> None:
        answer = read([CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"], 100_000)
        assert answer[2:] == (b"x" * 100_000, False, True)

    @pytest.mark.parametrize("name", WELL)
    def test_of_the_body(self, name: str) -> None:
        answer = read([WELL[name]], 3)
        assert answer[2:] == (b"fin", True, False)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n", "is not valid HTTP"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "changes to another protocol"),
        (b"HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nhi", "is not valid HTTP"),
        (OK + b"Content-Length: 4\r\n\r\nfin", "is cut off or malformed"),
        (OK + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nfine", "is not valid HTTP"),
        (CHUNKED + b"4\r\nfine\r\n0\r\n", "is cut off or malformed"),
        (OK + b"Content-Encoding: gzip\r\n\r\nfine", "is cut off or malformed"),
        (OK + b"Content-Encoding: zstd\r\n\r\nfine", "is not valid HTTP|is cut off or malformed"),
        (OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"fine")[:-1], "is cut off or malformed"),
        (
            OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"fine") + b"x",
            "is cut off or malformed",
        ),
    ],
)
def test_what_is_wrong(answer: bytes, reason: str) -> None:
    assert str(read([answer])).removeprefix("The answer of host:80 ") in reason.split("|")


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_an_answer_or_a_failure(data: bytes, head: bool) -> None:
    for start in (b"", b"HTTP/1.1 ", OK, CHUNKED, OK + b"Content-Encoding: gzip\r\n\r\n"):
        read([start + data], head=head)


class TestUnpacking:
    @given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br"]), st.integers(1, 50))
    def test_any_bytes(self, data: bytes, encoding: str, most: int) -> None:
        stream = unpacking(encoding)
        with contextlib.suppress(NotPacked):
            assert len(stream.unpack(data, most)) <= most

    def test_members_without_end(self) -> None:
        empty = gzip.compress(b"")
        assert unpacking("gzip").unpack(empty * MOST_MEMBERS + b"\0\0", 10) == b""
        with pytest.raises(NotPacked):
            unpacking("gzip").unpack(empty * (MOST_MEMBERS + 1), 10)
