"""Answers that are odd, oversized or bombs: each ends in an answer or a failure, in bounded time and memory."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Mapping

import pytest
from tests.delivery.calls import Run, failure, guarded, send
from tests.receivers import Behaviour, Receiver, drip, raw, reply

from hookroom.delivery.client import NotReached, OutgoingRequest

OK = b"HTTP/1.1 200 OK\r\n"
FINE = OK + b"Content-Length: 4\r\n\r\nfine"
MEGABYTE = 1 << 20


class TestInformational:
    """1xx answers are no answers (RFC 9110, 15.2): the real one follows."""

    @pytest.mark.parametrize(
        "before",
        [
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 102 Processing\r\n\r\n" * 20,
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nSet-Cookie: a=b\r\n\r\n",
        ],
    )
    def test_are_passed_over(self, run: Run, before: bytes) -> None:
        with Receiver([raw(before + FINE)]) as receiver:
            answer = run(send(OutgoingRequest(url=receiver.url)))
        assert (answer.status, answer.body) == (200, b"fine")
        assert not {"link", "set-cookie"} & set(answer.headers)

    def test_switching_protocols_was_not_asked_for(self, run: Run) -> None:
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
        with Receiver([raw(head + FINE, "hold")]) as receiver:
            error, _ = run(failure(OutgoingRequest(url=receiver.url)))
            receiver.wait_for_closed(1)
        assert error.kind == "protocol"


REFUSED: Mapping[str, bytes] = {
    "is HTTP/0.9": b"hello\n",
    "is HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "is HTTP/3.0": b"HTTP/3.0 200 OK\r\n\r\n",
    "is TLS": b"\x15\x03\x01\x00\x02\x02\x16",
    "is nothing": b"\r\n\r\n",
    "has a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "has a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "has a huge reason": b"HTTP/1.1 200 " + b"O" * 200_000 + b"\r\n\r\n",
    "has a huge header name": OK + b"X" * 200_000 + b": y\r\n\r\n",
    "has a huge header": OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    "has a thousand headers": OK + b"".join(b"X-%d: y\r\n" % i for i in range(1000)) + b"\r\n",
    "has a NUL in a header": OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "has a space in a header name": OK + b"X y: z\r\nContent-Length: 0\r\n\r\n",
    "has a header without a colon": OK + b"nonsense\r\nContent-Length: 0\r\n\r\n",
    "has a length and chunks": OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "has a length that is none": OK + b"Content-Length: 4x\r\n\r\nfine",
    "has a length with a sign": OK + b"Content-Length: +4\r\n\r\nfine",
    "has a huge length": OK + b"Content-Length: 999999999999999999999\r\n\r\nfine",
    "has a chunk of a huge size": OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nfine",
    "has a negative chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n-4\r\nfine\r\n0\r\n\r\n",
    "has less than its length": OK + b"Content-Length: 999999999999\r\n\r\nfine",
    "has a body where there is none": b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nfine",
}


class TestRefused:
    @pytest.mark.parametrize("name", REFUSED)
    def test_as_no_answer(self, run: Run, name: str) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded(timeout_s=5) as client:
                with pytest.raises(NotReached) as caught:
                    await client.send(OutgoingRequest(url=receiver.url))
                assert caught.value.kind in {"protocol", "reset"}, caught.value
                assert (await client.send(OutgoingRequest(url=receiver.url))).body == b"fine"

        with Receiver([raw(REFUSED[name]), raw(FINE, "keep")]) as receiver:
            run(check(receiver))

    @pytest.mark.parametrize(
        "behaviour",
        [
            drip(b"X: y\r\n" * 1000, 0, head=OK),
            drip(b"y" * 65536, 0, head=OK + b"X: "),
            drip(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 100, 0, head=b""),
            drip(b"x" * 65536, 0, head=OK + b"Transfer-Encoding: chunked\r\n\r\n4;"),
            drip(b"X: y\r\n" * 1000, 0, head=OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n"),
        ],
        ids=["headers", "header", "hints", "chunk extension", "trailers"],
    )
    def test_endless_heads_take_no_memory(self, run: Run, behaviour: Behaviour) -> None:
        with Receiver([behaviour]) as receiver:
            peak = _peak(lambda: run(failure(OutgoingRequest(url=receiver.url), timeout_s=1)))
        assert peak < 16 * MEGABYTE


class TestAnswered:
    @pytest.mark.parametrize(
        ("answer", "status", "body"),
        [
            (b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", 204, b""),
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", 304, b""),
            (b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nfine", 200, b"fine"),
            (b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfine", 200, b"fine"),
            (b"HTTP/1.1 599 Odd\r\nContent-Length: 4\r\n\r\nfine", 599, b"fine"),
            (OK + b"Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nfine\r\n0\r\nX-Late: y\r\n\r\n", 200, b"fine"),
            (OK + b"Content-Encoding: identity\r\nContent-Length: 4\r\n\r\nfine", 200, b"fine"),
            (OK + b"Content-Encoding: unheard-of\r\nContent-Length: 4\r\n\r\nfine", 200, b"fine"),
        ],
    )
    def test_oddly_but_well(self, run: Run, answer: bytes, status: int, body: bytes) -> None:
        with Receiver([raw(answer)]) as receiver:
            got = run(send(OutgoingRequest(url=receiver.url)))
        assert (got.status, got.body) == (status, body)
        assert "x-late" not in got.headers


def _deflated(plain: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return packer.compress(plain) + packer.flush()


BOMBS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", lambda: gzip.compress(bytes(100 * MEGABYTE), 9)),
    "gzip in members": ("gzip", lambda: gzip.compress(bytes(MEGABYTE), 9) * 100),
    "zlib": ("deflate", lambda: _deflated(bytes(100 * MEGABYTE), 15)),
    "raw deflate": ("deflate", lambda: _deflated(bytes(100 * MEGABYTE), -15)),
    "gzip in gzip": ("gzip", lambda: gzip.compress(gzip.compress(bytes(100 * MEGABYTE), 9), 9)),
    "gzip twice": ("gzip, gzip", lambda: gzip.compress(gzip.compress(bytes(100 * MEGABYTE), 9), 9)),
    "brotli": ("br", lambda: b"\x5b\xff\xff\xff\x03" * 1000),
    "zstd": ("zstd", lambda: b"\x28\xb5\x2f\xfd" + b"\xff" * 1000),
}


class TestBombs:
    @pytest.mark.parametrize("name", BOMBS)
    @pytest.mark.parametrize("chunked", [False, True])
    def test_are_not_unpacked(self, run: Run, name: str, chunked: bool) -> None:
        encoding, make = BOMBS[name]
        packed = make()
        if chunked:
            head = OK + f"Content-Encoding: {encoding}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            behaviour = raw(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed))
        else:
            behaviour = reply(200, packed, [("Content-Encoding", encoding)])

        async def call(url: str) -> None:
            try:
                answer = await send(OutgoingRequest(url=url), max_response_bytes=100_000)
            except NotReached as error:
                assert error.kind == "protocol"  # noqa: PT017 - either will do
            else:
                assert len(answer.body) <= 100_000

        with Receiver([behaviour]) as receiver:
            peak = _peak(lambda: run(call(receiver.url)))
        assert peak < 16 * MEGABYTE

    def test_many_at_once(self, run: Run) -> None:
        bomb = gzip.compress(bytes(50 * MEGABYTE), 9)

        async def calls(url: str) -> None:
            async with guarded(max_response_bytes=100_000) as client:
                request = OutgoingRequest(url=url)
                answers = await asyncio.gather(*(client.send(request) for _ in range(20)))
                assert all(len(one.body) == 100_000 and one.truncated for one in answers)

        with Receiver([reply(200, bomb, [("Content-Encoding", "gzip")])]) as receiver:
            peak = _peak(lambda: run(calls(receiver.url)))
        assert peak < 64 * MEGABYTE


def _peak(call: Callable[[], object]) -> int:
    """Bytes that Python has allocated at most while ``call`` ran, the receiver's included."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_receiver_that_never_reads(run: Run) -> None:
    """A request larger than the buffers on the way outlasts neither its time nor the client."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        started = time.monotonic()
        request = OutgoingRequest(url=url, body=b"x" * (16 * MEGABYTE), timeout_s=0.5)
        error, _ = run(failure(request))
    assert error.kind == "timeout"
    assert time.monotonic() - started < 5
