"""Whose certificates are accepted: what an integration may name, and the TLS contexts made of it."""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from typing import Final

from hookroom.delivery.exchange import UNVERIFIED, NotReached, Trust

MAX_CONTEXTS: Final = 64
"""Sets of certificates whose TLS contexts are kept; each has some 1 MB."""

MAX_PEM: Final = 65_536
"""Most characters of an integration's certificates."""


_USUAL: Final = Trust()


class NoCertificates(ValueError):
    """A text that holds no certificates, or something that is none; the message says which."""


def certificates(pem: str) -> bytes:
    """The certificates of ``pem`` (one or several, with any text around them), in DER.

    Raises ``NoCertificates``, also for a private key: whoever sees the integration sees what is stored here.
    """
    # Servers without such integrations need not load it.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

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
        self._made: OrderedDict[Trust, asyncio.Future[ssl.SSLContext]] = OrderedDict()

    def ready(self, trust: Trust | None) -> ssl.SSLContext | None:
        """The context for ``trust``, if it was made before."""
        made = self._made.get(_meant(trust))
        if made is None or not made.done() or made.cancelled() or made.exception() is not None:
            return None
        self._made.move_to_end(_meant(trust))
        return made.result()

    async def of(self, trust: Trust | None) -> ssl.SSLContext:
        """The context for ``trust``. Raises ``NotReached`` (``tls``) when the certificates cannot be used."""
        trust = _meant(trust)
        made = self._made.get(trust)
        if made is None:
            # Reading the system's authorities takes some 20 ms: not on the event loop.
            made = self._made[trust] = asyncio.ensure_future(asyncio.to_thread(_context, trust))
            made.add_done_callback(lambda done: self._forget_failed(trust, done))
            if len(self._made) > MAX_CONTEXTS:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(trust)
        try:
            return await asyncio.shield(made)
        except NoCertificates:
            raise NotReached("The integration's own certificates cannot be used", "tls") from None

    def _forget_failed(self, trust: Trust, made: asyncio.Future[ssl.SSLContext]) -> None:
        if (made.cancelled() or made.exception() is not None) and self._made.get(trust) is made:
            del self._made[trust]


def _meant(trust: Trust | None) -> Trust:
    return _USUAL if trust is None else trust if trust.verified else UNVERIFIED


def _context(trust: Trust) -> ssl.SSLContext:
    if trust.verified:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.options |= ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    if trust.verified and trust.ca_certificate is not None:
        context.load_verify_locations(cadata=certificates(trust.ca_certificate))
        # What the integration names is trusted as it is, be it an intermediate or the receiver's very own.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
