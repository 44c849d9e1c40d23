"""From what the HTTP library raises to the stage a call failed at, in words that may be shown."""

from __future__ import annotations

import os
import socket
import ssl
from http import HTTPStatus

import aiohttp

from hookroom.delivery.exchange import NotReached


def not_reached(error: Exception, host: str, timeout_s: float, *, proxied: bool = False) -> NotReached:
    """``error`` of a call to ``host``, perhaps through the proxy, as a ``NotReached``.

    The library's own texts are not passed on: some hold the whole URL, or the addresses behind a name.
    """
    if proxied:
        if (failure := _of_the_proxy(error, host)) is not None:
            return failure
        host = f"{host} (through the proxy)"
    match error:
        case aiohttp.ConnectionTimeoutError():
            return NotReached(f"Connecting to {host} took too long", "timeout")
        case aiohttp.ClientConnectorDNSError():
            return NotReached(f"{host} could not be looked up: {_why(error.os_error)}", "dns")
        case aiohttp.ClientConnectorCertificateError():
            return NotReached(
                f"The certificate of {host} is not valid: {_why(error.certificate_error)}", "tls"
            )
        case aiohttp.ClientConnectorSSLError():
            return NotReached(f"No secure connection to {host}: {_why(error.os_error)}", "tls")
        case aiohttp.ClientConnectorError():
            return NotReached(f"No connection to {host}: {_why(error.os_error)}", "connect")
        case aiohttp.ServerDisconnectedError():
            return NotReached(f"{host} closed the connection without an answer", "reset")
        case TimeoutError() if not isinstance(error, aiohttp.ClientError):
            return NotReached(f"No whole answer from {host} within {timeout_s:g} s", "timeout")
        case aiohttp.ClientPayloadError():
            return NotReached(f"The answer of {host} is cut off or malformed", "protocol")
        case aiohttp.InvalidURL():
            return NotReached("The URL cannot be called", "bad-url")
        case ssl.SSLError():
            return NotReached(f"The secure connection to {host} failed: {_why(error)}", "tls")
        case aiohttp.ClientConnectionError() | OSError():
            return NotReached(f"{host} broke the connection off: {_why(error)}", "reset")
        case _:
            return NotReached(f"The answer of {host} is not valid HTTP", "protocol")


def _of_the_proxy(error: Exception, host: str) -> NotReached | None:
    match error:
        case aiohttp.ClientHttpProxyError():
            return refused_by_proxy(error.status, host)
        case aiohttp.ClientConnectorDNSError():
            return NotReached(f"The proxy could not be looked up: {_why(error.os_error)}", "proxy")
        case aiohttp.ClientProxyConnectionError():
            return NotReached(f"No connection to the proxy: {_why(error.os_error)}", "proxy")
        case _:
            return None


def refused_by_proxy(status: int, host: str) -> NotReached:
    """The proxy answered ``status`` instead of the receiver."""
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return NotReached("The proxy asks for other credentials (status 407)", "proxy")
    return NotReached(f"The proxy did not connect to {host} (status {status})", "proxy")


def _why(error: object) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return error.verify_message
        case ssl.SSLError():
            return (error.reason or "the handshake failed").replace("_", " ").lower()
        case socket.gaierror():
            return error.strerror or "no such name"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
        case _:
            return "connection lost"
