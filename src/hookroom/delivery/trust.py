"""Whose certificates are accepted: what an integration may name, and the TLS contexts made of it."""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hookroom.delivery.exchange import NotReached, Trust

MAX_CONTEXTS: Final = 64
"""Sets of certificates whose TLS contexts are kept; each has some 1 MB."""

MAX_PEM: Final = 65_536
"""Most characters of an integration's certificates."""


class NoCertificates(ValueError):
    """A text that holds no certificates, or something that is none; the message says which."""


def certificates(pem: str) -> bytes:
    """The certificates of ``pem`` (one or several, with any text around them), in DER.

    Raises ``NoCertificates``, also for a private key: whoever sees the integration sees what is stored here.
    """
    if len(pem) > MAX_PEM:
        raise NoCertificates(f"more than {MAX_PEM} characters")
    if "PRIVATE KEY-----" in pem:
        raise NoCertificates("a private key is in there")
    try:
        found = x509.load_pem_x509_certificates(pem.encode("ascii", "replace"))
    except ValueError:
        raise NoCertificates("no certificates in PEM form") from None
    der = b"".join(one.public_bytes(Encoding.DER) for one in found)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
    except ssl.SSLError:
        raise NoCertificates("a certificate that TLS cannot use") from None
    return der


class Contexts:
    """TLS contexts by what they trust, the ones last used.

    Each choice has a context of its own, so that a connection that one of them made serves no other: the pool's
    key has the context in it.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[str, asyncio.Future[ssl.SSLContext]] = OrderedDict()

    async def of(self, trust: Trust | None) -> ssl.SSLContext | bool:
        """What aiohttp takes as ``ssl``: a context, ``True`` for the usual one, ``False`` for no verification.

        Raises ``NotReached`` (``tls``) when the certificates cannot be used.
        """
        if trust is None or not trust.verified:
            return trust is None
        if (pem := trust.ca_certificate) is None:
            return True
        made = self._made.get(pem)
        if made is None:
            # Reading the system's authorities takes some 20 ms: not on the event loop.
            made = self._made[pem] = asyncio.ensure_future(asyncio.to_thread(_context, pem))
            made.add_done_callback(lambda done: self._forget_failed(pem, done))
            if len(self._made) > MAX_CONTEXTS:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(pem)
        try:
            return await asyncio.shield(made)
        except NoCertificates:
            raise NotReached("The integration's own certificates cannot be used", "tls") from None

    def _forget_failed(self, pem: str, made: asyncio.Future[ssl.SSLContext]) -> None:
        if (made.cancelled() or made.exception() is not None) and self._made.get(pem) is made:
            del self._made[pem]


def _context(pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(cadata=certificates(pem))
    # What the integration names is trusted as it is, be it an intermediate or the receiver's very own.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
