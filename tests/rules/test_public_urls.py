"""Which addresses a sender may have called."""

from __future__ import annotations

import pytest

from hookroom.rules.client_address import networks
from hookroom.rules.public_urls import public_urls

SITE = "https://chat.example.com"
PROXIES = networks("10.0.0.0/8, ::1")


@pytest.mark.parametrize(
    ("headers", "peer", "also"),
    [
        ({"X-Forwarded-Host": "b.example", "X-Forwarded-Proto": "http"}, "10.0.0.1", "http://b.example"),
        ({"X-Forwarded-Host": "b.example"}, "10.0.0.1", "https://b.example"),
        ({"X-Forwarded-Host": "b.example:8443"}, "::ffff:10.0.0.1", "https://b.example:8443"),
        ({"X-Forwarded-Host": "[2001:db8::1]:8443"}, "::1", "https://[2001:db8::1]:8443"),
        ({"X-Forwarded-Host": "evil.example, b.example"}, "10.0.0.1", "https://b.example"),
        ({"Host": "c.example", "X-Forwarded-Proto": "HTTP"}, "10.0.0.1", "http://c.example"),
        ({"Host": "chat.example.com"}, "10.0.0.1", None),
        ({}, "10.0.0.1", None),
        ({"X-Forwarded-Host": "b.example/x?"}, "10.0.0.1", None),
        ({"X-Forwarded-Host": "user@b.example"}, "10.0.0.1", None),
        ({"X-Forwarded-Host": "b.example", "X-Forwarded-Proto": "javascript"}, "10.0.0.1", None),
        # Not from a trusted proxy.
        ({"X-Forwarded-Host": "b.example"}, "11.0.0.1", None),
        ({"Host": "b.example"}, "11.0.0.1", None),
        ({"X-Forwarded-Host": "b.example"}, "unix", None),
    ],
)
def test_what_a_trusted_proxy_says_counts_as_well(
    headers: dict[str, str], peer: str, also: str | None
) -> None:
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    target = b"/hooks/a/b?x=%41&y"
    path = target.decode()
    expected = (SITE + path,) if also is None else (SITE + path, also + path)
    assert public_urls(SITE, target, lines, peer, PROXIES) == expected
    assert public_urls(SITE + "/", target, lines, peer, ()) == (SITE + path,)


def test_the_site_may_be_below_a_path() -> None:
    assert public_urls(SITE + "/chat/", b"/hooks/a/b", (), "10.0.0.1", ()) == (SITE + "/chat/hooks/a/b",)


def test_bytes_outside_ascii_are_kept() -> None:
    [url] = public_urls(SITE, b"/hooks/\xff", (), "10.0.0.1", ())
    assert url.encode("utf-8", "surrogateescape") == SITE.encode() + b"/hooks/\xff"
