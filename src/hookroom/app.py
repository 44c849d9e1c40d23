"""Puts a server together and runs it."""

from __future__ import annotations

import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import falcon.asgi
import uvicorn

from hookroom.config import Config
from hookroom.integrations import sample
from hookroom.integrations.registry import Registry
from hookroom.rest import api
from hookroom.rooms.authority import Authority
from hookroom.rooms.directory import Directory
from hookroom.rooms.events import Event
from hookroom.rooms.first_start import NewAdmin, prepare
from hookroom.rooms.settings import Settings
from hookroom.rooms.workspace import Workspace
from hookroom.rules.model import Integration, User
from hookroom.services import Services
from hookroom.storage.opening import DataLock, database_url, open_database, sqlite_path
from hookroom.storage.statement import Changes


class Nobody:
    """An observer of a server without integrations."""

    def observe(self, event: Event, changes: Changes) -> None:
        """Nothing follows."""

    def room_renamed(self, changes: Changes, old_name: str, new_name: str) -> None:
        """Nothing follows."""

    def user_gone(self, changes: Changes, user: User) -> None:
        """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that is ready, and what a newcomer should know of it."""

    services: Services
    admin: NewAdmin | None
    """The administrator that this start made."""
    sample: Integration | None


@contextlib.asynccontextmanager
async def assemble(config: Config, site_url: str) -> AsyncIterator[Started]:
    """The parts of a server on its database; everything is finished and closed on leaving."""
    url = database_url(config.database_url, config.data)
    async with contextlib.AsyncExitStack() as stack:
        if sqlite_path(url):
            stack.callback(DataLock(config.data).release)
        db = await open_database(url)
        stack.push_async_callback(db.close)
        authority, settings = Authority(db), Settings(db)
        await authority.load()
        await settings.load()
        integrations = Registry(db)
        await integrations.load()
        ws = Workspace(
            db=db,
            directory=Directory(db),
            authority=authority,
            settings=settings,
            observer=Nobody(),
            site_url=site_url,
            test_mode=config.test_mode,
        )
        made = await prepare(ws, config)
        if made and config.sample_webhook and not config.test_mode:
            owner = await ws.directory.user_named(made.username)
            if owner is not None:
                await sample.make(ws, integrations, owner)
        yield Started(Services(config, ws, integrations), made, await sample.find(ws, integrations))


def web(services: Services) -> falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]:
    """The ASGI application of a server."""
    app = api.application()
    api.mount(app, services)
    return app


def listen(config: Config) -> socket.socket:
    """The listening socket. Raises ``OSError`` when the address is taken."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError:
        listener.close()
        raise
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a listening socket; one that listens everywhere is named by localhost."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - naming it, not binding to it
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def serve(config: Config, greet: Callable[[Started], None]) -> None:
    """Run until SIGINT or SIGTERM; ``greet`` is called once calls are answered."""
    listener = listen(config)
    with contextlib.closing(listener):
        async with assemble(config, config.site_url or address(listener)) as started:
            server = uvicorn.Server(
                uvicorn.Config(
                    web(started.services),
                    loop="none",
                    http="httptools",
                    ws="none",
                    lifespan="off",
                    interface="asgi3",
                    access_log=False,
                    log_config=None,
                    server_header=False,
                    timeout_keep_alive=75,
                    timeout_graceful_shutdown=10,
                )
            )
            gc.collect()
            gc.freeze()
            greet(started)
            await server.serve(sockets=[listener])
