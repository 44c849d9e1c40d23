"""Which mail server e-mail goes through and where it comes from, as the configuration names them."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Final, Literal

from msgspec import Struct

from hookroom.rules.host_names import literal
from hookroom.rules.server_url import server_url

Encryption = Literal["none", "offered", "starttls", "tls"]
"""Never; by STARTTLS where the server offers it; by STARTTLS or not at all; from the first byte."""

_FORM: Final = (
    "must be smtp://host:port, starttls://host:port or smtps://host:port, with user:password@ before the host"
)
_PORTS: Final = {"smtp": 25, "starttls": 587, "smtps": 465}


class MailServer(Struct, frozen=True, kw_only=True):
    """A mail server. What is printed of it does not hold the credentials."""

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.encryption})"


def mail_server(text: str) -> MailServer:
    """The mail server that ``text`` names; credentials are percent-decoded. Raises ``ValueError`` without them.

    A password is never sent in the clear to another machine: ``smtp://`` with one is ``starttls://`` then.
    """
    url = server_url(text, _PORTS, _FORM)
    if bool(url.user) != bool(url.password):
        raise ValueError(f"{_FORM}: a user has a password")
    return MailServer(
        host=url.host,
        port=url.port or _PORTS[url.scheme],
        encryption=_encryption(url.scheme, url.host, secret=bool(url.password)),
        user=url.user,
        password=url.password,
    )


def sender(text: str) -> str:
    """``chat@example.com`` or ``Name <chat@example.com>`` as it was given. Raises ``ValueError``."""
    _, address = parseaddr(text)
    name, _, domain = address.rpartition("@")
    if not text.isprintable() or not name or not domain or " " in address:
        raise ValueError("must be an address: chat@example.com or Name <chat@example.com>")
    return text


def _encryption(scheme: str, host: str, *, secret: bool) -> Encryption:
    if scheme == "smtps":
        return "tls"
    if scheme == "starttls":
        return "starttls"
    if _is_here(host):
        # A relay on this machine has a certificate of its own making, or none.
        return "none"
    return "starttls" if secret else "offered"


def _is_here(host: str) -> bool:
    address = literal(host)
    return host == "localhost" or (address is not None and address.is_loopback)
