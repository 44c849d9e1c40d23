"""The database of a server that does not run, opened for what a command does with its integrations."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from hookroom.cli.local_scripts import script_host
from hookroom.config import Config
from hookroom.errors import HookroomError
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.try_out.workspace import Posts
from hookroom.integrations.visibility import ANY_OF_ALL
from hookroom.rules.model import User
from hookroom.storage.migrations import HEAD
from hookroom.storage.opening import DataLock, current_version, database_url, open_database, sqlite_path
from hookroom.storage.tables import users
from hookroom.workspace.authority import Authority
from hookroom.workspace.directory import Directory
from hookroom.workspace.settings import Settings
from hookroom.workspace.workspace import Workspace


class Opened(NamedTuple):
    """The parts of a server that integrations need; nothing is sent, and nothing else runs."""

    ws: Workspace
    registry: Registry
    host: ScriptHost


@contextlib.asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Opened]:
    """The database that ``config`` names.

    Raises ``HookroomError`` where there is none, where its schema is not this program's, and for an embedded one
    that a server has in use.
    """
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
            site_url=_site_url(config, settings),
        )
        yield Opened(ws, registry, await stack.enter_async_context(script_host(config)))


def _site_url(config: Config, settings: Settings) -> str:
    """Where senders find the server, as far as one can know while it does not run."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    told: str = config.site_url or settings["Site_Url"] or f"http://{host}:{config.port}"
    return told.rstrip("/")


async def administrator(ws: Workspace) -> User:
    """Whoever changes are made as: an active administrator who manages all integrations.

    Raises ``HookroomError`` where there is none.
    """
    for user in await users.everyone(ws.db):
        if user.active and all(ws.authority.allows(one, user) for one in ANY_OF_ALL):
            return user
    raise HookroomError("Nobody may change all integrations, as whom it could be done.")
