"""Puts the parts of a server together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import structlog

from hookroom import calls_out
from hookroom.config import Config
from hookroom.delivery.dispatcher import Dispatcher
from hookroom.delivery.lease import Lease
from hookroom.delivery.retention import Retention
from hookroom.delivery.turns import Allowance, Turns
from hookroom.exports.making import Exports
from hookroom.first_start import NewAdmin, prepare
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
        answered = AnsweredCalls(db, integrations, now, config.hooks_idempotency_h)
        hub = Hub(db)
        search_index = Indexing(db, now)
        for_people = calls_out.judge_for_people(config, settings, port)
        for_pictures = await stack.enter_async_context(calls_out.client(config, for_people))
        for_pages = await stack.enter_async_context(calls_out.previewing(config, for_people))
        link_previews = LinkPreviews(ws, calls_out.pages(for_pages))
        exports = Exports(ws, files)
        for part in (
            Retention(db, now, days=config.history_days, entries=config.history_entries),
            Removal(db, files, now),
            Forgetting(db, answered, now),
            presence,
            Telling(ws, hub),
            search_index,
            link_previews,
            exports,
        ):
            part.start()
            stack.push_async_callback(part.stop)
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
