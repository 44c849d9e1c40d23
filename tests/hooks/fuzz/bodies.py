"""From a payload to the bytes of a body and the headers that describe it, truly or not."""

from __future__ import annotations

import gzip
import json
import zlib
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode

import brotli  # type: ignore[import-untyped]
import zstandard
from tests.hooks.fuzz.odd import DEEP, text, tree

Headers = list[tuple[str, str]]

TYPES: Final = (
    *(
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
    ),
    *(
        "application/vnd.api+json",
        "application/xml",
        "text/xml; charset=iso-8859-1",
        "application/octet-stream",
    ),
    *(
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "application/x-ndjson",
        "text/html",
        "",
        "/",
        ";;;",
    ),
    *(
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "text/plain; charset=shift_jis",
    ),
    *(
        "text/plain; charset=utf-7",
        "application/json; charset=\x00",
        "application/json;charset=",
        "image/png",
    ),
    *("application/x-www-form-urlencoded; charset=windows-1252", "application/cloudevents+json", "text/json"),
    *(
        "application/json, text/plain",
        "multipart/mixed; boundary=" + "b" * 80,
        'multipart/form-data; boundary="',
    ),
)
ENCODINGS: Final = ("gzip", "deflate", "br", "zstd")
ODD_ENCODINGS: Final = (
    *(
        "identity",
        "utf-8",
        "x-gzip",
        "compress",
        "gzip, gzip",
        "br,",
        ",",
        "gzip;q=1",
        "GZIP",
        "aes128gcm",
        "zstd, br",
    ),
    "gzip, gzip, gzip, gzip",
)
CHARSETS: Final = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "cp1252",
    "shift_jis",
    "utf-8-sig",
)


def body(payload: Any, random: Random) -> tuple[Headers, bytes]:
    """``payload`` in some form, with its headers; one in four is damaged, wrongly described, or packed."""
    headers, raw = _form(payload, random)
    kind = random.random()
    if kind < 0.08:
        raw = damaged(raw, random)
    elif kind < 0.14:
        headers = [("Content-Type", random.choice(TYPES))] if random.random() < 0.8 else []
    elif kind < 0.17:
        raw = _in_charset(raw, random)
    if random.random() < 0.12:
        more, raw = packed(raw, random)
        headers = [*headers, *more]
    return headers, raw


def _form(payload: Any, random: Random) -> tuple[Headers, bytes]:
    kind = random.random()
    if kind < 0.6:
        return [("Content-Type", "application/json")] * (random.random() < 0.9), dumped(payload, random)
    if kind < 0.7:
        written = dumped(payload, random).decode(errors="replace")
        value = written if random.random() < 0.3 else quote(written)
        return [("Content-Type", TYPES[3])], f"payload={value}".encode()
    if kind < 0.78:
        return [("Content-Type", TYPES[3])], _fields(payload, random)
    if kind < 0.84:
        return _multipart(payload, random)
    if kind < 0.9:
        return [("Content-Type", random.choice(TYPES))], text(random).encode(errors="surrogatepass")
    if kind < 0.93:
        inside = text(random).encode(errors="replace")
        return [("Content-Type", "application/xml")], b'<?xml version="1.0"?><a b="c">' + inside + b"</a>"
    if kind < 0.96:
        return [], b""
    lines = b"\n".join(dumped(one, random) for one in (payload, tree(random, 2)))
    return [("Content-Type", "application/x-ndjson")], lines


def dumped(value: Any, random: Random) -> bytes:
    """JSON, or something that looks like it: lone surrogates and NaN are written as they come."""
    plain = random.random() < 0.5
    written = json.dumps(value, ensure_ascii=plain, indent=random.choice((None, None, 2)))
    raw = written.encode(errors="surrogatepass").replace(b'"%b"' % DEEP.encode(), b"[" * 9000 + b"]" * 9000)
    if random.random() < 0.03:
        raw = raw.replace(b'": ', b'": 1, "text": ', 1)
    return raw


def _fields(payload: Any, random: Random) -> bytes:
    fields = payload if isinstance(payload, dict) else {"text": payload}
    pairs = [
        (key, value if isinstance(value, str) else dumped(value, random)) for key, value in fields.items()
    ]
    return urlencode(pairs, errors="surrogatepass").encode()


def _multipart(payload: Any, random: Random) -> tuple[Headers, bytes]:
    boundary = random.choice(("b", "----x7d3", "'", "a b"))
    name = random.choice(("payload", "payload", "text", "", 'a"b', "\x00"))
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    head += random.choice(
        ("", '; filename="a.json"', "\r\nContent-Type: application/json", "\r\nX: " + "y" * 5000)
    )
    end = random.choice((f"\r\n--{boundary}--\r\n", f"\r\n--{boundary}\r\n", "\n", f"\n--{boundary}--"))
    raw = f"{head}\r\n\r\n".encode() + dumped(payload, random) + end.encode()
    return [("Content-Type", f'multipart/form-data; boundary="{boundary}"')], raw * random.choice(
        (1, 1, 1, 3)
    )


def damaged(raw: bytes, random: Random) -> bytes:
    """``raw`` cut off, or with other bytes in it."""
    at = random.randrange(len(raw) + 1)
    kind = random.random()
    if kind < 0.3:
        return raw[:at]
    if kind < 0.5:
        return raw[:at] + bytes([random.randrange(256)]) + raw[at + 1 :]
    if kind < 0.9:
        odd = (
            b"\0",
            b"\xff",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\x1f\x8b",
            b"\r\n\r\n",
            b"%",
            b"\xef\xbb\xbf",
        )
        return raw[:at] + random.choice(odd) + raw[at:]
    return raw + raw


def _in_charset(raw: bytes, random: Random) -> bytes:
    return raw.decode(errors="replace").encode(random.choice(CHARSETS), "replace")


def packed(raw: bytes, random: Random) -> tuple[Headers, bytes]:
    """``raw`` packed, sometimes damaged, sometimes not as its header says, sometimes a bomb."""
    if random.random() < 0.05:
        raw = b'{"text":"' + b"a" * random.choice((70_000, 3_000_000)) + b'"}'
    name = random.choice(ENCODINGS)
    raw = pack(name, raw)
    if random.random() < 0.1:
        raw = damaged(raw, random)
    said = name if random.random() < 0.85 else random.choice((*ENCODINGS, *ODD_ENCODINGS, ""))
    return ([("Content-Encoding", said)] if said else []), raw


def pack(name: str, raw: bytes) -> bytes:
    """``raw`` in a content encoding."""
    match name:
        case "gzip":
            return gzip.compress(raw, 1)
        case "deflate":
            return zlib.compress(raw, 1)
        case "br":
            quick: bytes = brotli.compress(raw, quality=1)
            return quick
        case _:
            return zstandard.compress(raw, 1)
