"""Calls through a proxy: which ones go there, how, and what is refused before the proxy hears of it."""

from __future__ import annotations

import asyncio
import base64
import socket
import traceback
from typing import Any

import pytest
from aiohttp.abc import ResolveResult
from tests.delivery.calls import Names, Run, failure, guarded, judge, send
from tests.delivery.certificates import for_localhost, one_authority, self_signed
from tests.delivery.proxies import forward, refusing
from tests.receivers import Behaviour, Receiver, close, hang, raw, reply

from hookroom.delivery.client import AddressRefused, NotReached, OutgoingRequest, Trust
from hookroom.rules.addresses import Policy
from hookroom.rules.egress import entries
from hookroom.rules.proxy import Proxy, proxy

LOOPBACK = Policy(allow_loopback=True)
PUBLIC = Names(["8.8.8.8"])
NOWHERE = Names([])


def via(receiver: Receiver, credentials: str = "") -> Proxy:
    return proxy(f"http://{credentials}127.0.0.1:{receiver.port}")


class TestRoute:
    def test_plain_calls_name_the_whole_url(self, run: Run) -> None:
        with Receiver([reply(200, b"there")]) as receiver:
            with forward({"out.example": ("127.0.0.1", receiver.port)}) as through:
                url = f"http://user:pass@out.example:{receiver.port}/a%2fb?c=d#e"
                request = OutgoingRequest(url=url, body=b"hello", headers=(("X-A", "b"),))
                answer = run(send(request, proxy=via(through), resolver=PUBLIC))
                [asked] = through.requests
            [received] = receiver.requests
        assert answer.body == b"there"
        assert (asked.method, asked.path) == ("POST", f"http://out.example:{receiver.port}/a%2fb?c=d")
        assert asked.headers["host"] == f"out.example:{receiver.port}"
        assert (received.path, received.body) == ("/a%2fb?c=d", b"hello")
        assert received.headers["authorization"] == "Basic dXNlcjpwYXNz"
        assert received.headers["x-a"] == "b"

    def test_secure_calls_tunnel(self, run: Run) -> None:
        with Receiver([reply(200, b"there")], tls=one_authority().issue("out.example").server()) as receiver:
            with forward({"out.example": ("127.0.0.1", receiver.port)}) as through:
                url = "https://out.example:8443/s3cret?s3cret"
                request = OutgoingRequest(url=url, trust=Trust(ca_certificate=one_authority().pem))
                answer = run(send(request, proxy=via(through, "u:p@"), resolver=PUBLIC))
                [asked] = through.requests
            [received] = receiver.requests
        assert answer.body == b"there"
        assert (asked.method, asked.path) == ("CONNECT", "out.example:8443")
        assert "s3cret" not in str(asked)
        assert asked.headers["proxy-authorization"] == "Basic dTpw"
        assert "proxy-authorization" not in received.headers
        assert received.headers["host"] == "out.example:8443"

    def test_certificates_are_the_receivers(self, run: Run) -> None:
        with Receiver(tls=for_localhost().server()) as receiver:
            with forward({"out.example": ("127.0.0.1", receiver.port)}) as through:
                for trust in (None, Trust(ca_certificate=one_authority().pem)):
                    request = OutgoingRequest(url="https://out.example/", trust=trust)
                    error, _ = run(failure(request, proxy=via(through), resolver=PUBLIC))
                    assert error.kind == "tls"
                    assert "out.example:443 (through the proxy)" in str(error)
            assert receiver.requests == []

    def test_unverified_through_the_proxy(self, run: Run) -> None:
        request = OutgoingRequest(url="https://out.example/", trust=Trust(verified=False))
        with (
            Receiver([reply(200, b"ok")], tls=self_signed("x").server()) as receiver,
            forward({"out.example": ("127.0.0.1", receiver.port)}) as through,
        ):
            assert run(send(request, proxy=via(through), resolver=PUBLIC)).body == b"ok"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_credentials(self, run: Run, scheme: str) -> None:
        with refusing(407) as through:
            credentials = via(through, "us%40er:p%C3%A4ss@")
            headers = (("Proxy-Authorization", "Basic mine"),)
            request = OutgoingRequest(url=f"{scheme}://out.example/", headers=headers)
            error, _ = run(failure(request, proxy=credentials, resolver=PUBLIC))
            [asked] = through.requests
        sent = [value for name, value in asked.header_lines if name.lower() == "proxy-authorization"]
        assert [base64.b64decode(one.removeprefix("Basic ")).decode() for one in sent] == ["us@er:päss"]
        assert error.kind == "proxy"

    def test_connections_are_kept(self, run: Run) -> None:
        async def check(through: Receiver) -> None:
            async with guarded(proxy=via(through, "u:p@"), resolver=PUBLIC) as client:
                for _ in range(3):
                    assert (await client.send(OutgoingRequest(url="http://out.example/"))).status == 200
                assert through.connections == 1
                await client.send(OutgoingRequest(url="http://other.example/"))
                assert through.connections == 2

        with Receiver([reply(200, b"ok")]) as through:
            run(check(through))
            assert all(one.headers["proxy-authorization"] == "Basic dTpw" for one in through.requests)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::ffff:127.0.0.1]"])
    def test_loopback_is_called_directly(self, run: Run, host: str) -> None:
        with refusing(500) as through, Receiver([reply(200, b"here")]) as receiver:
            request = OutgoingRequest(url=f"http://{host}:{receiver.port}/")
            assert run(send(request, proxy=via(through))).body == b"here"
            error, _ = run(failure(request, judge(Policy()), proxy=via(through)))
            assert isinstance(error, AddressRefused)
            assert through.connections == 0

    def test_hosts_without_the_proxy(self, run: Run) -> None:
        with refusing(500) as through, Receiver([reply(200, b"here")]) as receiver:
            options: dict[str, Any] = {
                "proxy": via(through),
                "no_proxy": entries("in.example .below.example"),
            }
            for host in ("in.example", "IN.example.", "a.below.example"):
                request = OutgoingRequest(url=f"http://{host}:{receiver.port}/")
                assert run(send(request, resolver=Names(["127.0.0.1"]), **options)).body == b"here"
            assert through.connections == 0
            request = OutgoingRequest(url=f"http://below.example:{receiver.port}/")
            assert run(send(request, resolver=PUBLIC, **options)).status == 500
            # Without the proxy, the address is judged where it is connected to.
            request = OutgoingRequest(url=f"http://in.example:{receiver.port}/")
            names = Names(["10.0.0.1"])
            error, _ = run(failure(request, resolver=names, **options))
            assert isinstance(error, AddressRefused)

    def test_the_proxys_own_address_is_not_judged(self, run: Run) -> None:
        with Receiver([reply(200, b"ok")]) as through:
            request = OutgoingRequest(url="http://out.example/")
            closed = judge(Policy(), deny="127.0.0.0/8")
            assert run(send(request, closed, proxy=via(through), resolver=PUBLIC)).body == b"ok"

    def test_but_calls_of_it_are(self, run: Run) -> None:
        with Receiver() as through:
            for host in ("127.0.0.1", "localhost", "proxy.example"):
                request = OutgoingRequest(url=f"http://{host}:{through.port}/")
                error, _ = run(
                    failure(request, judge(Policy()), proxy=via(through), resolver=Names(["127.0.0.1"]))
                )
                assert isinstance(error, AddressRefused)
            assert through.connections == 0


class TestRefused:
    @pytest.mark.parametrize(
        "host",
        [
            *("10.0.0.1", "169.254.169.254", "[fd00:ec2::254]", "[::ffff:10.0.0.1]", "[64:ff9b::a9fe:a9fe]"),
            *("0.0.0.0", "[::]", "[2002:7f00:1::]", "metadata.google.internal", "METADATA.google.internal."),
        ],
    )
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_before_the_proxy_is_asked(self, run: Run, scheme: str, host: str) -> None:
        with refusing(500) as through:
            request = OutgoingRequest(url=f"{scheme}://{host}/")
            error, _ = run(failure(request, LOOPBACK, proxy=via(through), resolver=NOWHERE))
            assert isinstance(error, AddressRefused), str(error)
            assert through.connections == 0

    @pytest.mark.parametrize(
        "addresses",
        [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["127.0.0.1"], ["::1"], ["0.0.0.0"], ["169.254.169.254"]],
    )
    def test_names_that_lead_inside(self, run: Run, addresses: list[str]) -> None:
        """One refused address is enough: which one the proxy takes is its own choice."""
        with refusing(500) as through:
            request = OutgoingRequest(url="http://in.example/")
            error, _ = run(failure(request, LOOPBACK, proxy=via(through), resolver=Names(addresses)))
            assert isinstance(error, AddressRefused)
            assert addresses[-1] not in str(error)
            assert through.connections == 0

    def test_lists(self, run: Run) -> None:
        with Receiver([reply(200, b"ok")]) as through:
            options: dict[str, Any] = {"proxy": via(through), "resolver": Names(["10.0.0.1"])}
            request = OutgoingRequest(url="http://in.example/")
            for lists in (judge(deny="in.example"), judge(allow="in.example", deny="10.0.0.0/8"), judge()):
                assert isinstance(run(failure(request, lists, **options))[0], AddressRefused)
            assert through.connections == 0
            for lists in (judge(allow="in.example"), judge(allow="10.0.0.1")):
                assert run(send(request, lists, **options)).status == 200

    def test_the_servers_own_address(self, run: Run) -> None:
        with refusing(500) as through:
            request = OutgoingRequest(url="http://me.example:3000/")
            names = Names(["127.0.0.1"])
            error, _ = run(failure(request, judge(own=3000), proxy=via(through), resolver=names))
            assert str(error).endswith("this server's own address")
            assert through.connections == 0

    def test_what_only_the_proxy_can_look_up_is_left_to_it(self, run: Run) -> None:
        class Hanging(Names):
            async def resolve(
                self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
            ) -> list[ResolveResult]:
                await asyncio.Event().wait()
                return []

        with Receiver([reply(200, b"ok")]) as through:
            request = OutgoingRequest(url="http://out.example/")
            assert run(send(request, proxy=via(through), resolver=NOWHERE)).body == b"ok"
            options: dict[str, Any] = {"connect_timeout_s": 0.1, "resolver": Hanging([])}
            assert run(send(request, proxy=via(through), **options)).body == b"ok"

    def test_calls_at_once_share_a_lookup(self, run: Run) -> None:
        async def check(through: Receiver) -> None:
            names = Names(["8.8.8.8"])
            async with guarded(proxy=via(through), resolver=names) as client:
                request = OutgoingRequest(url="http://out.example/")
                await asyncio.gather(*(client.send(request) for _ in range(20)))
                await client.send(request)
            assert names.lookups == 1

        with Receiver() as through:
            run(check(through))


class TestFailures:
    """Of the proxy itself: told apart from the receiver's, and worth another try."""

    @pytest.mark.parametrize(
        ("scheme", "status", "text"),
        [
            ("https", 403, "The proxy did not connect to out.example:443 (status 403)"),
            ("https", 502, "The proxy did not connect to out.example:443 (status 502)"),
            ("https", 407, "The proxy asks for other credentials (status 407)"),
            ("http", 407, "The proxy asks for other credentials (status 407)"),
        ],
    )
    def test_refusals(self, run: Run, scheme: str, status: int, text: str) -> None:
        with refusing(status) as through:
            request = OutgoingRequest(url=f"{scheme}://user:s3cret@out.example/s3cret")
            error, shown = run(failure(request, proxy=via(through, "s3cret:s3cret@"), resolver=PUBLIC))
        assert (str(error), error.kind) == (text, "proxy")
        assert "s3cret" not in shown

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_no_connection(self, run: Run, scheme: str) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            request = OutgoingRequest(url=f"{scheme}://out.example/")
            nobody = proxy(f"http://s3cret:s3cret@127.0.0.1:{port}")
            error, shown = run(failure(request, proxy=nobody, resolver=PUBLIC))
        assert error.kind == "proxy"
        assert str(error) == "No connection to the proxy: connection refused"
        assert "s3cret" not in shown

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_no_such_proxy(self, run: Run, scheme: str) -> None:
        request = OutgoingRequest(url=f"{scheme}://out.example/")
        nobody = proxy("http://s3cret:s3cret@no-such-proxy.invalid:3128")
        error, shown = run(failure(request, proxy=nobody, resolver=PUBLIC))
        assert error.kind == "proxy"
        assert "The proxy could not be looked up" in str(error)
        assert "s3cret" not in shown

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(
        ("behaviour", "kinds"),
        [
            (hang(), {"timeout"}),
            (close(), {"reset"}),
            (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), {"protocol"}),
            (raw(b"HTTP/1.1 200 OK\r\n\r\nnot TLS at all, and more of it", "hold"), {"tls", "timeout"}),
        ],
    )
    def test_misbehaviour(self, run: Run, scheme: str, behaviour: Behaviour, kinds: set[str]) -> None:
        url = f"{scheme}://user:s3cret@out.example/s3cret"

        async def check(through: Receiver) -> None:
            options: dict[str, Any] = {"connect_timeout_s": 0.4, "timeout_s": 0.8}
            async with guarded(proxy=via(through, "s3cret:s3cret@"), resolver=PUBLIC, **options) as client:
                request = OutgoingRequest(url=url)
                with pytest.raises(NotReached) as caught:
                    await client.send(request)
                assert caught.value.kind in kinds
                assert "through the proxy" in str(caught.value)
                assert "s3cret" not in "".join(traceback.format_exception(caught.value))
                await asyncio.to_thread(through.wait_for_closed, 1)

        with Receiver([behaviour]) as through:
            run(check(through))


def test_the_environment_has_no_say(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver([reply(200, b"ok")]) as through, refusing(418) as other:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, other.url)
        monkeypatch.setenv("no_proxy", "*")
        request = OutgoingRequest(url="http://out.example/")
        assert run(send(request, proxy=via(through), resolver=PUBLIC)).body == b"ok"
        assert other.connections == 0
