"""What the operator's lists of hosts and networks permit and refuse."""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.addresses import Policy, verdict
from hookroom.rules.egress import MAX_ENTRIES, NotAnEntry, egress, entries

PUBLIC = "8.8.8.8"
INSIDE = "10.1.2.3"
METADATA = ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::")


def permitted(host: str, address: str, port: int = 443, *, allow: str = "", deny: str = "") -> bool:
    found = egress(Policy(), allow=allow, deny=deny)
    refused = found.address_verdict(host, ip_address(address), port) is not None
    assert refused or found.host_verdict(host, port) is None
    return not refused


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            *(
                "10.0.0.1",
                "10.0.0.0/8",
                "10.1.2.3/8",
                "::1",
                "fd00::/8",
                "[::1]",
                "[::1]:8080",
                "10.0.0.1:80",
            ),
            *("example.com", "EXAMPLE.com.", "*.example.com", ".example.com", "example.com:8443", "a_b"),
            *("*.example.com:1", ".example.com:65535", "bücher.example", "*.Bücher.example", "localhost"),
            *(
                "cafe",
                "face.de",
                "abc:80",
                "::ffff:10.0.0.0/104",
                "0.0.0.0/0",
                "::/0",
                "xn--bcher-kva.example",
            ),
        ],
    )
    def test_what_is_an_entry(self, text: str) -> None:
        found = entries(text)
        assert len(found.names) + len(found.below) + len(found.networks) == 1

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "*",
                ".",
                "*.",
                "..example.com",
                "a..b",
                "*example.com",
                "a.*.b",
                "ex!ample",
                "a b@c",
            ),
            *("http://example.com", "example.com/path", "user@example.com", "example.com:", "example.com:x"),
            *("example.com:0", "example.com:65536", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0.0.0/", "/8"),
            *("127.1", "0x7f.1", "017700000001", "1.2.3.4.5", "256.1.1.1", "*.1", "1.2.3.4.", "01.2.3.4"),
            *("fe80::1%eth0", "[::1%lo]:80", "::1:80:", "[::1", "::1]", "[10.0.0.1]x", "10.0.0.0/8:80"),
            *("a" * 64, "a." * 130 + "a", "a\0b", "1.2.3.4/٣"),
        ],
    )
    def test_what_is_none_is_told_by_its_place(self, text: str) -> None:
        with pytest.raises(NotAnEntry) as caught:
            entries(f"example.com, 10.0.0.0/8\n {text}")
        assert caught.value.position >= 3
        assert text not in str(caught.value)

    def test_what_may_be_between(self) -> None:
        found = entries(" ,a.example,,b.example\n\tc.example\r\n10.0.0.1 , ")
        assert {name for name, _ in found.names} == {"a.example", "b.example", "c.example"}
        assert found.networks == ((ip_network("10.0.0.1"), None),)
        assert entries("") == entries(" , \n") == entries("")

    def test_there_may_be_so_many(self) -> None:
        names = [f"host-{i}.example" for i in range(MAX_ENTRIES)]
        assert len(entries(",".join(names)).names) == MAX_ENTRIES
        with pytest.raises(NotAnEntry) as caught:
            entries(",".join([*names, "one.example"]))
        assert caught.value.position == MAX_ENTRIES + 1

    @given(st.text(max_size=60) | st.text(alphabet="0123456789abf.:/*[]-, \n", max_size=40))
    def test_any_text_is_a_list_or_refused(self, text: str) -> None:
        with contextlib.suppress(NotAnEntry):
            found = entries(text)
            for name, port in found.names | found.below:
                assert name == name.lower().strip(".")
                assert name.isascii()
                assert port is None or 1 <= port <= 65535


NAMES = (
    # entry, host, port, whether it is meant
    ("example.com", "example.com", 443, True),
    ("example.com", "EXAMPLE.com", 80, True),
    ("example.com", "example.com.", 80, True),
    ("Example.COM.", "example.com", 80, True),
    ("example.com", "www.example.com", 80, False),
    ("example.com", "badexample.com", 80, False),
    ("example.com", "example.com.evil.example", 80, False),
    ("*.example.com", "www.example.com", 80, True),
    ("*.example.com", "a.b.example.com.", 80, True),
    ("*.example.com", "example.com", 80, False),
    (".example.com", "www.example.com", 80, True),
    (".example.com", "badexample.com", 80, False),
    ("example.com:8443", "example.com", 8443, True),
    ("example.com:8443", "example.com", 443, False),
    ("*.example.com:8443", "www.example.com", 8443, True),
    ("*.example.com:8443", "www.example.com", 8444, False),
    ("bücher.example", "xn--bcher-kva.example", 80, True),
    ("xn--bcher-kva.example", "xn--bcher-kva.example", 80, True),
    ("*.BÜCHER.example", "www.xn--bcher-kva.example", 80, True),
    ("local", "local", 80, True),
)


class TestNames:
    @pytest.mark.parametrize(("entry", "host", "port", "meant"), NAMES)
    def test_allowed(self, entry: str, host: str, port: int, meant: bool) -> None:
        assert permitted(host, INSIDE, port, allow=entry) is meant
        assert permitted(host, PUBLIC, port, allow=entry)

    @pytest.mark.parametrize(("entry", "host", "port", "meant"), NAMES)
    def test_denied(self, entry: str, host: str, port: int, meant: bool) -> None:
        assert permitted(host, PUBLIC, port, deny=entry) is not meant
        assert (egress(Policy(), deny=entry).host_verdict(host, port) is not None) is meant

    @pytest.mark.parametrize(("entry", "host", "port", "meant"), NAMES)
    def test_denied_beats_allowed(self, entry: str, host: str, port: int, meant: bool) -> None:
        assert permitted(host, PUBLIC, port, allow=entry, deny=entry) is not meant

    @pytest.mark.parametrize("address", ["127.0.0.1", INSIDE, "100.64.0.1", "fd00::1", "169.254.1.1", "::1"])
    def test_an_allowed_name_allows_where_it_leads(self, address: str) -> None:
        assert not permitted("inside.example", address)
        assert permitted("inside.example", address, allow="inside.example")
        assert not permitted("inside.example", address, allow="inside.example", deny=address)

    @pytest.mark.parametrize("address", METADATA)
    def test_but_not_to_metadata(self, address: str) -> None:
        assert not permitted("meta.example", address, allow="meta.example, 0.0.0.0/0, ::/0, fd00::/8")
        assert not permitted("meta.example", address, allow="100.64.0.0/10 64:ff9b::/96 2002::/16")
        meant = "169.254.169.254 100.100.100.200 fd00:ec2::254"
        assert permitted("meta.example", address, allow=f"meta.example {meant}")


class TestNetworks:
    @pytest.mark.parametrize(
        ("entry", "address", "port", "meant"),
        [
            ("10.1.2.3", "10.1.2.3", 80, True),
            ("10.1.2.3", "10.1.2.4", 80, False),
            ("10.0.0.0/8", "10.1.2.3", 80, True),
            ("10.9.9.9/8", "10.1.2.3", 80, True),
            ("10.0.0.0/8", "::ffff:10.1.2.3", 80, True),
            ("::ffff:10.0.0.0/104", "10.1.2.3", 80, True),
            ("::ffff:10.1.2.3", "::ffff:10.1.2.3", 80, True),
            ("10.1.2.3:8080", "10.1.2.3", 8080, True),
            ("10.1.2.3:8080", "10.1.2.3", 80, False),
            ("fd00::/8", "fd12::1", 80, True),
            ("[fd12::1]:8080", "fd12::1", 8080, True),
            ("[fd12::1]:8080", "fd12::1", 80, False),
            ("169.254.169.254", "169.254.169.254", 80, True),
            ("169.254.0.0/16", "169.254.169.254", 80, True),
            ("169.254.169.254:80", "169.254.169.254", 81, False),
            ("fd00:ec2::/32", "fd00:ec2::254", 80, True),
        ],
    )
    def test_allowed(self, entry: str, address: str, port: int, meant: bool) -> None:
        assert permitted(address, address, port, allow=entry) is meant
        assert not permitted(address, address, port, allow=entry, deny=address)

    @pytest.mark.parametrize(
        ("entry", "address", "port", "meant"),
        [
            ("8.8.8.0/24", "8.8.8.8", 80, True),
            ("8.8.8.0/24", "::ffff:8.8.8.8", 80, True),
            ("8.8.8.0/24", "64:ff9b::8.8.8.8", 80, True),
            ("8.8.8.0/24", "2002:808:808::1", 80, True),
            ("8.8.8.8:25", "8.8.8.8", 25, True),
            ("8.8.8.8:25", "8.8.8.8", 80, False),
            ("8.8.8.8:25", "64:ff9b::8.8.8.8", 25, True),
            ("::/0", "2606:4700::1", 80, True),
            ("0.0.0.0/0", "2606:4700::1", 80, False),
        ],
    )
    def test_denied(self, entry: str, address: str, port: int, meant: bool) -> None:
        assert permitted(address, address, port, deny=entry) is not meant
        assert permitted("allowed.example", address, port, allow="allowed.example", deny=entry) is not meant

    def test_a_port_of_one_list_leaves_the_other_as_it_is(self) -> None:
        def at(address: str, port: int) -> bool:
            lists = {"allow": "10.0.0.0/8, 192.168.0.1:8080", "deny": "10.0.0.1, 10.0.0.2:8080"}
            return permitted("x", address, port, **lists)

        assert at("10.0.0.3", 8080)
        assert at("10.0.0.2", 80)
        assert not at("10.0.0.2", 8080)
        assert not at("10.0.0.1", 8080)
        assert at("192.168.0.1", 8080)
        assert not at("192.168.0.1", 80)


ADDRESSES = st.ip_addresses()
LISTED = st.sampled_from(
    ["10.0.0.0/8", "example.com", "*.example.com", "0.0.0.0/0", "::/0", "127.0.0.1:80", "fd00::/8", "1.2.3.4"]
)
LISTS = st.lists(LISTED, max_size=4).map(" ".join)
HOSTS = st.sampled_from(["example.com", "www.example.com", "other.example", "EXAMPLE.COM."])
PORTS = st.sampled_from([80, 443])


@given(ADDRESSES, HOSTS, PORTS, LISTS, LISTS, LISTS)
def test_denying_more_never_permits_more(
    address: IPv4Address | IPv6Address, host: str, port: int, allow: str, deny: str, more: str
) -> None:
    if permitted(host, str(address), port, allow=allow, deny=f"{deny} {more}"):
        assert permitted(host, str(address), port, allow=allow, deny=deny)


@given(ADDRESSES, HOSTS, PORTS, LISTS, LISTS)
def test_allowing_more_never_refuses_more(
    address: IPv4Address | IPv6Address, host: str, port: int, allow: str, more: str
) -> None:
    if permitted(host, str(address), port, allow=allow):
        assert permitted(host, str(address), port, allow=f"{allow} {more}")


@given(ADDRESSES, HOSTS, PORTS)
def test_empty_lists_change_nothing(address: IPv4Address | IPv6Address, host: str, port: int) -> None:
    found = egress(Policy()).address_verdict(host, address, port)
    assert found == verdict(address, Policy())


@given(HOSTS, PORTS)
def test_no_list_of_names_or_wide_networks_permits_metadata(host: str, port: int) -> None:
    for address in METADATA:
        assert not permitted(host, address, port, allow="example.com *.example.com 0.0.0.0/0 ::/0")


@given(ADDRESSES, LISTS)
def test_lists_of_no_proxy_compare_what_is_written(address: IPv4Address | IPv6Address, text: str) -> None:
    found = entries(text)
    assert found.has(str(address), 80) is any(address in one for one in found.networks_at(80))
