"""Puts a server together and runs it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn

from hookroom import calls_out
from hookroom.config import Config
from hookroom.delivery.dispatcher import Dispatcher
from hookroom.delivery.lease import Lease
from hookroom.delivery.retention import Retention
from hookroom.delivery.turns import Allowance, Turns
from hookroom.exports.making import Exports
from hookroom.first_start import NewAdmin, prepare
from hookroom.hooks.application import PREFIX, HookApplication
from hookroom.hooks.request import Application, Receive, Scope, Send
from hookroom.http_protocol import speaking
from hookroom.integrations import sample
from hookroom.integrations.answered_calls import AnsweredCalls
from hookroom.integrations.calling import Caller
from hookroom.integrations.chain import Chains
from hookroom.integrations.fetching import fetching
from hookroom.integrations.firing import Firing
from hookroom.integrations.forgetting import Forgetting
from hookroom.integrations.health import Health
from hookroom.integrations.incoming_records import IncomingRecords
from hookroom.integrations.observer import Integrations
from hookroom.integrations.outgoing import Outgoing
from hookroom.integrations.refused_calls import RefusedCalls
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost, ScriptSetup
from hookroom.integrations.signing import Signing
from hookroom.integrations.switching_off import HOUR_MS
from hookroom.integrations.trusting import trusting
from hookroom.live.hub import Hub
from hookroom.live.presence import Presence
from hookroom.live.telling import Telling
from hookroom.mail.opening import mailing
from hookroom.messages.indexing import Indexing
from hookroom.messages.link_previews import LinkPreviews
from hookroom.realtime import plain_http
from hookroom.realtime.server import Realtime
from hookroom.rest import account_pages, api, avatar_pictures, emoji, file_download
from hookroom.rules.model import Integration
from hookroom.scripting.model import Fetcher
from hookroom.scripting.off import ScriptsOff
from hookroom.scripting.sandbox import Options, Sandbox
from hookroom.services import Services
from hookroom.storage.opening import DataLock, database_url, open_database, sqlite_path
from hookroom.uploads.opening import open_store
from hookroom.uploads.removal import Removal
from hookroom.workspace.authority import Authority
from hookroom.workspace.directory import Directory
from hookroom.workspace.settings import Settings
from hookroom.workspace.workspace import Workspace

log = structlog.get_logger()

STOP_PATIENCE_S: Final = 5.0
"""How long a server that stops waits for receivers to answer; what they leave open is sent again later."""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that is ready, and what a newcomer should know of it."""

    services: Services
    admin: NewAdmin | None
    """The administrator that this start made."""
    sample: Integration | None


@contextlib.asynccontextmanager
async def assemble(config: Config, site_url: str, port: int | None = None) -> AsyncIterator[Started]:
    """The parts of a server on its database; everything is finished and closed on leaving.

    ``port`` is the one that it listens on, if it does.
    """
    url = database_url(config.database_url, config.data)
    files = open_store(config)
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

        def now() -> int:
            return ws.now()

        chains = await Chains.load(db, now)
        lease = Lease(db, now, lease_s=config.deliveries_lease_s)
        dispatcher = Dispatcher(db, lease.node, now, _turns(config, integrations))
        firing = Firing(integrations, lease.node, site_url, dispatcher.put)
        ws = Workspace(
            db=db,
            directory=Directory(db),
            authority=authority,
            settings=settings,
            observer=Integrations(integrations, firing, lambda last: ws.stamp(last)),
            site_url=site_url,
            test_mode=config.test_mode,
            mail=await stack.enter_async_context(mailing(config.smtp_url, config.mail_from, site_url)),
        )
        presence = Presence(ws, lease.node)

        def lapsed() -> None:
            dispatcher.forget()
            presence.write_again()

        stack.push_async_callback(ws.follow_ups.finish)
        await lease.start(dispatcher.look, lapsed)
        stack.push_async_callback(lease.stop)
        calls_out.say(config, settings)
        judge = calls_out.judge(config, settings, port)
        client = await stack.enter_async_context(calls_out.client(config, judge))
        # Of their own: scripts that wait for slow receivers must not take the connections of deliveries.
        for_scripts = await stack.enter_async_context(calls_out.client(config, judge))
        fetcher = fetching(for_scripts, settings, longest_ms=round(config.deliveries_timeout_s * 1000))
        host = await stack.enter_async_context(_scripts(config, chains.fetching(fetcher)))
        integrations.on_removed(host.forget)
        made = await prepare(ws, config)
        if made and config.sample_webhook and not config.test_mode:
            owner = await ws.directory.user_named(made.username)
            if owner is not None:
                await sample.make(ws, integrations, host, owner)
        health = Health(db, now, round(config.deliveries_disable_after_h * HOUR_MS))
        await health.load()
        caller = Caller(ws, client, [trusting(settings), chains.put, Signing(integrations, now)])
        dispatcher.start(chains.during(Outgoing(ws, integrations, health, caller, host).attempt))
        stack.push_async_callback(dispatcher.stop, STOP_PATIENCE_S)
        retention = Retention(db, ws.now, days=config.history_days, entries=config.history_entries)
        retention.start()
        stack.push_async_callback(retention.stop)
        removal = Removal(db, files, ws.now)
        removal.start()
        stack.push_async_callback(removal.stop)
        answered = AnsweredCalls(db, integrations, now, config.hooks_idempotency_h)
        forgetting = Forgetting(db, answered, now)
        forgetting.start()
        stack.push_async_callback(forgetting.stop)
        presence.start()
        stack.push_async_callback(presence.stop)
        hub = Hub(db)
        telling = Telling(ws, hub)
        telling.start()
        stack.push_async_callback(telling.stop)
        search_index = Indexing(db, now)
        search_index.start()
        stack.push_async_callback(search_index.stop)
        for_people = calls_out.judge_for_people(config, settings, port)
        for_pictures = await stack.enter_async_context(calls_out.client(config, for_people))
        for_pages = await stack.enter_async_context(calls_out.previewing(config, for_people))
        link_previews = LinkPreviews(ws, calls_out.pages(for_pages))
        link_previews.start()
        stack.push_async_callback(link_previews.stop)
        exports = Exports(ws, files)
        exports.start()
        stack.push_async_callback(exports.stop)
        services = Services(
            config,
            ws,
            integrations,
            firing,
            host,
            files,
            chains=chains,
            answered_calls=answered,
            refused_calls=RefusedCalls(now),
            incoming_records=IncomingRecords(integrations),
            hub=hub,
            client=for_pictures,
            node=lease.node,
            presence=presence,
            search_index=search_index,
            link_previews=link_previews,
            exports=exports,
        )
        yield Started(services, made, await sample.find(ws, integrations))


def _turns(config: Config, integrations: Registry) -> Turns:
    """How many calls may be under way at once, of an integration what it says itself."""

    def per_integration(integration_id: str) -> Allowance:
        integration = integrations.get(integration_id)
        if integration is None:
            return Allowance(config.deliveries_per_integration)
        calls = integration.concurrency or config.deliveries_per_integration
        return Allowance(calls, len(integration.urls or ()))

    return Turns(config.deliveries_concurrency, config.deliveries_per_host, per_integration)


@contextlib.asynccontextmanager
async def _scripts(config: Config, fetcher: Fetcher) -> AsyncIterator[ScriptHost]:
    setup = ScriptSetup(
        time_ms=config.scripts_time_ms,
        memory_mb=config.scripts_memory_mb,
        wait_ms=config.scripts_wait_ms,
        max_time_ms=config.scripts_max_time_ms,
        max_memory_mb=config.scripts_max_memory_mb,
        legacy=config.scripts_legacy_globals,
    )
    if config.disable_integration_scripts:
        log.info("scripts of integrations are turned off")
        yield ScriptHost(ScriptsOff(), setup)
        return
    options = Options(
        folder=config.script_cache,
        workers=config.script_workers,
        queue=config.scripts_queue,
        instances=config.scripts_instances,
        live_memory_mb=config.scripts_live_memory_mb,
        snapshots_mb=config.scripts_snapshots_mb,
        max_memory_mb=max(config.scripts_max_memory_mb, config.scripts_memory_mb),
    )
    sandbox = Sandbox(options, fetcher)
    try:
        yield ScriptHost(sandbox, setup)
    finally:
        await sandbox.stop()


def web(services: Services) -> Application:
    """The ASGI application of a server: ``/hooks`` by itself, everything else by Falcon."""
    hooks = HookApplication(services)
    rest = api.application()
    api.mount(rest, services)
    account_pages.mount(rest, services)
    rest.add_route(file_download.PATH, file_download.FileDownload(services))
    rest.add_route(emoji.PATH, emoji.EmojiPicture(services))
    pictures = avatar_pictures.AvatarPicture(services)
    for path in (avatar_pictures.USER, avatar_pictures.USER_ID, avatar_pictures.ROOM):
        rest.add_route(path, pictures)

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return hooks(scope, receive, send)
        if scope["type"] == "http" and plain_http.is_ours(scope["path"]):
            return plain_http.answer(scope, receive, send)
        return rest(scope, receive, send)

    return application


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


class _Server(uvicorn.Server):
    """Ends by SIGINT or SIGTERM as ``serve`` ends; the original raises the signal anew, which ends all at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve(config: Config, greet: Callable[[Started], None]) -> None:
    """Run until SIGINT or SIGTERM; ``greet`` is called once calls are answered."""
    listener = listen(config)
    with contextlib.closing(listener):
        port: int = listener.getsockname()[1]
        async with assemble(config, config.site_url or address(listener), port) as started:
            realtime = Realtime(started.services)
            realtime.start()
            server = _Server(
                uvicorn.Config(
                    web(started.services),
                    loop="none",
                    http=speaking(realtime),
                    ws="none",
                    lifespan="off",
                    interface="asgi3",
                    access_log=False,
                    log_config=None,
                    server_header=False,
                    proxy_headers=False,
                    timeout_keep_alive=75,
                    timeout_graceful_shutdown=10,
                )
            )
            gc.collect()
            gc.freeze()
            gc.enable()
            greet(started)
            try:
                await server.serve(sockets=[listener])
            finally:
                await realtime.stop()
