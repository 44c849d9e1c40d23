"""URLs and headers before they go out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.delivery.exchange import NotReached
from hookroom.delivery.request_head import NOT_OVERRIDABLE, checked_headers, target


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            " ",
            "x",
            "/x",
            "//host/x",
            "http:",
            "http:x",
            "http:///x",
            "http://",
            "http://:80/",
            "http://@/",
        ),
        *("ftp://host/", "file:///etc/passwd", "unix:///x", "ws://host/", "javascript:alert(1)", "data:,x"),
        *("http://host:99999/", "http://host:x/", "http://host:0/", "http://host:-1/", "http://a:b:c/"),
        *("http://a b/", "http://a%00b/", "http://%31/", "http://a..b/", "http://.a/", f"http://{'a' * 64}/"),
        *(
            "http://ho\\st/",
            "http://[::1",
            "http://[]/",
            "http://[:::1]/",
            "http://[1.2.3.4]x/",
            "http://<x>/",
        ),
        *("http://host/\r\nX: y", "http://host/\n", "http://ho\tst/", "http://host/\0", "http://host/\x7f"),
        f"http://{'a.' * 128}a/",
        f"http://host/{'x' * 40_000}",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(NotReached) as caught:
        target(url)
    assert caught.value.kind == "bad-url"


@pytest.mark.parametrize(
    ("url", "sent", "shown"),
    [
        ("http://host", "http://host/", "host:80"),
        (" https://HOST:443/x ", "https://host/x", "host:443"),
        ("http://host:8080?a#b", "http://host:8080/?a", "host:8080"),
        ("http://user:pass@host/", "http://host/", "host:80"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x", "[::1]:8080"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/", "xn--bcher-kva.example:80"),
        ("http://under_score.example./", "http://under_score.example./", "under_score.example.:80"),
        ("http://1.2.3.4/", "http://1.2.3.4/", "1.2.3.4:80"),
        ("http://1a.2b/", "http://1a.2b/", "1a.2b:80"),
        ("HTTP://host/../a/./b", "http://host/../a/./b", "host:80"),
    ],
)
def test_parts_of_a_url(url: str, sent: str, shown: str) -> None:
    found = target(url)
    assert (str(found.url), found.shown) == (sent, shown)


T = TypeVar("T")


def attempt(call: Callable[[], T]) -> T | NotReached:
    try:
        return call()
    except NotReached as error:
        return error


@given(
    st.text(max_size=40),
    st.sampled_from(["", "http://", "https://", "http://host", "http://host/", "http://u:p@"]),
)
def test_any_text_is_a_target_or_refused(text: str, start: str) -> None:
    found = attempt(lambda: target(start + text))
    if isinstance(found, NotReached):
        assert found.kind in {"bad-url", "address-refused"}
    else:
        line = found.url.raw_path_qs
        assert line.isascii()
        assert line.startswith("/")
        assert not set(line) & set(" \r\n\t\0")
        assert found.url.raw_user is None
        assert found.url.raw_password is None


HEADERS = st.lists(st.tuples(st.text(max_size=10), st.text(max_size=20)), max_size=5).map(tuple)


@given(HEADERS)
def test_any_headers_are_safe_or_refused(headers: tuple[tuple[str, str], ...]) -> None:
    out = attempt(lambda: checked_headers(headers))
    if isinstance(out, NotReached):
        assert out.kind == "header"
    else:
        for name, value in out.items():
            assert name
            assert name.lower() not in NOT_OVERRIDABLE
            assert not set(name + value) & set("\r\n\0")
            value.encode("latin-1")


@pytest.mark.parametrize("value", ["", "a\tb", "caf\xe9", " padded ", '"quoted"; x=1'])
def test_values_that_may_be_sent(value: str) -> None:
    assert checked_headers((("X-A", value),))["x-a"] == value
