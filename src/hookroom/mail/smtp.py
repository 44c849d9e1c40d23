"""E-mail by SMTP (RFC 5321). The mail server is the operator's own choice: no guard on outgoing calls applies."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final

import aiosmtplib

from hookroom.mail.outbox import MailFailed
from hookroom.mail.port import Mail
from hookroom.rules.mail_server import MailServer

TIMEOUT_S: Final = 30.0
"""For each step of the conversation."""


class Smtp:
    """A mail server; ``sender`` is where e-mails come from: an address, or ``Name <address>``."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Send it now. Raises ``MailFailed``."""
        server = self._server
        start_tls = {"none": False, "offered": None, "starttls": True, "tls": False}[server.encryption]
        try:
            message = written(mail, self._sender)
            await aiosmtplib.send(
                message,
                sender=parseaddr(mail.sender or self._sender)[1],
                recipients=[mail.to],
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.encryption == "tls",
                start_tls=start_tls,
                timeout=TIMEOUT_S,
            )
        except ValueError as error:
            raise MailFailed("the e-mail cannot be written", for_good=True) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            raise MailFailed(
                f"recipient refused ({codes[0] if codes else '?'})", for_good=_all_over(codes)
            ) from None
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailFailed(f"user or password refused ({error.code})", for_good=False) from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailFailed(
                f"{type(error).__name__} ({error.code})", for_good=_all_over([error.code])
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailFailed(type(error).__name__, for_good=False) from None


def written(mail: Mail, sender: str) -> EmailMessage:
    """The message of an e-mail. Raises ``ValueError`` for an address that cannot be written."""
    name, address = parseaddr(mail.sender or sender)
    message = EmailMessage()
    message["From"] = _address(address, name)
    message["To"] = _address(mail.to)
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to)
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    # Nobody's out-of-office answers to this (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _address(address: str, name: str = "") -> Address:
    user, _, domain = address.rpartition("@")
    return Address(name, user, domain)


def _all_over(codes: list[int]) -> bool:
    """RFC 5321, section 4.2.1: a code of 5xx fails in the same way next time."""
    return bool(codes) and all(code >= 500 for code in codes)
