"""Calls as bytes on a connection: what HTTP lets senders do, and what it does not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.hooks.hooks import Hook

NOT_HTTP = b'{"success":false,"error":"Invalid HTTP request received."}'
OFFER = (
    "Connection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: {}\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n"
)


@contextmanager
def connected(hook: Hook) -> Iterator[socket.socket]:
    host, _, port = hook.admin.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        yield connection


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next answer."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        one = connection.recv(1)
        assert one, f"the server hung up after {head!r}"
        head += one
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if line)
    body = b""
    while len(body) < int(fields[b"content-length"]):
        body += connection.recv(int(fields[b"content-length"]) - len(body))
    return int(head.split(b" ")[1]), body


def texts(hook: Hook) -> list[str]:
    return [one["msg"] for one in hook.messages()][::-1]


def request(hook: Hook, text: str, headers: str = "", chunked: bool = False) -> tuple[bytes, bytes]:
    """Head and body."""
    body = b'{"text": "%b"}' % text.encode()
    length = f"Content-Length: {len(body)}\r\n"
    if chunked:
        length, body = (
            "Transfer-Encoding: chunked\r\n",
            b"3\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n"
            % (
                body[:3],
                len(body) - 3,
                body[3:],
            ),
        )
    return f"POST {hook.path} HTTP/1.1\r\nHost: x\r\n{headers}{length}\r\n".encode(), body


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.0"])
def test_an_offer_to_upgrade_is_passed_over(hook: Hook, protocol: str, chunked: bool) -> None:
    offer = OFFER.format(protocol)
    with connected(hook) as connection:
        for number in range(3):
            head, body = request(hook, str(number), offer, chunked)
            connection.sendall(head + body)
            assert answer(connection) == (200, b'{"success":true}')
        head, body = request(hook, "3", offer, chunked)
        # As Ktor sends it: head and body by themselves.
        connection.sendall(head[:50])
        connection.sendall(head[50:])
        connection.sendall(body[:4])
        connection.sendall(body[4:])
        assert answer(connection) == (200, b'{"success":true}')
    assert texts(hook) == ["0", "1", "2", "3"]


def test_several_at_once_with_and_without_an_offer(hook: Hook) -> None:
    offers = ("", OFFER.format("h2c"), "", OFFER.format("h2c"), "")
    whole = [head + body for head, body in (request(hook, str(n), one) for n, one in enumerate(offers))]
    with connected(hook) as connection:
        connection.sendall(b"".join(whole))
        for _ in whole:
            assert answer(connection) == (200, b'{"success":true}')
    assert texts(hook) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"POST /hooks/x/y HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_as_everything_else(hook: Hook, sent: bytes) -> None:
    with connected(hook) as connection:
        connection.sendall(sent)
        assert answer(connection) == (400, NOT_HTTP)
        assert connection.recv(1) == b""


def test_what_follows_a_call_is_not_the_answer_to_it(hook: Hook) -> None:
    """A sender that counts characters for bytes, or says a length that is too short, is answered what was done."""
    head, body = request(hook, "posted")
    with connected(hook) as connection:
        connection.sendall(head + body + b"}}}\r\n\r\n")
        assert answer(connection) == (200, b'{"success":true}')
        assert connection.recv(1) == b""
    assert texts(hook) == ["posted"]


def test_half_a_chunk_posts_nothing(hook: Hook) -> None:
    head, _ = request(hook, "x", chunked=True)
    with connected(hook) as connection:
        connection.sendall(head + b"5\r\nhello\r\nzz\r\n")
        assert answer(connection) == (400, NOT_HTTP)
    assert texts(hook) == []


def test_who_says_no_more_still_gets_the_answer(hook: Hook) -> None:
    """As ``nc -N`` does: what was taken must be told, or it is sent again."""
    wholes = [head + body for head, body in (request(hook, text) for text in ("first", "second"))]
    with connected(hook) as connection:
        connection.sendall(b"".join(wholes))
        connection.shutdown(socket.SHUT_WR)
        for _ in wholes:
            assert answer(connection) == (200, b'{"success":true}')
        assert connection.recv(1) == b""
    assert texts(hook) == ["first", "second"]


def test_half_a_body_posts_nothing(hook: Hook) -> None:
    head, body = request(hook, "x")
    with connected(hook) as connection:
        connection.sendall(head + body[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert texts(hook) == []
