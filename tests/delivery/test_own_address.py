"""Whether an address and port are this server's own."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from tests.delivery.calls import Names, Run, failure, guarded, judge, send
from tests.receivers import Receiver, reply

from hookroom.delivery.client import AddressRefused, OutgoingRequest
from hookroom.delivery.own_address import OwnAddress
from hookroom.rules.addresses import Policy

OPEN = Policy(allow_loopback=True, allow_private=True)


def interface_address() -> str | None:
    """An address of this machine beside loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found: str = tried.getsockname()[0]
        return found if not ip_address(found).is_loopback else None


INTERFACE = interface_address()


@pytest.mark.parametrize(
    ("address", "own"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::ffff:127.0.0.1", True), ("0.0.0.0", True)),
        *(("8.8.8.8", False), ("192.0.2.1", False), ("::ffff:8.8.8.8", False), ("2001:db8::1", False)),
    ],
)
def test_addresses(address: str, own: bool) -> None:
    found = OwnAddress(3000)
    for _ in range(2):
        assert found.is_own(ip_address(address), 3000) is own
        assert not found.is_own(ip_address(address), 3001)


def test_many_addresses_are_not_kept_for_ever() -> None:
    found = OwnAddress(3000)
    first = int(ip_address("198.51.0.0"))
    for number in range(3000):
        assert not found.is_own(ip_address(first + number), 3000)
    assert found.is_own(ip_address("127.0.0.1"), 3000)


HOSTS = ("127.0.0.1", "127.0.0.2", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "this.example")


@pytest.mark.parametrize("host", HOSTS)
def test_calls_to_the_server_itself_are_refused(run: Run, host: str) -> None:
    with Receiver() as server:
        request = OutgoingRequest(url=f"http://{host}:{server.port}/hooks/x")
        error, _ = run(failure(request, judge(own=server.port), resolver=Names(["127.0.0.1"])))
        assert server.connections == 0
    assert isinstance(error, AddressRefused)
    assert str(error).endswith("are refused: this server's own address")


@pytest.mark.parametrize("host", HOSTS)
def test_calls_to_other_servers_of_this_machine_are_not(run: Run, host: str) -> None:
    with Receiver([reply(200, b"here")], host="0.0.0.0") as other:
        request = OutgoingRequest(url=f"http://{host}:{other.port}/")
        answer = run(send(request, judge(own=other.port + 1), resolver=Names(["127.0.0.1"])))
    assert answer.body == b"here"


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "[::ffff:0.0.0.0]"])
def test_no_list_allows_them(run: Run, host: str) -> None:
    allowing = judge(OPEN, allow="0.0.0.0/0 ::/0 127.0.0.1 0.0.0.0 localhost", own=9)
    error, _ = run(failure(OutgoingRequest(url=f"http://{host}:9/"), allowing))
    assert str(error).endswith("this server's own address")


@pytest.mark.skipif(INTERFACE is None, reason="this machine has no address but loopback")
def test_by_the_address_of_an_interface(run: Run) -> None:
    with Receiver([reply(200, b"here")], host="0.0.0.0") as server:
        request = OutgoingRequest(url=f"http://{INTERFACE}:{server.port}/")
        allowing = judge(OPEN, allow=f"{INTERFACE}")
        assert run(send(request, allowing)).body == b"here"
        error, _ = run(failure(request, judge(OPEN, allow=f"{INTERFACE}", own=server.port)))
        assert len(server.requests) == 1
    assert str(error).endswith("this server's own address")


def test_a_kept_connection_is_no_way_round(run: Run) -> None:
    """A server's own port is never connected to, so there is none to keep; a redirect of a script asks anew."""

    async def check(server: Receiver) -> None:
        async with guarded(judge(own=server.port)) as client:
            for _ in range(3):
                with pytest.raises(AddressRefused):
                    await client.send(OutgoingRequest(url=server.url))

    with Receiver() as server:
        run(check(server))
        assert server.connections == 0
