"""``hookroom upgrade-check``: which scripts do the same once they are not transpiled."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import cyclopts
from msgspec import json, to_builtins

from hookroom import logs
from hookroom.config import Config, ConfigError, load
from hookroom.errors import HookroomError

if TYPE_CHECKING:
    from hookroom.integrations.upgrade_check.check import Report

PAGE_S: Final = 2.0
"""Seconds after which reports are printed that are ready."""

_FINE: Final = ("safe", "native already")


def upgrade_check(
    *,
    json_: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
    apply: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    data: Path | None = None,
    database_url_: Annotated[str | None, cyclopts.Parameter(name="--database-url")] = None,
) -> None:
    """Check every script: does it do the same once it is not transpiled (`skipTranspile: true`)?

    Each is run both ways on recorded requests, on samples where there are none. Exits with 0 when all are safe, 1
    when one is not, 2 when nothing could be checked. The embedded database must not be in use by a server.

    Parameters
    ----------
    json_:
        print one JSON document, for programs
    apply:
        turn transpiling off for the scripts that are safe, and for no others
    data:
        directory of the embedded database (default ./data)
    database_url_:
        PostgreSQL instead of the embedded database
    """
    logs.configure("error", "console")
    try:
        config = load(data=data, database_url=database_url_)
        reports = asyncio.run(_check(config, apply=apply, tell=not json_))
    except (HookroomError, ConfigError) as error:
        _give_up(str(error))
    counts = Counter(one.verdict for one in reports)
    if json_:
        document = {
            "integrations": [to_builtins(one) for one in reports],
            "total": len(reports),
            "verdicts": counts,
        }
        print(json.format(json.encode(document), indent=2).decode())
    else:
        parts = [f"{count} {verdict.replace('-', ' ')}" for verdict, count in counts.most_common()]
        print(f"{len(reports)} with a script" + (f": {', '.join(parts)}" if parts else "") + ".")
        if applied := sum(one.applied is True for one in reports):
            print(f"Transpiling is turned off for {applied} of them.")
    sys.exit(0 if all(one.verdict in _FINE for one in reports) else 1)


async def _check(config: Config, *, apply: bool, tell: bool) -> Sequence[Report]:
    from hookroom.cli.opened import administrator, opened
    from hookroom.cli.script_reports import lines_of
    from hookroom.integrations.upgrade_check.check import has_source
    from hookroom.integrations.upgrade_check.page import check_page

    reports: list[Report] = []
    async with opened(config) as (ws, registry, host):
        found = sorted(
            (one for one in registry.all() if has_source(one)), key=lambda one: (one.created_at, one.id)
        )
        actor = await administrator(ws) if apply and found else None
        while len(reports) < len(found):
            page = await check_page(
                ws,
                registry,
                host,
                found,
                count=len(found),
                offset=len(reports),
                page_s=PAGE_S,
                apply_as=actor,
            )
            reports += page.reports
            if tell:
                for report in page.reports:
                    print(*lines_of(report), sep="\n", flush=True)
    return reports


def _give_up(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    sys.exit(2)
