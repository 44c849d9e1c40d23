"""A call as bytes, and what is known of it before it is sent: whether it may be let in, and whether it is HTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.hooks.fuzz.bodies import Headers
from tests.hooks.fuzz.targets import Target


@dataclass(frozen=True)
class Call:
    """``number`` of a run's calls. ``outside``: must be refused; ``silent``: must post nothing;
    ``sure``: must post.

    ``ends``: nothing can follow it on its connection; ``torn``: it is no whole HTTP request, so that it need not
    be answered, and may be answered by the HTTP server itself.
    """

    number: int
    target: Target
    method: str
    raw: bytes
    outside: bool = False
    silent: bool = False
    sure: bool = False
    ends: bool = False
    torn: bool = False


def written(random: Random, made: Call, target: str, headers: Headers, raw: bytes) -> Call:
    """``made`` with its bytes: the request for ``target``, framed in one of the ways that there are."""
    version, ends, torn = "1.1", False, False
    kind = random.random()
    framing: Headers = [("Content-Length", str(len(raw)))]
    sent = raw
    if made.method == "GET" and not raw:
        framing = []
    if kind < 0.06:
        framing, sent = [("Transfer-Encoding", "chunked")], _chunked(raw, random)
    elif kind < 0.08:
        version, ends = "1.0", True
    elif kind < 0.1:
        framing.append(("Expect", random.choice(("100-continue", "100-Continue", "nonsense"))))
    elif kind < 0.12:
        target = random.choice(("http://evil.example", "http://127.0.0.1:1", "https://x:y@h")) + target
    elif kind < 0.13:
        ends = True
        framing.append(("Connection", "close"))
    elif kind < 0.14:
        framing.append(("Connection", "Upgrade, HTTP2-Settings"))
        framing += [
            ("Upgrade", random.choice(("h2c", "websocket"))),
            ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"),
        ]
    elif kind < 0.15 and made.method != "GET":
        # What a GET says is in its query, and that is whole.
        ends = torn = True
        framing, sent = _torn(raw, random)
    names = random.choice((str, str, str.lower, str.upper))
    host = [] if kind > 0.995 else [("Host", random.choice(("127.0.0.1", "evil.example", "")))]
    lines = [f"{made.method} ".encode() + target.encode() + f" HTTP/{version}".encode()]
    lines += [
        names(name).encode() + random.choice((b": ", b":", b":  ")) + _wire(value)
        for name, value in (*host, *headers, *framing)
    ]
    whole = b"\r\n".join((*lines, b"", sent))
    return replace(made, raw=whole, ends=ends, torn=torn, silent=made.silent or torn)


def _wire(value: str) -> bytes:
    return value.encode(errors="surrogatepass").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")


def _chunked(raw: bytes, random: Random) -> bytes:
    made, at = b"", 0
    while at < len(raw):
        size = random.choice((1, 7, 100, 65536))
        piece = raw[at : at + size]
        made += b"%x%b\r\n%b\r\n" % (len(piece), random.choice((b"", b"", b";a=b")), piece)
        at += size
    return made + b"0\r\n" + random.choice((b"", b"", b"X-Trailer: 1\r\n")) + b"\r\n"


def _torn(raw: bytes, random: Random) -> tuple[Headers, bytes]:
    """What is no whole request: too short, too long, two lengths, chunks that are none."""
    kind = random.randrange(6)
    length = len(raw)
    if kind == 0:
        return [("Content-Length", str(length + 10))], raw
    if kind == 1:
        return [("Content-Length", str(length)), ("Content-Length", str(length + 1))], raw
    if kind == 2:
        return [("Content-Length", str(length)), ("Transfer-Encoding", "chunked")], raw
    if kind == 3:
        return [("Transfer-Encoding", "chunked")], b"zz\r\n" + raw
    if kind == 4:
        return [
            ("Content-Length", random.choice(("-1", "1e3", "+5", "0x10", "99999999999999999999", "5 5")))
        ], raw
    return [("A b", "c"), ("\x01", "d"), ("Content-Length", "0")], b""
