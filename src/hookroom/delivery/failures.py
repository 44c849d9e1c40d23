"""The stages a call can fail at, in words that may be shown: they name the host and port, and nothing beyond.

``shown`` is the ``host:port`` that was called.
"""

from __future__ import annotations

import os
import socket
import ssl

from hookroom.delivery.exchange import NotReached


def not_looked_up(shown: str, error: OSError) -> NotReached:
    """The name has no address, or none can be had now."""
    return NotReached(f"{shown} could not be looked up: {why(error)}", "dns")


def connecting_late(shown: str) -> NotReached:
    """Connecting, or the TLS handshake, took longer than it may."""
    return NotReached(f"Connecting to {shown} took too long", "timeout")


def not_connected(shown: str, error: OSError) -> NotReached:
    """There is no connection, or none that is secure."""
    match error:
        case ssl.SSLCertVerificationError():
            return NotReached(f"The certificate of {shown} is not valid: {why(error)}", "tls")
        case ssl.SSLError():
            return NotReached(f"No secure connection to {shown}: {why(error)}", "tls")
        case _:
            return NotReached(f"No connection to {shown}: {why(error)}", "connect")


def late(shown: str, timeout_s: float) -> NotReached:
    """The whole call took longer than it may."""
    return NotReached(f"No whole answer from {shown} within {timeout_s:g} s", "timeout")


def left(shown: str) -> NotReached:
    """The other side hung up."""
    return NotReached(f"{shown} closed the connection without an answer", "reset")


def broken_off(shown: str, error: Exception) -> NotReached:
    """The connection broke before there was an answer."""
    if isinstance(error, ssl.SSLError):
        return NotReached(f"The secure connection to {shown} failed: {why(error)}", "tls")
    return NotReached(f"{shown} broke the connection off: {why(error)}", "reset")


def stopping(shown: str) -> NotReached:
    """The client was closed."""
    return NotReached(f"The call to {shown} was broken off here", "reset")


def cut_off(shown: str) -> NotReached:
    """The head of the answer was well, its body is not."""
    return NotReached(f"The answer of {shown} is cut off or malformed", "protocol")


def not_http(shown: str) -> NotReached:
    """What came is no answer."""
    return NotReached(f"The answer of {shown} is not valid HTTP", "protocol")


def switches(shown: str) -> NotReached:
    """The receiver goes on in another protocol, which nobody asked it to (status 101)."""
    return NotReached(f"The answer of {shown} changes to another protocol", "protocol")


def why(error: object) -> str:
    """What the system says of ``error``, without the library's words: some of those hold addresses."""
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
