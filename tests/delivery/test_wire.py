"""Connections of the client: kept, given up, waited for, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from tests.delivery.calls import Names, Run, failure, guarded, send
from tests.delivery.certificates import for_localhost, one_authority
from tests.receivers import Peer, Receiver, half_close, hang, raw, reply

from hookroom.delivery.client import GuardedClient, NotReached, OutgoingRequest, Trust

OURS = Trust(ca_certificate=one_authority().pem)
PATIENCE_S = 5.0


@contextlib.contextmanager
def silent(backlog: int = 0) -> Iterator[int]:
    """A port whose connections are never accepted; those beyond the backlog are not even made."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(backlog)
        yield listening.getsockname()[1]


async def until_closed(receiver: Receiver, count: int) -> None:
    await asyncio.to_thread(receiver.wait_for_closed, count)


class TestKept:
    @pytest.mark.parametrize("secure", [False, True])
    def test_one_that_is_idle_for_long_is_closed(self, run: Run, secure: bool) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded(keep_alive_s=0.05) as client:
                await client.send(OutgoingRequest(url=receiver.url, trust=OURS))
                await until_closed(receiver, 1)
                await client.send(OutgoingRequest(url=receiver.url, trust=OURS))
                assert receiver.connections == 2

        with Receiver(tls=for_localhost().server() if secure else None) as receiver:
            run(check(receiver))

    def test_one_that_the_receiver_has_closed_is_not_used(self, run: Run) -> None:
        async def closing(peer: Peer) -> bool:
            await reply(200, b"ok")(peer)
            peer.writer.write_eof()
            await peer.gone()
            return False

        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for count in range(1, 4):
                    assert (await client.send(OutgoingRequest(url=receiver.url, body=b"x"))).body == b"ok"
                    await until_closed(receiver, count)
                assert len(receiver.requests) == 3

        with Receiver([closing]) as receiver:
            run(check(receiver))

    @pytest.mark.parametrize(
        ("answer", "connections"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 2),
            (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 2),
            (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", 1),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", 1),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 1),
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 1),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX: y\r\n", 2),
        ],
    )
    def test_as_long_as_the_answer_lets_it(self, run: Run, answer: bytes, connections: int) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for _ in range(2):
                    assert (await client.send(OutgoingRequest(url=receiver.url))).status in (200, 204, 304)
                assert receiver.connections == connections

        with Receiver([raw(answer, "keep")]) as receiver:
            run(check(receiver))

    def test_after_head(self, run: Run) -> None:
        """The length is that of a body that does not come."""

        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for method in ("HEAD", "POST", "HEAD"):
                    answer = await client.send(OutgoingRequest(url=receiver.url, method=method))
                    assert answer.body == (b"fine" if method == "POST" else b"")
                assert receiver.connections == 1

        head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
        bodiless, whole = raw(head, "keep"), raw(head + b"fine", "keep")
        with Receiver(lambda request: bodiless if request.method == "HEAD" else whole) as receiver:
            run(check(receiver))

    def test_times_out_by_its_own_call(self, run: Run) -> None:
        """The timer of a call must not ring for the next one on the same connection, nor fail to."""

        async def check(receiver: Receiver) -> None:
            async with guarded(timeout_s=1.0) as client:
                began = time.monotonic()
                while time.monotonic() - began < 1.5:
                    await client.send(OutgoingRequest(url=receiver.url))
                last = time.monotonic()
                with pytest.raises(NotReached) as caught:
                    await client.send(OutgoingRequest(url=receiver.url, method="PUT"))
                assert caught.value.kind == "timeout"
                assert 0.9 < time.monotonic() - last < PATIENCE_S
                assert receiver.connections == 1

        with Receiver(lambda request: hang() if request.method == "PUT" else reply()) as receiver:
            run(check(receiver))


class TestLargeRequests:
    BODY = bytes(range(256)) * 40_000

    @pytest.mark.parametrize("secure", [False, True])
    def test_arrive_whole_and_the_connection_is_kept(self, run: Run, secure: bool) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for _ in range(2):
                    await client.send(OutgoingRequest(url=receiver.url, body=self.BODY, trust=OURS))
                assert [one.body == self.BODY for one in receiver.requests] == [True, True]
                assert receiver.connections == 1

        with Receiver(tls=for_localhost().server() if secure else None) as receiver:
            run(check(receiver))

    def test_an_answer_before_the_end_counts(self, run: Run) -> None:
        async def early(peer: Peer) -> None:
            peer.writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nlong")
            await peer.gone()

        async def check(client: GuardedClient, url: str) -> None:
            answer = await client.send(OutgoingRequest(url=url, body=bytes(64 << 20)))
            assert (answer.status, answer.body) == (413, b"long")

        run(with_server(early, check))

    def test_a_receiver_that_half_closes_and_never_reads(self, run: Run) -> None:
        async def ending(peer: Peer) -> None:
            peer.writer.write_eof()
            await broken.wait()

        async def check(client: GuardedClient, url: str) -> None:
            began = time.monotonic()
            with pytest.raises(NotReached) as caught:
                await client.send(OutgoingRequest(url=url, body=bytes(64 << 20)))
            assert caught.value.kind == "reset"
            assert time.monotonic() - began < PATIENCE_S
            broken.set()

        broken = asyncio.Event()
        run(with_server(ending, check))


async def with_server(
    behave: Callable[[Peer], Awaitable[None]], check: Callable[[GuardedClient, str], Awaitable[None]]
) -> None:
    """``check`` calls a server that has read no more than the head of the request when it behaves."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await behave(Peer(reader, writer))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        async with guarded() as client:
            await check(client, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await ended.wait()


class TestWaiting:
    def test_for_a_connection_counts_as_time(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded(max_connections=1, timeout_s=30) as client:
                first = asyncio.create_task(client.send(OutgoingRequest(url=receiver.url)))
                await asyncio.to_thread(receiver.wait_for, 1)
                for host in ("127.0.0.1", "localhost"):
                    request = OutgoingRequest(url=f"http://{host}:{receiver.port}", timeout_s=0.05)
                    with pytest.raises(NotReached) as caught:
                        await client.send(request)
                    assert caught.value.kind == "timeout"
                first.cancel()
                await asyncio.wait([first])
                assert receiver.connections == 1

        with Receiver([hang()]) as receiver:
            run(check(receiver))

    def test_who_gives_up_holds_nobody_up(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded(max_connections=2) as client:
                request = OutgoingRequest(url=receiver.url)
                calls = [asyncio.create_task(client.send(request)) for _ in range(40)]
                await asyncio.to_thread(receiver.wait_for, 2)
                given_up = [call.cancel() for call in calls[::3]].count(True)
                answers = await asyncio.gather(*calls, return_exceptions=True)
                assert given_up > 1
                assert [getattr(one, "status", 0) for one in answers].count(200) == 40 - given_up
                assert (await client.send(request)).status == 200

        with Receiver() as receiver:
            run(check(receiver))

    def test_a_hanging_host_does_not_hold_up_others(self, run: Run) -> None:
        async def check(stuck: Receiver, well: Receiver) -> None:
            async with guarded(max_connections=4, max_connections_per_host=3) as client:
                calls = [
                    asyncio.create_task(client.send(OutgoingRequest(url=stuck.url, timeout_s=2)))
                    for _ in range(20)
                ]
                await asyncio.to_thread(stuck.wait_for, 3)
                for _ in range(5):
                    assert (await client.send(OutgoingRequest(url=well.url))).status == 200
                assert not any(call.done() for call in calls)
                for call in calls:
                    call.cancel()
                await asyncio.wait(calls)

        with Receiver([hang()]) as stuck, Receiver() as well:
            run(check(stuck, well))


class TestConnecting:
    def test_takes_its_time(self, run: Run) -> None:
        # Nothing answers there: a network for documentation (RFC 5737) does not help where there is no route.
        with silent() as port:
            url = f"http://127.0.0.1:{port}/"
            with contextlib.ExitStack() as stack:
                for _ in range(4):  # The backlog is full after these.
                    one = stack.enter_context(socket.socket())
                    one.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        one.connect(("127.0.0.1", port))
                error, _ = run(failure(OutgoingRequest(url=url), connect_timeout_s=0.1))
        assert (error.kind, str(error)) == ("timeout", f"Connecting to 127.0.0.1:{port} took too long")

    def test_a_silent_handshake(self, run: Run) -> None:
        with silent(5) as port:
            cases: list[tuple[dict[str, Any], str]] = [
                ({"connect_timeout_s": 0.1}, f"Connecting to 127.0.0.1:{port} took too long"),
                ({"timeout_s": 0.1}, f"No whole answer from 127.0.0.1:{port} within 0.1 s"),
            ]
            for options, text in cases:
                error, _ = run(failure(OutgoingRequest(url=f"https://127.0.0.1:{port}/"), **options))
                assert (error.kind, str(error)) == ("timeout", text)

    def test_another_address_when_one_does_not_answer(self, run: Run) -> None:
        with Receiver([reply(200, b"here")]) as receiver, contextlib.ExitStack() as stack:
            blocked = stack.enter_context(socket.socket())
            blocked.bind(("127.0.0.9", receiver.port))
            blocked.listen(0)
            for _ in range(4):
                one = stack.enter_context(socket.socket())
                one.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    one.connect(("127.0.0.9", receiver.port))
            request = OutgoingRequest(url=f"http://two.example:{receiver.port}/")
            names = Names(["127.0.0.9", "127.0.0.1"])
            assert run(send(request, resolver=names)).body == b"here"

    def test_another_address_when_one_is_not_trusted(self, run: Run) -> None:
        tls = one_authority().issue("two.example").server()
        with (
            Receiver([reply(200, b"here")], tls=tls) as receiver,
            Receiver(tls=for_localhost().server(), host="127.0.0.9", port=receiver.port),
        ):
            request = OutgoingRequest(url=f"https://two.example:{receiver.port}/", trust=OURS)
            names = Names(["127.0.0.9", "127.0.0.1"])
            assert run(send(request, resolver=names)).body == b"here"


class TestClosing:
    @pytest.mark.parametrize("secure", [False, True])
    def test_ends_whatever_is_under_way(self, run: Run, secure: bool) -> None:
        async def check(receiver: Receiver, port: int) -> None:
            client = guarded(max_connections_per_host=2)
            calls = [
                asyncio.create_task(client.send(OutgoingRequest(url=url, trust=OURS)))
                for url in (*[receiver.url] * 4, *[f"https://127.0.0.1:{port}/"] * 4)
            ]
            await asyncio.to_thread(receiver.wait_for, 2)
            began = time.monotonic()
            await client.aclose()
            ends = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(one) for one in ends] == [NotReached] * 8
            assert time.monotonic() - began < PATIENCE_S
            with pytest.raises(NotReached):
                await client.send(OutgoingRequest(url=receiver.url, trust=OURS))
            await until_closed(receiver, 2)

        tls = for_localhost().server() if secure else None
        with Receiver([hang()], tls=tls) as receiver, silent(5) as port:
            run(check(receiver, port))

    def test_closes_idle_connections(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                await client.send(OutgoingRequest(url=receiver.url, trust=OURS))
            await until_closed(receiver, 1)

        with Receiver(tls=for_localhost().server()) as receiver:
            run(check(receiver))

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_call_that_is_given_up_leaves_nothing(self, run: Run, scheme: str) -> None:
        """Cancelled at any moment: while looking up, connecting, shaking hands, sending, reading."""

        async def check(receiver: Receiver, client: GuardedClient) -> None:
            for turns in range(60):
                request = OutgoingRequest(url=f"{scheme}://localhost:{receiver.port}/", trust=OURS)
                call = asyncio.create_task(client.send(request))
                for _ in range(turns):
                    await asyncio.sleep(0)
                call.cancel()
                await asyncio.wait([call])
            request = OutgoingRequest(url=f"{scheme}://localhost:{receiver.port}/", trust=OURS)
            assert (await client.send(request)).status == 200
            await client.aclose()
            await until_closed(receiver, receiver.connections)

        async def with_client(receiver: Receiver) -> None:
            await check(receiver, guarded(resolver=Names(["127.0.0.1"])))

        tls: ssl.SSLContext | None = for_localhost().server() if scheme == "https" else None
        with Receiver(tls=tls) as receiver:
            run(with_client(receiver))


def test_half_closed_without_an_answer(run: Run) -> None:
    with Receiver([half_close()]) as receiver:
        error, _ = run(failure(OutgoingRequest(url=receiver.url)))
    assert (error.kind, str(error)) == (
        "reset",
        f"127.0.0.1:{receiver.port} closed the connection without an answer",
    )
