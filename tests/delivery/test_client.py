"""What goes out, what comes back, and within which bounds: against real receivers, on both event loops."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib

import pytest
from tests.delivery.calls import Run, failure, guarded, send
from tests.receivers import Receiver, drip, hang, raw, reply, server_tls, too_many_requests

from hookroom.delivery.client import OutgoingRequest


class TestRequest:
    def test_arrives_as_it_was_given(self, run: Run) -> None:
        with Receiver() as receiver:
            run(
                send(
                    OutgoingRequest(
                        method="put",
                        url=receiver.url + "/a/b?c=d#fragment",
                        headers=(("Content-Type", "application/json"), ("X-One", "1"), ("X-One", "2")),
                        body=b'{"a": 1}',
                    )
                )
            )
            [received] = receiver.wait_for(1)
        assert (received.method, received.path, received.body) == ("PUT", "/a/b?c=d", b'{"a": 1}')
        assert [value for name, value in received.header_lines if name == "X-One"] == ["1", "2"]
        assert received.headers["content-type"] == "application/json"
        assert received.headers["user-agent"] == "Hookroom-test"
        assert received.headers["accept-encoding"] == "gzip, deflate"
        assert received.headers["content-length"] == "8"
        assert received.headers["host"] == f"127.0.0.1:{receiver.port}"

    @pytest.mark.parametrize(
        ("written", "arrives"),
        [
            ("", "/"),
            ("?a", "/?a"),
            ("/%41%7e%2f%2F", "/%41%7e%2f%2F"),
            ("/?sig=a%2Fb%3D%3d&x=1+2", "/?sig=a%2Fb%3D%3d&x=1+2"),
            ("/a b/é?ü=ß", "/a%20b/%C3%A9?%C3%BC=%C3%9F"),
            ("/a//b/;p=1,2/(x)?q[]=1", "/a//b/;p=1,2/(x)?q%5B%5D=1"),
            ("/100%?%zz", "/100%?%zz"),
        ],
    )
    def test_url_arrives_as_it_was_written(self, run: Run, written: str, arrives: str) -> None:
        with Receiver() as receiver:
            run(send(OutgoingRequest(url=receiver.url + written)))
            [received] = receiver.wait_for(1)
        assert received.path == arrives

    def test_caller_may_name_its_own_agent(self, run: Run) -> None:
        with Receiver() as receiver:
            run(send(OutgoingRequest(url=receiver.url, headers=(("user-agent", "mine"),))))
            [received] = receiver.wait_for(1)
        assert [v for n, v in received.header_lines if n.lower() == "user-agent"] == ["mine"]

    def test_no_body(self, run: Run) -> None:
        with Receiver() as receiver:
            run(send(OutgoingRequest(url=receiver.url)))
            run(send(OutgoingRequest(url=receiver.url, method="GET")))
            post, get = receiver.wait_for(2)
        assert post.headers["content-length"] == "0"
        assert "content-length" not in get.headers
        assert "content-type" not in {*post.headers, *get.headers}

    def test_large_body(self, run: Run) -> None:
        body = bytes(range(256)) * 10_000
        with Receiver() as receiver:
            run(send(OutgoingRequest(url=receiver.url, body=body)))
            [received] = receiver.wait_for(1)
        assert received.body == body
        assert received.headers["content-length"] == str(len(body))

    def test_headers_of_the_connection_are_not_the_callers(self, run: Run) -> None:
        headers = (
            ("Host", "evil.example"),
            ("content-length", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "close"),
            ("Expect", "100-continue"),
            ("Upgrade", "websocket"),
            ("Accept-Encoding", "br"),
            ("Proxy-Authorization", "Basic mine"),
        )
        with Receiver() as receiver:
            run(send(OutgoingRequest(url=receiver.url, headers=headers, body=b"abc")))
            [received] = receiver.wait_for(1)
        assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert received.headers["accept-encoding"] == "gzip, deflate"
        assert received.body == b"abc"
        unsent = {"transfer-encoding", "connection", "expect", "upgrade", "proxy-authorization"}
        assert not unsent & set(received.headers)

    @pytest.mark.parametrize(
        ("userinfo", "headers", "authorization"),
        [
            ("user:pass@", (), "Basic dXNlcjpwYXNz"),
            ("us%40er:p%3Ass@", (), "Basic dXNAZXI6cDpzcw=="),
            ("user@", (), "Basic dXNlcjo="),
            (":pass@", (), "Basic OnBhc3M="),
            ("ü:ß@", (), "Basic w7w6w58="),
            ("user:pass@", (("authorization", "Bearer x"),), "Bearer x"),
            ("", (), None),
        ],
    )
    def test_credentials_leave_the_url(
        self, run: Run, userinfo: str, headers: tuple[tuple[str, str]], authorization: str | None
    ) -> None:
        with Receiver() as receiver:
            url = receiver.url.replace("://", "://" + userinfo) + "/x"
            run(send(OutgoingRequest(url=url, headers=headers)))
            [received] = receiver.wait_for(1)
        assert received.headers.get("authorization") == authorization
        assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert received.path == "/x"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-A", "a\r\nX-B: b"),
            ("X-A", "a\nb"),
            ("X-A", "a\rb"),
            ("X-A", "a\0b"),
            ("X-A", "€"),
            ("X-A", "\x7f"),
            ("X A", "b"),
            ("X-A:", "b"),
            ("", "b"),
            ("X-Ä", "b"),
            ("X-A\r\nX-B", "b"),
            ("Host\n", "b"),
        ],
    )
    def test_header_that_cannot_be_sent(self, run: Run, name: str, value: str) -> None:
        with Receiver() as receiver:
            error, _ = run(failure(OutgoingRequest(url=receiver.url, headers=((name, value),))))
            assert error.kind == "header"
            assert receiver.connections == 0

    @pytest.mark.parametrize("method", ["", "GE T", "GET\r\nX: y", "CONNECT", "connect", "Ä"])
    def test_method_that_cannot_be_sent(self, run: Run, method: str) -> None:
        error, _ = run(failure(OutgoingRequest(url="http://127.0.0.1:9/", method=method)))
        assert error.kind == "header"

    def test_environment_names_no_proxy(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        with Receiver([reply(418)]) as proxy, Receiver() as receiver:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
            answer = run(send(OutgoingRequest(url=receiver.url)))
        assert answer.status == 200
        assert proxy.connections == 0


class TestResponse:
    def test_is_what_was_answered(self, run: Run) -> None:
        headers = [("Content-Type", "text/plain"), ("X-Twice", "1"), ("x-twice", "2"), ("X-Latin", "caf\xe9")]
        with Receiver([reply(201, b"made", headers)]) as receiver:
            answer = run(send(OutgoingRequest(url=receiver.url)))
        assert (answer.status, answer.body, answer.truncated) == (201, b"made", False)
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["x-twice"] == "2"
        assert answer.headers["x-latin"] == "café"
        assert 0 <= answer.duration_ms < 10_000

    @pytest.mark.parametrize("status", [204, 302, 404, 410, 500, 503])
    def test_any_status_is_an_answer(self, run: Run, status: int) -> None:
        with Receiver([reply(status)]) as receiver:
            assert run(send(OutgoingRequest(url=receiver.url))).status == status

    def test_retry_after(self, run: Run) -> None:
        with Receiver([too_many_requests(7)]) as receiver:
            answer = run(send(OutgoingRequest(url=receiver.url)))
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")

    def test_head(self, run: Run) -> None:
        head = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "keep")
        with Receiver([head]) as receiver:
            answer = run(send(OutgoingRequest(url=receiver.url, method="HEAD")))
        assert (answer.status, answer.body, answer.truncated) == (200, b"", False)

    def test_chunks(self, run: Run) -> None:
        chunked = raw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        with Receiver([chunked]) as receiver:
            assert run(send(OutgoingRequest(url=receiver.url))).body == b"abcde"

    def test_until_the_end_of_the_connection(self, run: Run) -> None:
        with Receiver([raw(b"HTTP/1.0 200 OK\r\n\r\nabc")]) as receiver:
            assert run(send(OutgoingRequest(url=receiver.url))).body == b"abc"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(self, run: Run, status: int) -> None:
        with Receiver() as other:
            there = other.url + "/there"
            with Receiver([reply(status, headers=[("Location", there)])]) as receiver:
                answer = run(send(OutgoingRequest(url=receiver.url)))
        assert (answer.status, answer.headers["location"]) == (status, there)
        assert other.connections == 0

    def test_cookies_are_not_kept(self, run: Run) -> None:
        async def twice(url: str) -> None:
            async with guarded() as client:
                await client.send(OutgoingRequest(url=url))
                await client.send(OutgoingRequest(url=url))

        # A jar does not keep cookies of a bare address, so this must be a name.
        with Receiver([reply(headers=[("Set-Cookie", "a=b; Path=/")])]) as receiver:
            run(twice(f"http://localhost:{receiver.port}/"))
            first, second = receiver.wait_for(2)
        assert "cookie" not in first.headers
        assert "cookie" not in second.headers


class TestBounds:
    @pytest.mark.parametrize(
        ("length", "truncated"), [(0, False), (999, False), (1000, False), (1001, True), (300_000, True)]
    )
    def test_body(self, run: Run, length: int, truncated: bool) -> None:
        body = bytes(i % 251 for i in range(length))
        with Receiver([reply(200, body)]) as receiver:
            answer = run(send(OutgoingRequest(url=receiver.url), max_response_bytes=1000))
        assert answer.body == body[:1000]
        assert answer.truncated == truncated

    def test_endless_body_is_cut_and_the_connection_closed(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded(max_response_bytes=100_000) as client:
                answer = await client.send(OutgoingRequest(url=receiver.url))
                assert (len(answer.body), answer.truncated) == (100_000, True)
                await asyncio.to_thread(receiver.wait_for_closed, 1)

        with Receiver([drip(b"x" * 65536, 0)]) as receiver:
            run(check(receiver))

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_compressed(self, run: Run, encoding: str) -> None:
        plain = b"hello" * 100
        packed = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
        with Receiver([reply(200, packed, [("Content-Encoding", encoding)])]) as receiver:
            answer = run(send(OutgoingRequest(url=receiver.url), max_response_bytes=500))
        assert (answer.body, answer.truncated) == (plain, False)

    def test_bomb_is_not_unpacked(self, run: Run) -> None:
        bomb = gzip.compress(bytes(200_000_000), 9)
        with Receiver([reply(200, bomb, [("Content-Encoding", "gzip")])]) as receiver:
            tracemalloc.start()
            try:
                answer = run(send(OutgoingRequest(url=receiver.url), max_response_bytes=100_000))
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert (len(answer.body), answer.truncated) == (100_000, True)
        assert peak < 8_000_000

    def test_request_has_its_own_timeout(self, run: Run) -> None:
        with Receiver([hang()]) as receiver:
            started = time.monotonic()
            error, _ = run(failure(OutgoingRequest(url=receiver.url, timeout_s=0.1), timeout_s=60))
            assert error.kind == "timeout"
            assert time.monotonic() - started < 5


class TestConnections:
    def test_are_reused(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for _ in range(5):
                    await client.send(OutgoingRequest(url=receiver.url, body=b"x"))
                assert receiver.connections == 1

        with Receiver([reply(200, b"ok")]) as receiver:
            run(check(receiver))

    def test_are_bounded_per_host(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded(max_connections_per_host=2) as client:
                request = OutgoingRequest(url=receiver.url)
                answers = await asyncio.gather(*(client.send(request) for _ in range(20)))
                assert [one.status for one in answers] == [200] * 20
                assert receiver.connections <= 2

        with Receiver() as receiver:
            run(check(receiver))


class TestTls:
    def test_unknown_certificate_is_refused(self, run: Run) -> None:
        with Receiver(tls=server_tls()) as receiver:
            error, _ = run(failure(OutgoingRequest(url=receiver.url)))
        assert error.kind == "tls"
        assert "self" in str(error)
        assert receiver.requests == []

    def test_plain_receiver(self, run: Run) -> None:
        with Receiver([hang()]) as receiver:
            url = receiver.url.replace("http:", "https:")
            error, _ = run(failure(OutgoingRequest(url=url), connect_timeout_s=0.3))
        assert error.kind in {"tls", "timeout"}

    def test_plain_request_to_a_secure_receiver(self, run: Run) -> None:
        with Receiver(tls=server_tls()) as receiver:
            url = receiver.url.replace("https:", "http:")
            error, _ = run(failure(OutgoingRequest(url=url)))
        assert error.kind in {"reset", "protocol"}
