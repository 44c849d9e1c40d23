"""Fills a migrated database with a history of millions of deliveries, in a few statements.

Half of the entries are of one integration (``BIG``), the others of ``MANY`` integrations, in turn. One in fifty
has failed, one in five hundred is dead or was cancelled. An entry takes about 1.2 KB with its event and attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hookroom.storage.database import Kind

BIG: Final = "b" * 24
MANY: Final = 5000
EVERY_MS: Final = 20
"""From one entry to the next."""
CHUNK: Final = 250_000
"""Entries written in one transaction."""

_SERIES: Final[dict[Kind, str]] = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last})",
    "postgresql": "WITH s AS (SELECT generate_series({first}::bigint, {last}::bigint) AS n)",
}
_NUMBER: Final[dict[Kind, str]] = {
    "sqlite": "printf('%0{w}d', {x})",
    "postgresql": "lpad(({x})::text, {w}, '0')",
}
_EVENTS: Final = """INSERT INTO events (id, name, depth, created_at, data) {series}
SELECT {event}, 'sendMessage', 0, {base} + n * {every},
 '{{"bot": false,"channel_id":"GENERAL","channel_name":"general","message_id":"' || {event} ||
 '","timestamp":"2026-01-01T00:00:00.000Z","user_id":"rocket.cat","user_name":"rocket.cat",' ||
 '"text":"message ' || n || ' of a busy room, of ordinary length, that says which build went how' ||
 '",' ||
 '"siteUrl":"http://127.0.0.1:3000"}}' FROM s"""
_DELIVERIES: Final = """INSERT INTO deliveries (id, integration_id, event_id, url, lane, state, attempts, next_at,
 owner, created_at, updated_at, doc, status) {series}
SELECT {delivery}, CASE WHEN n % 2 = 0 THEN '{big}' ELSE {small} END, {event},
 'https://receiver.example/hooks/chat', 'receiver.example:443',
 CASE WHEN n % 1000 < 2 THEN 'dead' WHEN n % 1000 < 4 THEN 'cancelled' WHEN n % 100 IN (10, 11)
 THEN 'failed' ELSE 'succeeded' END, 1, {base} + n * {every} + 15, 'filler', {base} + n * {every},
 {base} + n * {every} + 15,
 CASE WHEN n % 100 IN (10, 11) OR n % 1000 < 4
 THEN '{{"step":"too-many-retries","error": true,"errorStack":"HTTP 503"}}'
 ELSE '{{"step":"after-http-call"}}' END,
 CASE WHEN n % 1000 < 4 THEN NULL WHEN n % 100 IN (10, 11) THEN 503 ELSE 200 END FROM s"""
_ATTEMPTS: Final = """INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status, doc) {series}
SELECT {delivery}, 1, {base} + n * {every}, 12, CASE WHEN n % 100 IN (10, 11) THEN 503 ELSE 200 END,
 '{{"request":{{"method":"POST","url":"https://receiver.example/hooks/chat","headers":{{"Content-Type":' ||
 '"application/json","webhook-id":"' || {delivery} || '"}},"bodySize":412}},"response":{{"headers":' ||
 '{{"content-type":"text/plain; charset=utf-8","content-length":"31","date":"Thu, 01 Jan 2026 00:00:00 GMT"' ||
 ',"server":"receiver"}},"body":"accepted as number ' || n || '","bodySize":31}}}}' FROM s"""


def fill_statements(kind: Kind, entries: int, newest_at: int, *, big: str = BIG) -> Iterator[list[str]]:
    """Statements that write ``entries``, the last at ``newest_at`` (epoch ms): a list for each transaction.

    ``big`` is the integration that has half of them.
    """
    base = newest_at - entries * EVERY_MS
    for first in range(0, entries, CHUNK):
        last = min(first + CHUNK, entries) - 1
        words = {
            "series": _SERIES[kind].format(first=first, last=last),
            "event": "'e' || " + _NUMBER[kind].format(w=16, x="n"),
            "delivery": "'d' || " + _NUMBER[kind].format(w=16, x="n"),
            "small": _NUMBER[kind].format(w=24, x=f"(n / 2) % {MANY}"),
            "big": big,
            "base": base,
            "every": EVERY_MS,
        }
        yield [text.format(**words) for text in (_EVENTS, _DELIVERIES, _ATTEMPTS)]
