"""What receivers do wrong, and what an outgoing webhook's history says of it: the table of the fault suite."""

from __future__ import annotations

import asyncio
import gzip
import math
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Final

from tests.delivery.certificates import for_localhost, one_authority
from tests.receivers import (
    Behaviour,
    Peer,
    close,
    drip,
    half_close,
    hang,
    lying_length,
    raw,
    reply,
    reply_json,
    reset,
)

TIMEOUT_S: Final = 0.5
"""Of a whole call, on the servers of the suite."""
MOST_READ: Final = 1024 * 1024
"""Bytes of an answer that are read: the default."""
MOST_KEPT: Final = 16 * 1024
"""Bytes of it that the history keeps."""
GONE: Final = "after-process-http-status-410"
BAIT: Final = "this must not be posted"

_HEAD: Final = b"HTTP/1.1 200 OK\r\n"
_CHUNKED: Final = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

LATE: Final = rf"No whole answer from 127\.0\.0\.1:\d+ within {TIMEOUT_S:g} s"
CUT: Final = r"The answer of 127\.0\.0\.1:\d+ is cut off or malformed"
NO_HTTP: Final = r"The answer of 127\.0\.0\.1:\d+ is not valid HTTP"
LEFT: Final = r"127\.0\.0\.1:\d+ closed the connection without an answer"
BROKE_OFF: Final = r"127\.0\.0\.1:\d+ broke the connection off: connection reset by peer"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A receiver's fault.

    ``error`` is what the history says of one attempt (a regular expression for the whole text). ``url`` is what is
    called, with ``{port}`` in it where that is the receiver's; without ``behaviour`` nobody is there. ``location``
    makes it a redirect; ``{elsewhere}`` in it is a receiver that nobody may call. ``blunt`` is what is answered to
    any bytes that come, be they a request or not.
    """

    behaviour: Behaviour | None = None
    error: str
    status: int | None = None
    again: bool = True
    """Whether it is tried again, where the integration does that."""
    step: str = "after-http-call"
    """Where it ends if not."""
    url: str = "http://127.0.0.1:{port}/"
    location: str | None = None
    blunt: bytes | None = None
    tls: Callable[[], ssl.SSLContext] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    waits_s: float = 0.1
    """What is waited for at least before it is tried again."""
    called: bool = True
    """Whether the receiver sees a request."""


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """An answer that is strange, and good enough. ``result`` judges the history's ``httpResult``."""

    behaviour: Behaviour
    status: int = 200
    result: Callable[[str], bool]
    truncated: bool = False


def answered(
    status: int,
    behaviour: Behaviour | None = None,
    *,
    again: bool,
    step: str = "after-http-call",
    waits_s: float = 0.1,
) -> Fault:
    """A receiver that refuses with ``status``, and would like something to be posted."""
    return Fault(
        behaviour=behaviour or reply_json({"text": BAIT}, status),
        error=f"HTTP {status}",
        status=status,
        again=again,
        step=step,
        waits_s=waits_s,
    )


def redirect(status: int, to: str) -> Fault:
    """A receiver that sends elsewhere."""
    return Fault(location=to, error=f"HTTP {status}", status=status, again=False)


def never(url: str, error: str) -> Fault:
    """What is not called at all."""
    return Fault(url=url, error=error, again=False, called=False)


def slow(seconds: float, then: Behaviour) -> Behaviour:
    """Takes its time."""

    async def behave(peer: Peer) -> bool:
        await asyncio.sleep(seconds)
        return await then(peer)

    return behave


def at_a_date(status: int) -> Behaviour:
    """Asks to be called again at a date, one to two seconds from now."""

    async def behave(peer: Peer) -> bool:
        date = formatdate(math.ceil(time.time()) + 1, usegmt=True)
        return await reply(status, b"slow down", [("Retry-After", date)])(peer)

    return behave


def bomb(size: int = 64 * MOST_READ) -> Behaviour:
    """A small answer that is a large one once it is unpacked."""
    return reply(200, gzip.compress(bytes(size), 9), [("Content-Encoding", "gzip")])


FAULTS: Final[Mapping[str, Fault]] = {
    # Time.
    "hangs": Fault(behaviour=hang(), error=LATE),
    "is slow": Fault(behaviour=slow(3 * TIMEOUT_S, reply_json({"text": BAIT})), error=LATE),
    "drips a head": Fault(behaviour=drip(b"X: y\r\n", 0.05, head=_HEAD), error=LATE),
    "drips a body": Fault(behaviour=drip(b"x", 0.05), error=LATE),
    "hangs in the body": Fault(behaviour=lying_length(10, b"abc", "hold"), error=LATE),
    "hangs in a chunk": Fault(behaviour=raw(_CHUNKED + b"5\r\nabc", "hold"), error=LATE),
    # Connections.
    "refuses": Fault(error=r"No connection to 127\.0\.0\.1:\d+: connection refused", called=False),
    "resets": Fault(behaviour=reset(), error=BROKE_OFF),
    "resets in the head": Fault(behaviour=reset(_HEAD), error=BROKE_OFF),
    "resets in the body": Fault(behaviour=reset(_HEAD + b"Content-Length: 10\r\n\r\nabc"), error=CUT),
    "closes": Fault(behaviour=close(), error=LEFT),
    "half-closes": Fault(behaviour=half_close(), error=LEFT),
    "ends in the body": Fault(behaviour=lying_length(10, b"abc"), error=CUT),
    "ends in a chunk": Fault(behaviour=raw(_CHUNKED + b"5\r\nabc"), error=CUT),
    # What is not HTTP.
    "breaks a chunk": Fault(behaviour=raw(_CHUNKED + b"zz\r\nabc", "hold"), error=f"{CUT}|{NO_HTTP}"),
    "speaks SSH": Fault(behaviour=raw(b"SSH-2.0-OpenSSH_9.6\r\n", "hold"), error=NO_HTTP),
    "has two lengths": Fault(
        behaviour=raw(_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "hold"), error=NO_HTTP
    ),
    "has a bad length": Fault(behaviour=raw(_HEAD + b"Content-Length: -1\r\n\r\n", "hold"), error=NO_HTTP),
    "has endless headers": Fault(
        behaviour=drip(b"X: " + b"y" * 4000 + b"\r\n", 0, head=_HEAD), error=NO_HTTP
    ),
    "is not gzip": Fault(behaviour=reply(200, b"no gzip", [("Content-Encoding", "gzip")]), error=CUT),
    # TLS.
    "is plain where TLS is expected": Fault(
        blunt=b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nspeak up",
        url="https://127.0.0.1:{port}/",
        error=r"No secure connection to 127\.0\.0\.1:\d+: [a-z0-9 ]+",
    ),
    "says nothing where TLS is expected": Fault(
        behaviour=reply(), url="https://127.0.0.1:{port}/", error=LATE, called=False
    ),
    "speaks TLS where plain is expected": Fault(
        behaviour=reply(),
        url="http://localhost:{port}/",
        tls=lambda: for_localhost().server(),
        error=r"localhost:\d+ (closed the connection without an answer|broke the connection off: [a-z ]+)",
        called=False,
    ),
    "has a certificate that nobody knows": Fault(
        behaviour=reply(),
        url="https://localhost:{port}/",
        tls=lambda: for_localhost().server(),
        error=r"The certificate of localhost:\d+ is not valid: self-signed certificate in certificate chain",
        called=False,
    ),
    "has an expired certificate": Fault(
        behaviour=reply(),
        url="https://localhost:{port}/",
        tls=lambda: one_authority().issue("localhost", expired=True).server(),
        fields={"caCertificate": one_authority().pem},
        error=r"The certificate of localhost:\d+ is not valid: certificate has expired",
        called=False,
    ),
    "has the certificate of another host": Fault(
        behaviour=reply(),
        url="https://localhost:{port}/",
        tls=lambda: one_authority().issue("other.example").server(),
        fields={"caCertificate": one_authority().pem},
        error=r"The certificate of localhost:\d+ is not valid: Hostname mismatch.*",
        called=False,
    ),
    # Statuses.
    "answers 500 with a body": answered(500, again=True),
    "answers 500 without": answered(500, reply(500), again=True),
    "answers 599": answered(599, again=True),
    "answers 408": answered(408, again=True),
    "answers 425": answered(425, again=True),
    "answers 429 with seconds": answered(
        429, reply(429, b"slow down", [("Retry-After", "1")]), again=True, waits_s=1
    ),
    "answers 429 with a date": answered(429, at_a_date(429), again=True, waits_s=0.9),
    "answers 429 with nonsense": answered(429, reply(429, b"", [("Retry-After", "soon, -1")]), again=True),
    "answers 503 with seconds": answered(
        503, reply(503, b"busy", [("Retry-After", "1")]), again=True, waits_s=1
    ),
    "answers 503 with a date": answered(503, at_a_date(503), again=True, waits_s=0.9),
    "answers 400": answered(400, again=False),
    "answers 401": answered(401, again=False),
    "answers 404": answered(404, again=False),
    "answers 410": answered(410, again=False, step=GONE),
    "answers 410 without a body": answered(410, reply(410), again=False, step=GONE),
    "answers 300": answered(300, again=False),
    "answers 600": answered(600, again=False),
    # Redirects: none is followed.
    **{
        f"answers {status} to {name}": redirect(status, to)
        for status in (301, 302, 307, 308)
        for name, to in (
            ("another receiver", "{elsewhere}"),
            ("the metadata service", "http://169.254.169.254/"),
        )
    },
    # What may not be called.
    "is a metadata service": never(
        "http://169.254.169.254/latest/", r"Calls to 169\.254\.169\.254 are refused: cloud metadata service"
    ),
    "is in a private network": never(
        "http://10.1.2.3:8080/", r"Calls to 10\.1\.2\.3 are refused: private network"
    ),
    "hides a metadata service in IPv6": never(
        "http://[::ffff:169.254.169.254]/", "Calls to ::ffff:a9fe:a9fe are refused: cloud metadata service"
    ),
    "has a name that does not exist": Fault(
        url="http://nowhere.invalid/",
        error=r"nowhere\.invalid:80 could not be looked up: .+|"
        rf"No whole answer from nowhere\.invalid:80 within {TIMEOUT_S:g} s",
        called=False,
    ),
}
"""What fails. Retries change nothing about what is final."""

ODDITIES: Final[Mapping[str, Oddity]] = {
    "an empty 200": Oddity(behaviour=reply(), result=lambda text: text == ""),
    "a slow answer": Oddity(
        behaviour=slow(TIMEOUT_S / 3, reply(200, b"here")), result=lambda text: text == "here"
    ),
    "204": Oddity(behaviour=reply(204), status=204, result=lambda text: text == ""),
    "299": Oddity(behaviour=reply_json({"text": BAIT}, 299), status=299, result=lambda text: BAIT in text),
    "broken JSON": Oddity(
        behaviour=reply(200, b'{"text": "this must', [("Content-Type", "application/json")]),
        result=lambda text: text == '{"text": "this must',
    ),
    "bytes that are no text": Oddity(
        behaviour=reply(200, b"\x00\xff\xfe", [("Content-Type", "application/json")]),
        result=lambda text: len(text) == 3,
    ),
    "JSON that is no message": Oddity(
        behaviour=reply_json([{"text": BAIT}]), result=lambda text: text.startswith("[")
    ),
    "a message that is said to be no JSON": Oddity(
        behaviour=reply(200, b'{"text": "this must not be posted"}', [("Content-Type", "text/plain")]),
        result=lambda text: BAIT in text,
    ),
    "a huge body": Oddity(
        behaviour=reply(200, b"x" * (4 * MOST_READ)),
        result=lambda text: text == "x" * MOST_KEPT,
        truncated=True,
    ),
    "a message in a huge body": Oddity(
        behaviour=reply_json({"text": BAIT, "more": "x" * MOST_READ}),
        result=lambda text: len(text) == MOST_KEPT,
        truncated=True,
    ),
    "a compressed bomb": Oddity(
        behaviour=bomb(), result=lambda text: text == "\0" * MOST_KEPT, truncated=True
    ),
}
"""What succeeds, and posts nothing."""
