"""Receivers that lie, stall and break off: the right failure in time, and no harm to what comes after."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import traceback
from collections.abc import Mapping

import pytest
from tests.delivery.calls import Run, failure, guarded
from tests.receivers import (
    Behaviour,
    Peer,
    Received,
    Receiver,
    close,
    drip,
    half_close,
    hang,
    lying_length,
    raw,
    reply,
    reset,
)

from hookroom.delivery.client import NotReached, OutgoingRequest

HEAD = b"HTTP/1.1 200 OK\r\n"

MISBEHAVIOURS: Mapping[str, tuple[Behaviour, str]] = {
    "hangs": (hang(), "timeout"),
    "hangs in the head": (raw(HEAD, "hold"), "timeout"),
    "hangs in the body": (lying_length(10, b"abc", "hold"), "timeout"),
    "drips a body": (drip(b"x", 0.02), "timeout"),
    "drips a head": (drip(b"X: y\r\n", 0.02, head=HEAD), "timeout"),
    "says 100 for ever": (drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02, head=b""), "timeout"),
    "closes": (close(), "reset"),
    "half-closes": (half_close(), "reset"),
    "resets": (reset(), "reset"),
    "resets in the head": (reset(HEAD), "reset"),
    "resets in the body": (reset(HEAD + b"Content-Length: 10\r\n\r\nabc"), "protocol"),
    "ends in the body": (lying_length(10, b"abc"), "protocol"),
    "ends in a chunk": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc"), "protocol"),
    "breaks a chunk": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "hold"), "protocol"),
    "breaks a later chunk": (
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\nabc", "hold"),
        "protocol",
    ),
    "speaks SSH": (raw(b"SSH-2.0-OpenSSH_9.6\r\n", "hold"), "protocol"),
    "has no status": (raw(b"HTTP/1.1 xyz OK\r\n\r\n", "hold"), "protocol"),
    "has a bad length": (raw(HEAD + b"Content-Length: -1\r\n\r\n", "hold"), "protocol"),
    "has two lengths": (raw(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "hold"), "protocol"),
    "has a huge header": (raw(HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n", "hold"), "protocol"),
    "has endless headers": (drip(b"X: " + b"y" * 4000 + b"\r\n", 0, head=HEAD), "protocol"),
    "is not gzip": (reply(200, b"no gzip at all", [("Content-Encoding", "gzip")]), "protocol"),
    "packs what cannot be unpacked": (
        reply(200, b"no brotli at all", [("Content-Encoding", "br")]),
        "protocol",
    ),
}


class TestMisbehaviour:
    @pytest.mark.parametrize("name", MISBEHAVIOURS)
    def test_ends_in_the_right_failure_in_time(self, run: Run, name: str) -> None:
        behaviour, kind = MISBEHAVIOURS[name]

        async def check(receiver: Receiver) -> None:
            async with guarded(timeout_s=0.5 if kind == "timeout" else 10) as client:
                url = receiver.url.replace("://", "://user:s3cret@") + "/s3cret?s3cret"
                started = time.monotonic()
                with pytest.raises(NotReached) as caught:
                    await client.send(OutgoingRequest(url=url, body=b"x"))
                assert time.monotonic() - started < 5
                assert caught.value.kind == kind
                assert "s3cret" not in "".join(traceback.format_exception(caught.value))
                await asyncio.to_thread(receiver.wait_for_closed, 1)

        with Receiver([behaviour]) as receiver:
            run(check(receiver))

    def test_is_no_harm_to_the_next_request(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for behaviour, kind in MISBEHAVIOURS.values():
                    if kind != "timeout":
                        script.append(behaviour)
                        with pytest.raises(NotReached):
                            await client.send(OutgoingRequest(url=receiver.url))
                    assert (await client.send(OutgoingRequest(url=receiver.url))).body == b"fine"

        script: list[Behaviour] = []
        with Receiver(lambda _: script.pop() if script else reply(200, b"fine")) as receiver:
            run(check(receiver))

    def test_bytes_after_the_answer_are_no_answer(self, run: Run) -> None:
        async def check(receiver: Receiver, other: Receiver) -> None:
            async with guarded() as client:
                first = await client.send(OutgoingRequest(url=receiver.url))
                receiver_may_go_on.set()
                await asyncio.to_thread(said.wait)
                # The unasked bytes have reached this machine: one more turn of the loop reads them.
                await client.send(OutgoingRequest(url=other.url))
                second = await client.send(OutgoingRequest(url=receiver.url))
                assert (first.body, second.body) == (b"first", b"second")

        def script(request: Received) -> Behaviour:
            return first if len(receiver.requests) == 1 else reply(200, b"second")

        async def first(peer: Peer) -> bool:
            await reply(200, b"first")(peer)
            await asyncio.to_thread(receiver_may_go_on.wait)
            await reply(200, b"unasked")(peer)
            said.set()
            return True

        receiver_may_go_on, said = threading.Event(), threading.Event()
        with Receiver(script) as receiver, Receiver() as other:
            run(check(receiver, other))

    @pytest.mark.parametrize("extra", [b"GARBAGE", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"])
    def test_body_longer_than_its_length(self, run: Run, extra: bytes) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                # Whether this one fails depends on what comes in the same packet.
                with contextlib.suppress(NotReached):
                    await client.send(OutgoingRequest(url=receiver.url))
                assert (await client.send(OutgoingRequest(url=receiver.url))).body == b"second"

        with Receiver([lying_length(3, b"abc" + extra, "keep"), reply(200, b"second")]) as receiver:
            run(check(receiver))

    def test_nobody_listens(self, run: Run) -> None:
        with Receiver() as receiver:
            url = receiver.url
        error, _ = run(failure(OutgoingRequest(url=url)))
        assert error.kind == "connect"
        assert str(error) == f"No connection to {url.removeprefix('http://')}: connection refused"

    def test_cancelling_hangs_up(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                call = asyncio.create_task(client.send(OutgoingRequest(url=receiver.url)))
                await asyncio.to_thread(receiver.wait_for, 1)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                await asyncio.to_thread(receiver.wait_for_closed, 1)

        with Receiver([hang()]) as receiver:
            run(check(receiver))

    def test_closing_ends_calls_under_way(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            client = guarded()
            call = asyncio.create_task(client.send(OutgoingRequest(url=receiver.url)))
            await asyncio.to_thread(receiver.wait_for, 1)
            await client.aclose()
            with pytest.raises(NotReached):
                await call

        with Receiver([hang()]) as receiver:
            run(check(receiver))
