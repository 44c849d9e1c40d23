"""URLs that name a server and nothing on it, with credentials or without: ``scheme://user:password@host:port``."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from yarl import URL

from hookroom.rules.host_names import is_name, literal


class ServerUrl(Struct, frozen=True, kw_only=True):
    """The parts of such a URL; credentials are percent-decoded. What is printed of it does not hold them."""

    scheme: str
    host: str
    port: int | None
    user: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"ServerUrl({self.scheme}://{self.host}:{self.port})"


def server_url(text: str, schemes: Collection[str], form: str) -> ServerUrl:
    """Take ``text`` apart. Raises ``ValueError`` with ``form``, and nothing of the text, for anything else."""
    if not text.isprintable() or " " in text:
        raise ValueError(form)
    try:
        url = URL(text)
        host, port = url.raw_host, url.explicit_port
    except ValueError:
        raise ValueError(form) from None
    if url.scheme not in schemes or not host or url.raw_path_qs not in ("", "/") or url.raw_fragment:
        raise ValueError(form)
    if literal(host) is None and not is_name(host):
        raise ValueError(form)
    return ServerUrl(
        scheme=url.scheme, host=host, port=port, user=url.user or None, password=url.password or None
    )
