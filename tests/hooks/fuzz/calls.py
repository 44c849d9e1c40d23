"""Calls of a webhook, right ones and all kinds of wrong ones."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Final
from urllib.parse import quote

from tests.hooks.fuzz.bodies import ENCODINGS, Headers, body, pack
from tests.hooks.fuzz.framing import Call, written
from tests.hooks.fuzz.headers import odd_headers
from tests.hooks.fuzz.odd import damaged_token, text
from tests.hooks.fuzz.payloads import fixtures, payload
from tests.hooks.fuzz.proofs import proof
from tests.hooks.fuzz.targets import INSIDE, House, Target

METHODS: Final = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "M-SEARCH")
_PROBES: Final = ("add", "remove", "sample", "info")


def call(random: Random, number: int, target: Target, house: House, site: str) -> Call:
    """A call of ``target`` at ``site``; most of them are let in."""
    if random.random() < 0.07 and target.certain:
        return _sure(random, number, target)
    headers, raw = _content(random, target, house)
    known, path = _path(random, target, house)
    method = "POST" if random.random() < 0.9 else random.choice(METHODS)
    query = ""
    if method == "GET" or random.random() < 0.05:
        query = (
            "?"
            + (raw.decode("latin-1") if raw.isascii() and raw.isalnum() else quote(raw, safe="=&+"))[:8000]
        )
    if method == "GET" and random.random() < 0.9:
        headers, raw = [], b""
    proven, more = proof(
        random, target.sender, method, site + path + query, raw, dict(headers).get("Content-Type")
    )
    seen, forwarded = _address(random, target)
    headers = [*headers, *more, *forwarded, *odd_headers(random)]
    random.shuffle(headers)
    outside = not (known and proven and seen)
    probes = any(path.startswith(f"/hooks/{one}/") for one in _PROBES)
    made = Call(
        number,
        target,
        method,
        b"",
        outside=outside and not probes and method in ("GET", "POST"),
        silent=outside or target.shut or method not in ("GET", "POST"),
    )
    return written(random, made, path + query, headers, raw)


def _sure(random: Random, number: int, target: Target) -> Call:
    """A call that is right in every way, however it travels."""
    raw = b'{"text": "sure %d"}' % number
    headers = [("Content-Type", "application/json"), ("X-Forwarded-For", f"10.{random.randrange(256)}.2.1")]
    if random.random() < 0.3:
        name = random.choice(ENCODINGS)
        headers, raw = [*headers, ("Content-Encoding", name)], pack(name, raw)
    made = Call(number, target, "POST", b"", sure=True)
    sent = written(random, made, f"/hooks/{target.id}/{target.token}", headers, raw)
    return replace(sent, sure=not sent.torn)


def _content(random: Random, target: Target, house: House) -> tuple[Headers, bytes]:
    if target.template is not None and random.random() < 0.6:
        request = random.choice(fixtures(target.template))
        sent = request["raw"].encode() if "raw" in request else json.dumps(request["body"]).encode()
        return [("Content-Type", "application/json"), *request.get("headers", {}).items()], sent
    return body(payload(random, house.names), random)


def _path(random: Random, target: Target, house: House) -> tuple[bool, str]:
    """Whether the path leads to ``target``, and the path."""
    kind = random.random()
    good = f"/hooks/{target.id}/{target.token}"
    if kind < 0.8:
        return True, good
    if kind < 0.84:
        return True, good + "/"
    if kind < 0.88:
        user = random.choice(("rocket.cat", "x", quote(text(random)[:99], safe="", errors="replace")))
        return True, f"/hooks/{target.id}/{user}/{target.token}"
    if kind < 0.9:
        return True, "/hooks/" + "".join(
            f"%{ord(c):02X}" if c != "/" and random.random() < 0.3 else c for c in good[7:]
        )
    if kind < 0.91:
        return False, f"/hooks/{random.choice(_PROBES)}/{target.id}/{target.token}"
    if kind < 0.96:
        return False, f"/hooks/{target.id}/{damaged_token(target.token, random)}"
    other = random.choice(house.targets)
    if other is target:
        return False, f"/hooks/{target.id}"
    odd = quote(text(random)[:300], safe="", errors="replace")
    return False, random.choice(
        (
            f"/hooks/{other.id}/{target.token}",
            f"/hooks/{target.token}/{target.id}",
            f"/hooks/{odd}/{target.token}",
            f"/hooks/{target.id}/{odd}",
            f"/hooks/{target.id}/{odd}/{odd}",
            f"/hooks/{target.id}//",
            f"/hooks//{target.id}/{target.token}",
            f"/hooks/{target.id}/{target.token}/x/y",
            f"/hooks/{target.id}/{target.token}x",
            f"/hooks/../hooks/{target.id}/{target.token}",
            f"/HOOKS/{target.id}/{target.token}",
            f"/hooks/{target.id.upper()}x/{target.token}",
            f"/hooks/{target.id}/{target.token.swapcase()}",
            "/hooks/",
            "/hooks",
            "/hooks/" + "/" * 50,
            "/hooks/" + "a/" * 2000,
        )
    )


def _address(random: Random, target: Target) -> tuple[bool, Headers]:
    """Whether the caller's address may call, and the header of the proxy that says it."""
    inside = not target.inside or random.random() < 0.7
    shown = INSIDE if target.inside and inside else f"10.{random.randrange(256)}.{random.randrange(256)}.1"
    kind = random.random()
    if kind < 0.85:
        return inside, [("X-Forwarded-For", shown)]
    if kind < 0.92:
        return inside, [
            ("X-Forwarded-For", f"{INSIDE}, {random.choice(('x', '::1', '192.0.2.1'))}, {shown}:4711")
        ]
    if kind < 0.96:
        return not target.inside, [
            ("X-Forwarded-For", random.choice(("", ",", "unknown", "::ffff:10.1.1.1", "[::1]:1", "x" * 3000)))
        ]
    return not target.inside, []
