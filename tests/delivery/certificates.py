"""Certificates that tests issue: authorities, and receivers that present what these have signed."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_NOW = dt.datetime.now(dt.UTC)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and those between it and the authority."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """Its private key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def server(self) -> ssl.SSLContext:
        """What a receiver that presents it is started with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "server.pem"
            chain = "".join(one.public_bytes(Encoding.PEM).decode() for one in self.chain)
            file.write_text(self.key_pem + self.pem + chain)
            context.load_cert_chain(file)
        return context

    def issue(self, *hosts: str, expired: bool = False, authority: bool = False) -> Issued:
        """A certificate that this one signs."""
        made = _issue(hosts, self, expired=expired, authority=authority)
        return Issued(made.certificate, made.key, (self.certificate, *self.chain))


def authority(name: str) -> Issued:
    """A certificate authority that nobody knows."""
    return _issue((name,), None, authority=True)


def self_signed(*hosts: str) -> Issued:
    """A receiver's certificate that nobody vouches for."""
    return _issue(hosts, None)


@cache
def one_authority() -> Issued:
    """The authority of most tests."""
    return authority("Test authority")


@cache
def for_localhost() -> Issued:
    """A certificate of ``one_authority`` for localhost and 127.0.0.1."""
    return one_authority().issue("localhost", "127.0.0.1")


def _issue(
    hosts: tuple[str, ...], issuer: Issued | None, *, expired: bool = False, authority: bool = False
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW - 3 * _DAY)
        .not_valid_after(_NOW - _DAY if expired else _NOW + _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not authority:
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    if issuer is not None:
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(known, critical=False)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
