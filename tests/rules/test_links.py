"""Which links a message may carry."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.links import is_link, is_picture

LINKS = [
    *("http://a.example/x?y#z", "https://a.example", "HTTPS://A.example/", "https://user@a.example:8443/"),
    *("/file-upload/abc/report.pdf", "/file-upload/a..b/c", "data:image/png;base64,AAAA", "DATA:IMAGE/png,x"),
    *("data:audio/ogg,x", "data:video/mp4,x"),
]
PATHS = ["/avatar/ann", "avatar.png", "./a.png", "a/b:c", "?x=1"]
REFUSED = [
    *("javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)"),
    *("vbscript:x", "data:text/html,<script>", "data:,x", "file:///etc/passwd", "ftp://a.example/"),
    *("//a.example/x", "/\\a.example/x", "\\\\a.example", "https:///x", "http:a.example", "https://", ""),
    *(" javascript:x", " //a.example", "blob:https://a.example/x", ":x", "/\t/a.example"),
]
OUTSIDE_FILES = [
    *("/file-upload/../api/v1/logout", "/file-upload/%2e%2E/x", "/file-upload/.%2e", "/file-upload/a/..\\x"),
    *("/file-upload/\n../x", "/file-uploads/x", "file-upload/x"),
]


@pytest.mark.parametrize("text", LINKS)
def test_links(text: str) -> None:
    assert is_link(text)
    assert is_picture(text)


@pytest.mark.parametrize("text", PATHS)
def test_paths_are_pictures_only(text: str) -> None:
    assert not is_link(text)
    assert is_picture(text)


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert not is_link(text)
    assert not is_picture(text)


@pytest.mark.parametrize("text", OUTSIDE_FILES)
def test_files_stay_below_their_folder(text: str) -> None:
    assert not is_link(text)


@given(st.text(alphabet="/\\.%2eE:?#@ \t\nabhtpsjavcrix") | st.from_regex(r"(/|\\|[a-z]{1,4}:){0,3}.*"))
def test_whatever_a_browser_makes_of_it_is_harmless(text: str) -> None:
    # The steps of the WHATWG URL standard that matter here: what is dropped, and "\" being "/".
    seen = re.sub("[\t\n\r]", "", text.strip("".join(map(chr, range(33))))).replace("\\", "/")
    if is_picture(text) and not is_link(text):
        target = urlsplit(urljoin("https://chat.example/channel/", seen))
        assert (target.scheme, target.netloc) == ("https", "chat.example")
