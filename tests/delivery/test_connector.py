"""Which addresses are really connected to, by name and by number."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.delivery.calls import Names, Run, failure, guarded, judge, send
from tests.receivers import Receiver, reply

from hookroom.delivery.client import AddressRefused, NotReached, OutgoingRequest
from hookroom.delivery.wire.dialing import guarded_sockets
from hookroom.rules.addresses import Policy

PUBLIC_ONLY = Policy()
LOOPBACK = Policy(allow_loopback=True)


def refused(run: Run, url: str, policy: Policy, resolver: AbstractResolver | None = None) -> AddressRefused:
    error, _ = run(failure(OutgoingRequest(url=url), policy, resolver=resolver))
    assert isinstance(error, AddressRefused), (error.kind, str(error))
    assert error.kind == "address-refused"
    return error


LOOPBACK_HOSTS = (
    *("127.0.0.1", "127.0.0.2", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("localhost", "LOCALHOST"),
    *("0.0.0.0", "[::]", "[::ffff:0.0.0.0]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"),
)
ODD_NUMBERS = (
    *("127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1"),
    *(
        "127.0.0.1.",
        "127.000.000.001",
        "127.0.0.01",
        "0",
        "0x",
        "1.2.3.4.5",
        "256.0.0.1",
        "a.1",
        "127.0.0.0x1",
    ),
)
DISGUISED = ("①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1")


def has_ipv6_loopback() -> bool:
    with socket.socket(socket.AF_INET6) as tried:
        try:
            tried.bind(("::1", 0))
        except OSError:
            return False
    return True


class TestRefused:
    @pytest.mark.parametrize("host", [*LOOPBACK_HOSTS, *ODD_NUMBERS, *DISGUISED])
    def test_loopback(self, run: Run, host: str) -> None:
        with Receiver() as receiver:
            refused(run, f"http://{host}:{receiver.port}/", PUBLIC_ONLY)
            assert receiver.connections == 0

    @pytest.mark.parametrize("host", ODD_NUMBERS)
    def test_odd_numbers_whatever_the_policy(self, run: Run, host: str) -> None:
        with Receiver() as receiver:
            refused(run, f"http://{host}:{receiver.port}/", LOOPBACK)
            assert receiver.connections == 0

    @pytest.mark.parametrize(
        "host",
        [
            *("10.0.0.1", "192.168.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255"),
            *("[fe80::1]", "[fd00:ec2::254]", "[ff02::1]", "[64:ff9b::a9fe:a9fe]", "[::ffff:10.0.0.1]"),
        ],
    )
    def test_others_while_loopback_is_permitted(self, run: Run, host: str) -> None:
        refused(run, f"http://{host}/", LOOPBACK)

    @pytest.mark.parametrize("host", ["[fe80::1%25lo]", "[::1%25lo]", "[fe80::1%lo]"])
    def test_zones(self, run: Run, host: str) -> None:
        error, _ = run(failure(OutgoingRequest(url=f"http://{host}/"), LOOPBACK))
        assert error.kind in {"address-refused", "bad-url"}

    @pytest.mark.parametrize(
        "addresses",
        [["127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "::1"], ["fe80::1%1"], ["127.1"], ["name"]],
    )
    def test_name(self, run: Run, addresses: list[str]) -> None:
        with Receiver() as receiver:
            url = f"http://inside.example:{receiver.port}/"
            error = refused(run, url, PUBLIC_ONLY, Names(addresses))
            assert receiver.connections == 0
        assert str(error).startswith("Calls to inside.example are refused: ")
        assert addresses[0] not in str(error)

    def test_secure_urls_alike(self, run: Run) -> None:
        refused(run, "https://127.0.0.1/", PUBLIC_ONLY)
        refused(run, "https://inside.example/", PUBLIC_ONLY, Names(["127.0.0.1"]))

    def test_many_callers_of_one_name(self, run: Run) -> None:
        async def check() -> None:
            async with guarded(PUBLIC_ONLY, resolver=Names(["127.0.0.1"])) as client:
                request = OutgoingRequest(url="http://inside.example/")
                calls = (client.send(request) for _ in range(10))
                errors = await asyncio.gather(*calls, return_exceptions=True)
                assert all(isinstance(error, AddressRefused) for error in errors)

        run(check())


class TestPermitted:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::ffff:127.0.0.1]"])
    def test_loopback(self, run: Run, host: str) -> None:
        with Receiver([reply(200, b"here")]) as receiver:
            answer = run(send(OutgoingRequest(url=f"http://{host}:{receiver.port}/"), LOOPBACK))
        assert answer.body == b"here"

    @pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1")
    def test_loopback_over_ipv6(self, run: Run) -> None:
        with Receiver([reply(200, b"here")], host="::1") as receiver:
            assert run(send(OutgoingRequest(url=receiver.url), LOOPBACK)).body == b"here"

    def test_only_the_permitted_addresses_of_a_name(self, run: Run) -> None:
        names = Names(["10.0.0.1", "169.254.169.254", "127.0.0.1"])
        with Receiver([reply(200, b"here")]) as receiver:
            url = f"http://both.example:{receiver.port}/"
            assert run(send(OutgoingRequest(url=url), LOOPBACK, resolver=names)).body == b"here"
            assert receiver.requests[0].headers["host"] == f"both.example:{receiver.port}"

    def test_next_address_when_the_first_does_not_answer(self, run: Run) -> None:
        names = Names(["127.0.0.3", "127.0.0.1"])
        with Receiver([reply(200, b"here")]) as receiver:
            url = f"http://two.example:{receiver.port}/"
            assert run(send(OutgoingRequest(url=url), LOOPBACK, resolver=names)).body == b"here"

    def test_a_name_that_changes_is_judged_again(self, run: Run) -> None:
        """Rebinding: permitted at first, then pointing inside."""

        async def check(one: Receiver, other: Receiver) -> None:
            names = Names(["127.0.0.1"], ["10.0.0.1"])
            async with guarded(LOOPBACK, resolver=names) as client:
                url = "http://turning.example:{}/"
                assert (await client.send(OutgoingRequest(url=url.format(one.port)))).status == 200
                # A lookup is remembered for a name with its port, so this one asks again.
                with pytest.raises(AddressRefused):
                    await client.send(OutgoingRequest(url=url.format(other.port)))
                assert names.lookups == 2

        with Receiver() as one, Receiver() as other:
            run(check(one, other))
        assert other.connections == 0


class TestLookup:
    def test_no_such_name(self, run: Run) -> None:
        error, _ = run(failure(OutgoingRequest(url="http://none.example/"), resolver=Names([])))
        assert error.kind == "dns"
        assert "none.example" in str(error)

    def test_lookup_that_hangs(self, run: Run) -> None:
        class Silent(Names):
            async def resolve(
                self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
            ) -> list[ResolveResult]:
                await asyncio.Event().wait()
                return []

        request = OutgoingRequest(url="http://silent.example/")
        error, _ = run(failure(request, resolver=Silent(), connect_timeout_s=0.1))
        assert error.kind == "dns"


class TestSockets:
    """The last step before connecting, on its own."""

    @pytest.mark.parametrize(
        "place",
        [
            ("127.0.0.1", 80),
            ("10.0.0.1", 80),
            ("127.1", 80),
            ("localhost", 80),
            ("", 80),
            ("::1", 80, 0, 0),
            ("::ffff:127.0.0.1", 80, 0, 0),
            ("fe80::1%lo", 80, 0, 1),
        ],
    )
    def test_refused(self, place: tuple[str, int] | tuple[str, int, int, int]) -> None:
        family = socket.AF_INET if len(place) == 2 else socket.AF_INET6
        with pytest.raises(NotReached) as caught:
            guarded_sockets(judge(PUBLIC_ONLY))((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place))
        assert caught.value.kind == "address-refused"

    def test_permitted(self) -> None:
        info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 80))
        with guarded_sockets(judge(PUBLIC_ONLY))(info) as made:
            assert made.family == socket.AF_INET
