"""The port to whatever sends e-mail; ``outbox.py`` implements it, ``NoMail`` is a server without."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Mail(Struct, frozen=True, kw_only=True):
    """One e-mail to one address, in plain text and in HTML."""

    to: str
    subject: str
    text: str
    html: str
    sender: str | None = None
    """Where it comes from, if not from the server's own address."""
    reply_to: str | None = None
    """Who gets the answers, if not the sender."""


class Mailer(Protocol):
    """Takes e-mails and sends them in its own time."""

    @property
    def configured(self) -> bool:
        """Whether there is a mail server: without one nothing that needs e-mail is offered."""
        ...

    def put(self, mail: Mail) -> bool:
        """Send ``mail`` soon. Neither blocks nor raises; ``False`` where it is not taken."""
        ...


class NoMail:
    """No mail server: nothing is taken."""

    configured = False

    def put(self, _mail: Mail) -> bool:
        """Not sent."""
        return False
