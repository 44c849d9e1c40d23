"""A wrong token or signature takes as long however much of it is right; time tells of no webhook either."""

from __future__ import annotations

import hmac
import socket
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pytest
from tests.hooks.hooks import Hook
from tests.hooks.pairs import measured, shift
from tests.rules.senders import TWO, b64, mac
from tests.running import Api

pytestmark = pytest.mark.alone

PAIRS: Final = 1500
BODY: Final = b'{"text": "x"}'
SECRET: Final = TWO[0]
VISIBLE: Final = 0.1
"""What part of the time of a call would be seen, at the least, whatever the machine is busy with."""

Call = Callable[[], bytes]


class Line:
    """A connection on which calls are made, each answered before the next."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, path: str, **headers: str) -> Call:
        """A call of ``path``; answers the answer, which must be the last that comes."""
        fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{fields}Content-Type: application/json\r\n"
        sent = head.encode() + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        return partial(self._ask, sent)

    def _ask(self, sent: bytes) -> bytes:
        self._socket.sendall(sent)
        got = b""
        while not got.endswith(b"}"):
            got += self._socket.recv(65536)
        return got

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def line(admin: Api) -> Iterator[Line]:
    line = Line(admin.url)
    yield line
    line.close()


def near_and_far(right: str) -> tuple[str, str]:
    """Two wrong ones of the same length: all but the end is right, and nothing is."""
    other = {True: "2", False: "3"}
    far = "".join(other[one != "2"] for one in right)
    return right[:-1] + other[right[-1] != "2"], far


def same_time(near: Call, far: Call, status: int, slight: int = 0) -> None:
    """Both must be answered alike and take equally long; and it must be shown that more would have been seen.

    ``slight``: nanoseconds that are nothing, what it takes to get memory into the cache.
    """
    for _ in range(100):
        first, second = near(), far()
    assert first.split(b" ")[1] == second.split(b" ")[1] == b"%d" % status
    assert first.partition(b"\r\n\r\n")[2] == second.partition(b"\r\n\r\n")[2]
    differences = measured(near, far, PAIRS)
    found = shift(differences)
    assert max(found.low, -found.high) <= slight, found
    usual = statistics.median(_times(far))
    assert shift([one + usual * VISIBLE for one in differences]).is_seen, (found, usual)


def _times(call: Call) -> list[int]:
    nothing: Callable[[], object] = lambda: None  # noqa: E731
    return [abs(one) for one in measured(call, nothing, 200)]


def test_tokens(admin: Api, line: Line) -> None:
    hook = Hook(admin)
    near, far = (line.call(f"/hooks/{hook.id}/{token}") for token in near_and_far(hook.token))
    same_time(near, far, 404)


def test_tokens_that_were_replaced(admin: Api, line: Line) -> None:
    hook = Hook(admin)
    token = hook.token
    admin.post("integrations.regenerateToken", integrationId=hook.id, overlapHours=1)
    near, far = (line.call(f"/hooks/{hook.id}/{one}") for one in near_and_far(token))
    same_time(near, far, 404)


def test_webhooks_that_there_are_and_those_that_there_are_not(admin: Api, line: Line) -> None:
    hook = Hook(admin)
    _, token = near_and_far(hook.token)
    unknown = near_and_far(hook.id)[0]
    same_time(line.call(f"/hooks/{hook.id}/{token}"), line.call(f"/hooks/{unknown}/{token}"), 404, slight=200)


def test_webhooks_with_much_to_check_and_those_that_there_are_not(admin: Api, line: Line) -> None:
    secret = {"scheme": "github", "secret": SECRET}
    hook = Hook(admin, allowedNetworks="203.0.113.0/24,::1", verification=secret, rateLimitCalls=5)
    _, token = near_and_far(hook.token)
    admin.post("integrations.regenerateToken", integrationId=hook.id, overlapHours=1)
    unknown = near_and_far(hook.id)[0]
    same_time(line.call(f"/hooks/{hook.id}/{token}"), line.call(f"/hooks/{unknown}/{token}"), 404, slight=200)


@pytest.mark.parametrize(
    ("verification", "header", "right", "prefix"),
    [
        ({"scheme": "github"}, "X-Hub-Signature-256", mac(SECRET, BODY).hex(), "sha256="),
        ({"scheme": "shopify"}, "X-Shopify-Hmac-Sha256", b64(mac(SECRET, BODY))[:-1], ""),
        ({"scheme": "gitlab"}, "X-Gitlab-Token", SECRET, ""),
        ({"scheme": "header", "header": "X-Token"}, "X-Token", SECRET, ""),
    ],
    ids=["github", "shopify", "gitlab", "header"],
)
def test_signatures(
    admin: Api, line: Line, verification: dict[str, Any], header: str, right: str, prefix: str
) -> None:
    hook = Hook(admin, verification={**verification, "secret": SECRET})
    end = "=" if verification["scheme"] == "shopify" else ""
    near, far = (
        line.call(hook.path, **{header.replace("-", "_"): f"{prefix}{one}{end}"})
        for one in near_and_far(right)
    )
    same_time(near, far, 401)


def test_a_comparison_that_stops_at_the_first_difference_would_be_seen() -> None:
    """The statistic itself: it sees a leak, and sees none where there is none."""
    right = "q" * 48
    near, far = near_and_far(right)

    def leaks(wrong: str) -> bool:
        return all(one == other for one, other in zip(right, wrong, strict=True))

    def keeps(wrong: str) -> bool:
        return hmac.compare_digest(right.encode(), wrong.encode())

    # The clock's own steps are some nanoseconds; a leak is hundreds.
    steps = 20
    assert shift(measured(partial(leaks, near), partial(leaks, far), 20_000)).low > steps
    kept = shift(measured(partial(keeps, near), partial(keeps, far), 20_000))
    assert -steps < kept.low <= kept.high < steps
