"""Which proxy outgoing calls go through, as the configuration names it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from hookroom.rules.server_url import server_url

_FORM: Final = "must be http://host:port or http://user:password@host:port"


class Proxy(Struct, frozen=True, kw_only=True):
    """An HTTP proxy. What is printed of it does not hold the credentials."""

    url: str
    """``http://host:port``."""
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.url})"


def proxy(text: str) -> Proxy:
    """The proxy that ``text`` names; credentials are percent-decoded. Raises ``ValueError`` without the text."""
    url = server_url(text, ("http",), _FORM)
    if not url.port:
        raise ValueError(_FORM)
    shown = f"http://{f'[{url.host}]' if ':' in url.host else url.host}:{url.port}"
    return Proxy(url=shown, user=url.user, password=url.password)
