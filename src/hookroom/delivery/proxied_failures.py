"""From what aiohttp raises on a call through the proxy to the stage it failed at, in words that may be shown.

The library's own texts are not passed on: some hold the whole URL, or the addresses behind a name.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus

import aiohttp

from hookroom.delivery import failures
from hookroom.delivery.exchange import NotReached


def not_reached(error: Exception, host: str, timeout_s: float) -> NotReached:
    """``error`` of a call to ``host`` through the proxy, as a ``NotReached``."""
    match error:
        case aiohttp.ClientHttpProxyError():
            return refused_by_proxy(error.status, host)
        case aiohttp.ClientConnectorDNSError():
            return NotReached(f"The proxy could not be looked up: {failures.why(error.os_error)}", "proxy")
        case aiohttp.ClientProxyConnectionError():
            return NotReached(f"No connection to the proxy: {failures.why(error.os_error)}", "proxy")
    host = f"{host} (through the proxy)"
    match error:
        case aiohttp.ConnectionTimeoutError():
            return failures.connecting_late(host)
        case aiohttp.ClientConnectorCertificateError():
            return NotReached(
                f"The certificate of {host} is not valid: {failures.why(error.certificate_error)}", "tls"
            )
        case aiohttp.ClientConnectorError():
            return failures.not_connected(host, error.os_error)
        case aiohttp.ServerDisconnectedError():
            return failures.left(host)
        case TimeoutError() if not isinstance(error, aiohttp.ClientError):
            return failures.late(host, timeout_s)
        case aiohttp.ClientPayloadError():
            return failures.cut_off(host)
        case aiohttp.InvalidURL():
            return NotReached("The URL cannot be called", "bad-url")
        case ssl.SSLError() | aiohttp.ClientConnectionError() | OSError():
            return failures.broken_off(host, error)
        case _:
            return failures.not_http(host)


def refused_by_proxy(status: int, host: str) -> NotReached:
    """The proxy answered ``status`` instead of the receiver."""
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return NotReached("The proxy asks for other credentials (status 407)", "proxy")
    return NotReached(f"The proxy did not connect to {host} (status {status})", "proxy")
