"""The bytes of a request up to its body. No I/O."""

from __future__ import annotations

from typing import Final

from hookroom.delivery.request_head import Target, checked_fields

_NO_LENGTH: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods of which nobody expects a body (RFC 9110, 8.6): without one they say nothing of its length."""


class RequestHeads:
    """Writes heads of requests that say ``user_agent`` where the caller does not."""

    def __init__(self, user_agent: str) -> None:
        self._user_agent = f"User-Agent: {user_agent}\r\n"

    def write(self, to: Target, method: str, headers: tuple[tuple[str, str], ...], length: int) -> bytes:
        """The head of a request with a body of ``length`` bytes. Raises ``NotReached`` ``header``.

        ``method`` is checked already; what the connection has to say is added to ``headers``.
        """
        fields = checked_fields(headers)
        names = {lower for _, lower, _ in fields}
        lines = [method, " ", to.opening, "Accept-Encoding: gzip, deflate\r\n"]
        if "user-agent" not in names:
            lines.append(self._user_agent)
        if "accept" not in names:
            lines.append("Accept: */*\r\n")
        if to.authorization is not None and "authorization" not in names:
            lines.append(f"Authorization: {to.authorization}\r\n")
        lines += [f"{name}: {value}\r\n" for name, _, value in fields]
        if length or method not in _NO_LENGTH:
            lines.append(f"Content-Length: {length}\r\n")
        lines.append("\r\n")
        return "".join(lines).encode()
