"""Whose certificates are accepted, call by call, against real receivers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.delivery.calls import Names, Run, failure, guarded, send
from tests.delivery.certificates import (
    Issued,
    authority,
    for_localhost,
    one_authority,
    self_signed,
)
from tests.receivers import Receiver, reply

from hookroom.delivery.client import NotReached, OutgoingRequest, Trust
from hookroom.delivery.trust import MAX_CONTEXTS, MAX_PEM, NoCertificates, certificates

UNVERIFIED = Trust(verified=False)


def trusting(*issued: Issued) -> Trust:
    return Trust(ca_certificate="".join(one.pem for one in issued))


class TestCertificates:
    def test_one_or_several_with_text_around(self) -> None:
        one, other = one_authority().pem, authority("Other").pem
        assert certificates(one) in certificates(f"# Ours, café\n{one}\r\n\nThe other:\n{other}")

    @pytest.mark.parametrize(
        "text",
        [
            *("", "no certificate", "-----BEGIN CERTIFICATE-----", "\0", "é"),
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
        ],
    )
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(NoCertificates):
            certificates(text)

    def test_a_broken_one_among_good_ones(self) -> None:
        broken = one_authority().pem.replace("MII", "MIJ", 1)
        with pytest.raises(NoCertificates):
            certificates(one_authority().pem + broken)

    def test_private_keys_are_not_kept_here(self) -> None:
        with pytest.raises(NoCertificates, match="private key"):
            certificates(for_localhost().pem + for_localhost().key_pem)

    def test_size(self) -> None:
        with pytest.raises(NoCertificates, match="characters"):
            certificates(one_authority().pem + "#" * MAX_PEM)

    @given(st.text(max_size=80))
    def test_any_text_is_refused_cleanly(self, text: str) -> None:
        for one in (text, f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"):
            with pytest.raises(NoCertificates):
                certificates(one)


class TestOwnAuthority:
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_is_trusted(self, run: Run, host: str) -> None:
        with Receiver([reply(200, b"ok")], tls=for_localhost().server()) as receiver:
            url = f"https://{host}:{receiver.port}/"
            error, _ = run(failure(OutgoingRequest(url=url)))
            assert error.kind == "tls"
            request = OutgoingRequest(url=url, trust=trusting(authority("Another"), one_authority()))
            assert run(send(request)).body == b"ok"

    def test_one_in_between_or_the_receivers_very_own_will_do(self, run: Run) -> None:
        between = one_authority().issue("Between", authority=True)
        leaf = between.issue("localhost")
        lone = self_signed("localhost")
        for presented, trusted in ((leaf, between), (leaf, leaf), (leaf, one_authority()), (lone, lone)):
            with Receiver([reply(200, b"ok")], tls=presented.server()) as receiver:
                assert run(send(OutgoingRequest(url=receiver.url, trust=trusting(trusted)))).body == b"ok"

    def test_is_trusted_for_the_right_host_only(self, run: Run) -> None:
        with Receiver(tls=for_localhost().server()) as receiver:
            url = f"https://other.example:{receiver.port}/"
            request = OutgoingRequest(url=url, trust=trusting(one_authority()))
            error, _ = run(failure(request, resolver=Names(["127.0.0.1"])))
            assert receiver.requests == []
        assert error.kind == "tls"
        assert "mismatch" in str(error).lower()

    @pytest.mark.parametrize(
        ("presented", "trusted"),
        [
            (for_localhost(), authority("Test authority")),  # Of the same name, with another key.
            (one_authority().issue("localhost", expired=True), one_authority()),
            (self_signed("localhost"), one_authority()),
        ],
    )
    def test_others_are_not(self, run: Run, presented: Issued, trusted: Issued) -> None:
        with Receiver(tls=presented.server()) as receiver:
            error, _ = run(failure(OutgoingRequest(url=receiver.url, trust=trusting(trusted))))
            assert receiver.requests == []
        assert error.kind == "tls"

    def test_what_is_stored_and_cannot_be_used_fails_the_call(self, run: Run) -> None:
        with Receiver(tls=for_localhost().server()) as receiver:
            request = OutgoingRequest(url=receiver.url, trust=Trust(ca_certificate="s3cret"))
            error, shown = run(failure(request))
            assert receiver.connections == 0
        assert error.kind == "tls"
        assert "s3cret" not in shown


class TestUnverified:
    @pytest.mark.parametrize(
        "presented",
        [self_signed("localhost"), self_signed("other.example"), one_authority().issue("x", expired=True)],
    )
    def test_any_certificate_will_do(self, run: Run, presented: Issued) -> None:
        with Receiver([reply(200, b"ok")], tls=presented.server()) as receiver:
            assert run(send(OutgoingRequest(url=receiver.url, trust=UNVERIFIED))).body == b"ok"


class TestConnections:
    def test_are_not_shared_between_choices(self, run: Run) -> None:
        """What one choice has connected to must not serve another, which would have refused the peer."""

        async def check(receiver: Receiver) -> None:
            ours, others = trusting(one_authority()), trusting(authority("Other"))
            async with guarded() as client:
                for trust in (UNVERIFIED, ours, UNVERIFIED, ours):
                    await client.send(OutgoingRequest(url=receiver.url, trust=trust))
                assert receiver.connections == 2
                refusing: tuple[Trust | None, ...] = (None, others, Trust())
                for none in refusing:
                    with pytest.raises(NotReached) as caught:
                        await client.send(OutgoingRequest(url=receiver.url, trust=none))
                    assert caught.value.kind == "tls"
                assert len(receiver.requests) == 4

        with Receiver([reply(200, b"ok")], tls=for_localhost().server()) as receiver:
            run(check(receiver))

    def test_of_equal_choices_are_shared(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for _ in range(3):
                    trust = Trust(ca_certificate=str(bytearray(one_authority().pem, "ascii"), "ascii"))
                    await client.send(OutgoingRequest(url=receiver.url, trust=trust))
                assert receiver.connections == 1

        with Receiver([reply(200, b"ok")], tls=for_localhost().server()) as receiver:
            run(check(receiver))

    def test_of_more_choices_than_are_kept(self, run: Run) -> None:
        async def check(receiver: Receiver) -> None:
            async with guarded() as client:
                for number in range(MAX_CONTEXTS + 2):
                    trust = Trust(ca_certificate=f"# {number}\n{one_authority().pem}")
                    assert (await client.send(OutgoingRequest(url=receiver.url, trust=trust))).status == 200

        with Receiver([reply(200, b"ok")], tls=for_localhost().server()) as receiver:
            run(check(receiver))
