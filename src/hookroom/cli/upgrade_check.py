"""``hookroom upgrade-check``: which scripts do the same once they are not transpiled."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, NoReturn

import cyclopts
from msgspec import json, to_builtins

from hookroom import logs
from hookroom.config import Config, ConfigError, load
from hookroom.errors import HookroomError

if TYPE_CHECKING:
    from hookroom.integrations.registry import Registry
    from hookroom.integrations.script_host import ScriptHost
    from hookroom.integrations.upgrade_check.check import Report
    from hookroom.rules.model import User
    from hookroom.workspace.workspace import Workspace

PAGE_S: Final = 2.0
"""Seconds after which reports are printed that are ready."""

_FINE: Final = ("safe", "native already")


class Opened(NamedTuple):
    """The parts of a server that checking needs; nothing is sent, and nothing else runs."""

    ws: Workspace
    registry: Registry
    host: ScriptHost


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
    from hookroom.cli.script_reports import lines_of
    from hookroom.integrations.upgrade_check.check import has_source
    from hookroom.integrations.upgrade_check.page import check_page

    reports: list[Report] = []
    async with _opened(config) as (ws, registry, host):
        found = sorted(
            (one for one in registry.all() if has_source(one)), key=lambda one: (one.created_at, one.id)
        )
        actor = await _administrator(ws) if apply and found else None
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


async def _administrator(ws: Workspace) -> User:
    """Whoever changes are made as: an active administrator who manages all integrations."""
    from hookroom.integrations.visibility import ANY_OF_ALL
    from hookroom.storage.tables import users

    for user in await users.everyone(ws.db):
        if user.active and all(ws.authority.allows(one, user) for one in ANY_OF_ALL):
            return user
    raise HookroomError("Nobody may change all integrations, as whom --apply could do it.")


@contextlib.asynccontextmanager
async def _opened(config: Config) -> AsyncIterator[Opened]:
    from hookroom.cli.local_scripts import script_host
    from hookroom.integrations.registry import Registry
    from hookroom.integrations.try_out.workspace import Posts
    from hookroom.storage.migrations import HEAD
    from hookroom.storage.opening import DataLock, current_version, database_url, open_database, sqlite_path
    from hookroom.workspace.authority import Authority
    from hookroom.workspace.directory import Directory
    from hookroom.workspace.settings import Settings
    from hookroom.workspace.workspace import Workspace

    url = database_url(config.database_url, config.data)
    async with contextlib.AsyncExitStack() as stack:
        if (path := sqlite_path(url)) is not None:
            if not path.exists():
                raise HookroomError(f"There is no database {path}.")
            stack.callback(DataLock(config.data).release)
        if (version := await current_version(url)) != HEAD:
            found = f"has schema {version}" if version else "is empty"
            raise HookroomError(
                f"The database {found}; this program needs {HEAD} (see `hookroom db upgrade`)."
            )
        db = await open_database(url)
        stack.push_async_callback(db.close)
        authority, settings, registry = Authority(db), Settings(db), Registry(db)
        await authority.load()
        await settings.load()
        await registry.load()
        ws = Workspace(
            db=db,
            directory=Directory(db),
            authority=authority,
            settings=settings,
            observer=Posts(),
            site_url=settings["Site_Url"],
        )
        yield Opened(ws, registry, await stack.enter_async_context(script_host(config)))


def _give_up(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    sys.exit(2)
