"""Allow and deny lists at the client, and that a change of theirs counts at once."""

from __future__ import annotations

import asyncio

import pytest
from tests.delivery.calls import Names, Run, failure, guarded, judge, send
from tests.receivers import Receiver, hang, reply

from hookroom.delivery.client import AddressRefused, GuardedClient, Judge, NotReached, OutgoingRequest
from hookroom.delivery.judge import in_force
from hookroom.rules.addresses import Policy

LOOPBACK = Policy(allow_loopback=True)
CLOSED = Policy()


class Lists(dict[str, str]):
    """The two settings."""

    def __init__(self, allow: str = "", deny: str = "") -> None:
        super().__init__(SSRF_Allowlist=allow, SSRF_Denylist=deny)

    def judge(self, policy: Policy = LOOPBACK) -> Judge:
        return Judge(in_force(policy, self))


async def status(client: GuardedClient, url: str) -> int | str:
    try:
        return (await client.send(OutgoingRequest(url=url))).status
    except NotReached as error:
        return error.kind


class TestHosts:
    def test_a_denied_host_is_not_looked_up(self, run: Run) -> None:
        names = Names(["127.0.0.1"])
        for url in ("http://evil.example/", "https://WWW.evil.example./", "http://u:p@evil.example:81/x"):
            denying = judge(deny="evil.example *.evil.example")
            error, _ = run(failure(OutgoingRequest(url=url), denying, resolver=names))
            assert isinstance(error, AddressRefused)
            assert str(error).endswith("denied host")
        assert names.lookups == 0

    @pytest.mark.parametrize("host", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example."])
    def test_international_names_are_one(self, run: Run, host: str) -> None:
        names = Names(["127.0.0.1"])
        for entry in ("bücher.example", "xn--bcher-kva.example", "Bücher.Example."):
            run(failure(OutgoingRequest(url=f"http://{host}/"), judge(deny=entry), resolver=names))
        assert names.lookups == 0

    def test_an_allowed_name_reaches_what_others_do_not(self, run: Run) -> None:
        with Receiver([reply(200, b"here")]) as receiver:
            allowing = judge(CLOSED, allow="*.inside.example")
            names = Names(["127.0.0.1"])
            request = OutgoingRequest(url=f"http://a.inside.example:{receiver.port}/")
            assert run(send(request, allowing, resolver=names)).body == b"here"
            for host in ("inside.example", "a.outside.example", "127.0.0.1", "localhost"):
                request = OutgoingRequest(url=f"http://{host}:{receiver.port}/")
                error, _ = run(failure(request, allowing, resolver=names))
                assert isinstance(error, AddressRefused)
            assert receiver.connections == 1

    def test_names_that_share_an_address_keep_their_own_verdicts(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            names = Names(["127.0.0.1"])
            async with guarded(judge(CLOSED, allow="good.example"), resolver=names) as client:
                for _ in range(2):
                    assert await status(client, f"http://good.example:{receiver.port}/") == 200
                    refused = await status(client, f"http://bad.example:{receiver.port}/")
                    assert refused == "address-refused"
                assert receiver.connections == 1

        with Receiver() as receiver:
            run(check(receiver))

    def test_a_port_of_an_entry(self, run: Run) -> None:
        with Receiver() as one, Receiver() as other:
            allowing = judge(CLOSED, allow=f"127.0.0.1:{one.port}")
            assert run(send(OutgoingRequest(url=one.url), allowing)).status == 200
            error, _ = run(failure(OutgoingRequest(url=other.url), allowing))
            assert isinstance(error, AddressRefused)
            assert other.connections == 0

    @pytest.mark.parametrize(
        "address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"]
    )
    def test_an_allowed_name_does_not_lead_to_metadata(self, run: Run, address: str) -> None:
        allowing = judge(allow="turned.example")
        error, _ = run(
            failure(OutgoingRequest(url="http://turned.example/"), allowing, resolver=Names([address]))
        )
        assert isinstance(error, AddressRefused)
        assert "metadata" in str(error)


class TestChanges:
    def test_count_for_kept_connections(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            lists = Lists()
            async with guarded(lists.judge()) as client:
                assert await status(client, receiver.url) == 200
                lists["SSRF_Denylist"] = "127.0.0.0/8"
                assert await status(client, receiver.url) == "address-refused"
                lists["SSRF_Denylist"] = f"127.0.0.1:{receiver.port + 1}"
                assert await status(client, receiver.url) == 200
                # One that the change leaves permitted stays.
                connections = receiver.connections
                lists["SSRF_Allowlist"] = "example.com"
                assert await status(client, receiver.url) == 200
                assert receiver.connections == connections
                lists["SSRF_Denylist"] = ""
                assert await status(client, receiver.url) == 200
                assert receiver.connections == connections

        with Receiver() as receiver:
            run(check(receiver))

    def test_count_for_kept_connections_of_names(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            lists = Lists(allow="in.example")
            async with guarded(lists.judge(CLOSED), resolver=Names(["127.0.0.1"])) as client:
                url = f"http://in.example:{receiver.port}/"
                assert await status(client, url) == 200
                lists["SSRF_Allowlist"] = ""
                assert await status(client, url) == "address-refused"
                lists["SSRF_Allowlist"] = "*.example"
                assert await status(client, url) == 200
                lists["SSRF_Denylist"] = "IN.example"
                assert await status(client, url) == "address-refused"
                assert len(receiver.requests) == 2

        with Receiver() as receiver:
            run(check(receiver))

    def test_what_was_looked_up_before_is_looked_up_again(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            lists, names = Lists(), Names(["127.0.0.9", "127.0.0.1"])
            lists["SSRF_Denylist"] = "127.0.0.1"
            async with guarded(lists.judge(), resolver=names) as client:
                url = f"http://two.example:{receiver.port}/"
                assert await status(client, url) == "connect"
                lists["SSRF_Denylist"] = ""
                assert await status(client, url) == 200

        with Receiver() as receiver:
            run(check(receiver))

    def test_a_call_under_way_ends_and_its_connection_is_not_kept(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            lists = Lists()
            async with guarded(lists.judge(), timeout_s=30) as client:
                assert await status(client, receiver.url) == 200
                call = asyncio.create_task(client.send(OutgoingRequest(url=receiver.url, timeout_s=0.3)))
                await asyncio.to_thread(receiver.wait_for, 2)
                lists["SSRF_Denylist"] = "127.0.0.1"
                with pytest.raises(NotReached) as caught:
                    await call
                assert caught.value.kind == "timeout"
                assert await status(client, receiver.url) == "address-refused"

        with Receiver([reply(), hang()]) as receiver:
            run(check(receiver))


def test_rules_are_the_same_object_while_nothing_changes() -> None:
    lists = Lists(allow="a.example")
    rules = in_force(LOOPBACK, lists)
    first = rules()
    assert rules() is first
    lists["SSRF_Allowlist"] = str(bytearray(b"a.example"), "ascii")
    assert rules() is first
    lists["SSRF_Allowlist"] = "b.example"
    assert rules() is not first
    assert rules() is rules()
