"""The queue of e-mails: sent one after the other in the background, again after a while where that fails.

    put -> waiting -> sent
              ^  |
       later  |  v
              failed for now -> given up

It is held in memory: what is not sent when the server stops is lost, and whoever waited for it asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from hookroom.mail.port import Mail

log = structlog.get_logger()

SIZE: Final = 10_000
"""E-mails that wait at once; more are not taken."""
SENDERS: Final = 4
"""E-mails under way at once."""
STOP_PATIENCE_S: Final = 2.0
"""How long a stop waits for mail servers that do not answer."""
DELAYS_S: Final[Sequence[float]] = (2.0, 10.0, 60.0, 300.0, 1800.0)
"""From one try to the next; after the last of them an e-mail is given up."""


class MailFailed(Exception):
    """An e-mail was not taken by the mail server. ``reason`` names no address, text or credentials."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        """Whether another try would fail as well."""


class Transport(Protocol):
    """Hands an e-mail to a mail server."""

    async def send(self, mail: Mail) -> None:
        """Send it now. Raises ``MailFailed``."""
        ...


class Outbox:
    """Takes e-mails and sends them; ``start`` before, ``stop`` at the end."""

    configured = True

    def __init__(
        self, transport: Transport, *, size: int = SIZE, delays_s: Sequence[float] = DELAYS_S
    ) -> None:
        self._transport = transport
        self._size = size
        self._delays_s = delays_s
        self._queue: asyncio.Queue[tuple[Mail, int]] = asyncio.Queue()
        self._held = 0
        self._later: set[asyncio.TimerHandle] = set()
        self._senders: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to send."""
        self._senders = [asyncio.create_task(self._send_all(), name="mail") for _ in range(SENDERS)]

    async def stop(self) -> None:
        """Send no more. What waits is lost; the log says how many that were."""
        for task in self._senders:
            task.cancel()
        if self._senders:
            # Whoever is cut off says good-bye to its mail server first, which may not answer.
            await asyncio.wait(self._senders, timeout=STOP_PATIENCE_S)
        for handle in self._later:
            handle.cancel()
        if self._held:
            log.warning("e-mails that were not sent are lost", mails=self._held)

    def put(self, mail: Mail) -> bool:
        """Send ``mail`` soon; ``False`` where too many wait already."""
        if self._held >= self._size:
            log.warning("an e-mail is not taken: too many wait", waiting=self._held)
            return False
        self._held += 1
        self._queue.put_nowait((mail, 0))
        return True

    async def _send_all(self) -> None:
        while True:
            mail, tries = await self._queue.get()
            try:
                await self._transport.send(mail)
            except MailFailed as error:
                self._failed(mail, tries, error)
            except Exception as error:
                # A fault of one e-mail must not keep the others from being sent.
                self._failed(mail, tries, MailFailed(type(error).__name__, for_good=True))
            else:
                self._held -= 1

    def _failed(self, mail: Mail, tries: int, error: MailFailed) -> None:
        if error.for_good or tries >= len(self._delays_s):
            self._held -= 1
            log.error("an e-mail could not be sent", reason=error.reason, tries=tries + 1)
            return
        delay_s = self._delays_s[tries]
        log.warning("an e-mail was not sent yet", reason=error.reason, tries=tries + 1, again_in_s=delay_s)

        def again() -> None:
            self._later.discard(handle)
            self._queue.put_nowait((mail, tries + 1))

        handle = asyncio.get_running_loop().call_later(delay_s, again)
        self._later.add(handle)
