"""The mail server that the configuration names."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import structlog

from hookroom.mail.outbox import Outbox
from hookroom.mail.port import Mailer, NoMail
from hookroom.rules.mail_server import mail_server

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def mailing(url: str | None, sender: str | None, site_url: str) -> AsyncIterator[Mailer]:
    """What sends e-mail while the block runs: by the server that ``url`` names, or not at all."""
    if not url:
        yield NoMail()
        return
    # Those who send nothing need not load it.
    from hookroom.mail.smtp import Smtp

    server = mail_server(url)
    outbox = Outbox(Smtp(server, sender or f"no-reply@{urlsplit(site_url).hostname or 'localhost'}"))
    outbox.start()
    log.info("e-mail is sent", host=server.host, port=server.port, encryption=server.encryption)
    try:
        yield outbox
    finally:
        await outbox.stop()
