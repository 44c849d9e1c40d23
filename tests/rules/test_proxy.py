"""Which proxy a configuration names."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.proxy import Proxy, proxy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://proxy.example:3128", Proxy(url="http://proxy.example:3128")),
        ("http://PROXY.example:3128/", Proxy(url="http://proxy.example:3128")),
        ("http://10.0.0.1:80", Proxy(url="http://10.0.0.1:80")),
        ("http://[::1]:8080", Proxy(url="http://[::1]:8080")),
        ("http://u:p@proxy:1", Proxy(url="http://proxy:1", user="u", password="p")),
        ("http://u%40x:p%3A%2f@proxy:1", Proxy(url="http://proxy:1", user="u@x", password="p:/")),
        ("http://u@proxy:1", Proxy(url="http://proxy:1", user="u")),
    ],
)
def test_proxies(text: str, found: Proxy) -> None:
    assert proxy(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "proxy", "proxy:3128", "http://proxy", "http://:3128", "http://proxy:0", "http://proxy:99999"),
        *("https://proxy:3128", "socks5://proxy:1080", "http://proxy:3128/path", "http://proxy:3128/?q"),
        *(
            "http://proxy:3128/#f",
            "http://u:p@:3128",
            "http://pro xy:3128",
            "http://proxy:3128\n",
            "http://[x]:1",
        ),
        *("http://a..b:1", "http://u:p\r\n@proxy:1", "http://proxy:s3cret"),
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be http://host:port") as caught:
        proxy(text)
    assert "s3cret" not in str(caught.value)


def test_credentials_are_not_printed() -> None:
    assert "s3cret" not in repr(proxy("http://s3cret:s3cret@proxy:1"))


@given(st.text(max_size=30), st.sampled_from(["", "http://", "http://u:p@", "http://proxy:1"]))
def test_any_text_is_a_proxy_or_refused(text: str, start: str) -> None:
    with contextlib.suppress(ValueError):
        assert proxy(start + text).url.startswith("http://")
