"""The clients that call out, as the configuration and the settings want them."""

from __future__ import annotations

from typing import Final

import structlog

from hookroom import __version__
from hookroom.config import Config
from hookroom.delivery.client import GuardedClient, OutgoingRequest
from hookroom.delivery.judge import Judge, in_force
from hookroom.delivery.own_address import OwnAddress
from hookroom.messages.link_previews import MAX_BYTES, TIMEOUT_S, WORKERS, Fetch, Page
from hookroom.rules.addresses import Policy
from hookroom.rules.egress import entries
from hookroom.rules.proxy import proxy
from hookroom.rules.settings import SettingValues

log = structlog.get_logger()

_FOR_PAGES: Final = (("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"), ("Accept-Language", "en"))


def judge(config: Config, settings: SettingValues, port: int | None) -> Judge:
    """Where calls may go on a server that listens on ``port`` (``None``: that listens nowhere)."""
    return _judge(config, settings, port, loopback=config.loopback_receivers)


def judge_for_people(config: Config, settings: SettingValues, port: int | None) -> Judge:
    """``judge`` for what any user may have called: pictures and pages by their address.

    This machine only where the operator says so: a server that listens there alone may have a proxy before it.
    """
    said = config.deliveries_allow_loopback is True or config.test_mode
    return _judge(config, settings, port, loopback=said and config.loopback_receivers)


def _judge(config: Config, settings: SettingValues, port: int | None, *, loopback: bool) -> Judge:
    policy = Policy(allow_loopback=loopback, allow_private=config.deliveries_allow_private)
    guarded = port is not None and not config.deliveries_allow_self
    return Judge(in_force(policy, settings), OwnAddress(port) if port is not None and guarded else None)


def client(config: Config, judge: Judge) -> GuardedClient:
    """A client with connections of its own."""
    return GuardedClient(
        judge,
        connect_timeout_s=config.deliveries_connect_timeout_s,
        timeout_s=config.deliveries_timeout_s,
        max_response_bytes=config.deliveries_max_response_bytes,
        user_agent=f"Hookroom/{__version__}",
        max_connections=config.deliveries_concurrency,
        max_connections_per_host=config.deliveries_per_host,
        proxy=proxy(config.deliveries_proxy) if config.deliveries_proxy else None,
        no_proxy=entries(config.deliveries_no_proxy),
    )


def previewing(config: Config, judge: Judge) -> GuardedClient:
    """A client that reads no more of a page than a preview takes, with few connections."""
    return GuardedClient(
        judge,
        connect_timeout_s=min(config.deliveries_connect_timeout_s, TIMEOUT_S),
        timeout_s=TIMEOUT_S,
        max_response_bytes=MAX_BYTES,
        user_agent=f"Hookroom/{__version__} (link preview)",
        max_connections=2 * WORKERS,
        max_connections_per_host=WORKERS,
        proxy=proxy(config.deliveries_proxy) if config.deliveries_proxy else None,
        no_proxy=entries(config.deliveries_no_proxy),
    )


def pages(client: GuardedClient) -> Fetch:
    """Fetches pages through ``client``."""

    async def fetch(url: str, timeout_s: float) -> Page:
        answer = await client.send(
            OutgoingRequest(url=url, method="GET", headers=_FOR_PAGES, timeout_s=timeout_s)
        )
        return Page(answer.status, answer.headers, answer.body)

    return fetch


def say(config: Config, settings: SettingValues) -> None:
    """Log what outgoing webhooks may call besides the internet; the lists by their number of entries."""
    log.info(
        "outgoing webhooks may call",
        this_machine=config.loopback_receivers,
        this_server=config.deliveries_allow_self,
        private_networks=config.deliveries_allow_private,
        allowlist=entries(settings["SSRF_Allowlist"]).count,
        denylist=entries(settings["SSRF_Denylist"]).count,
        self_signed=settings["Allow_Invalid_SelfSigned_Certs"],
        proxy=proxy(config.deliveries_proxy).url if config.deliveries_proxy else None,
    )
