"""Which proxy outgoing calls go through, as the configuration names it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from yarl import URL

from hookroom.rules.host_names import is_name, literal

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
    if not text.isprintable() or " " in text:
        raise ValueError(_FORM)
    try:
        url = URL(text)
        host, port = url.raw_host, url.explicit_port
    except ValueError:
        raise ValueError(_FORM) from None
    if url.scheme != "http" or not host or not port or url.raw_path_qs not in ("", "/") or url.raw_fragment:
        raise ValueError(_FORM)
    if literal(host) is None and not is_name(host):
        raise ValueError(_FORM)
    shown = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Proxy(url=shown, user=url.user, password=url.password)
