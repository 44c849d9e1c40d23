"""Chains of integrations that leave this server over HTTP and come back: what a request says of its chain.

A webhook's request, and each request of a script, carries the header ``hookroom-chain``. Whoever posts here with
it continues the chain, so that two webhooks that call each other come to an end (docs/decisions/0012). The header
is a list; each server adds an entry of its own and passes on those of others, as with ``tracestate`` (W3C Trace
Context, section 3.3)::

    hookroom-chain: <server>.<depth>.<integration>.<seconds>.<signature>, …

``server`` tells servers apart and follows from the key; ``depth`` is that of what the request causes;
``integration`` sent it; ``seconds`` is the time. A server believes nothing but entries that it signed itself not
long ago.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec import Struct

from hookroom.rules.triggers import MAX_CHAIN_DEPTH

CHAIN: Final = "hookroom-chain"
"""The header's name."""

WINDOW_MS: Final = 10 * 60 * 1000
"""How long an entry is believed. A loop that takes longer for a round is slow enough to be left alone."""
PASSED_ON: Final = 4
"""Entries of other servers that are passed on, the newest ones."""
LONGEST: Final = 4096
"""Characters of a header that is read at all."""

_ENTRY: Final = re.compile(
    r"([0-9a-f]{12})\.([0-9]{1,2})\.([0-9A-Za-z]{1,32})\.([0-9]{1,12})\.([\w-]{22})", re.ASCII
)


class Chain(Struct, frozen=True, kw_only=True):
    """What led to something: ``depth`` integrations, ``by`` the last of them; 0 and ``None`` if none of ours.

    ``passed_on`` are entries of other servers.
    """

    depth: int = 0
    by: str | None = None
    passed_on: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it is longer than firing lets one become: scripts that call each other made it so."""
        return self.depth > MAX_CHAIN_DEPTH

    def then(self, integration_id: str) -> Chain:
        """The chain of what the integration does because of something in this chain.

        An incoming webhook passes its caller's chain on by ``called``.
        """
        return Chain(depth=self.depth + 1, by=integration_id, passed_on=self.passed_on)

    def called(self, integration_id: str) -> Chain:
        """The chain of what the script of an incoming webhook does for a call in this chain.

        It is the caller's doing: a webhook does not fire on what it had another do.
        """
        return Chain(depth=self.depth + 1, by=self.by or integration_id, passed_on=self.passed_on)


def header_of(chain: Chain, key: bytes, now_ms: int) -> str:
    """The header of a request that ``chain`` makes."""
    own = _own_entry(chain.depth, chain.by, key, now_ms // 1000)
    return ", ".join((own, *chain.passed_on)) if chain.passed_on else own


@lru_cache(maxsize=1024)
def _own_entry(depth: int, by: str | None, key: bytes, seconds: int) -> str:
    # A busy integration sends many requests a second that say the same.
    text = f"{server_of(key)}.{depth}.{by}.{seconds}"
    return f"{text}.{_signature(text, key)}"


def chain_of(header: str, key: bytes, now_ms: int) -> Chain | None:
    """The chain that a request with ``header`` belongs to; ``None`` when there is nothing in it to go by.

    Of several entries of this server's the deepest counts.
    """
    if len(header) > LONGEST:
        return None
    own, found, passed_on = server_of(key), Chain(), dict[str, None]()
    for part in header.split(","):
        entry = _ENTRY.fullmatch(part.strip())
        if entry is None:
            continue
        server, depth, integration_id, seconds, signature = entry.groups()
        if server != own:
            passed_on[entry[0]] = None
            continue
        text = entry[0].rpartition(".")[0]
        if not hmac.compare_digest(signature, _signature(text, key)):
            continue
        if abs(now_ms - int(seconds) * 1000) <= WINDOW_MS and int(depth) > found.depth:
            found = Chain(depth=int(depth), by=integration_id)
    if not found.depth and not passed_on:
        return None
    return Chain(depth=found.depth, by=found.by, passed_on=tuple(passed_on)[:PASSED_ON])


@lru_cache(maxsize=16)
def server_of(key: bytes) -> str:
    """What tells the entries of the servers with this key from those of others."""
    return sha256(b"hookroom-chain server " + key).hexdigest()[:12]


def _signature(text: str, key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")[:16]).decode().rstrip("=")
