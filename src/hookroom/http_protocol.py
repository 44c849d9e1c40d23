"""HTTP/1.1 as uvicorn and httptools speak it, but for requests that they lose or answer wrongly.

An offer to upgrade (``Upgrade: h2c``, which Java's ``HttpClient`` and what is built on it add to every request)
may be ignored, and the request is then one like any other (RFC 9110, section 7.8). httptools drops its body, so
that a call would be answered 200 and post nothing (uvicorn issue 2722, httptools issue 124). What is no HTTP is
answered as everything else that is refused, and not in the place of the answer to a request before it. Who closes
its side of the connection after a request still gets the answer. An offer of a WebSocket where there is one is
handed to who speaks it, with the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFERS: Final = frozenset({b"upgrade", b"http2-settings"})
_BAD: Final = (
    b"HTTP/1.1 400 Bad Request\r\n"
    b"content-type: application/json\r\n"
    b"content-length: %d\r\n"
    b"connection: close\r\n"
    b"\r\n"
    b"%b"
)


class WebSockets(Protocol):
    """Who speaks WebSocket."""

    def takes(self, path: str) -> bool:
        """Whether there is one under ``path``."""
        ...

    def take(
        self,
        transport: asyncio.Transport,
        path: str,
        headers: Sequence[tuple[bytes, bytes]],
        peer: str,
        connections: set[Any],
    ) -> asyncio.Protocol | None:
        """Answer the handshake; ``None`` when it was refused and the connection closes."""
        ...


def speaking(web_sockets: WebSockets) -> type[HttpProtocol]:
    """The protocol of a server that has WebSockets too."""
    return type("HttpAndWebSockets", (HttpProtocol,), {"web_sockets": web_sockets})


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    web_sockets: ClassVar[WebSockets | None] = None

    def data_received(self, data: bytes) -> None:
        """Read what came; a request that offers an upgrade is read anew without its offer."""
        self._unset_keepalive_if_required()
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._tunnels:
                    return
                (end_of_head,) = upgrade.args
                if self._opens_web_socket:
                    self._hand_over(data[end_of_head:])
                    return
                data = self._head_without_offer() + data[end_of_head:]
            except httptools.HttpParserError:
                self.send_400_response("Invalid HTTP request received.")
                return
            else:
                return

    def on_headers_complete(self) -> None:
        """Start the request, unless it is to be read anew."""
        if not self._offers:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request, unless it is to be read anew."""
        if not self._offers:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and close; after a request that is under way, close when that is answered."""
        self.logger.warning(msg)
        if self._ends_with_answer():
            self.flow.pause_reading()
            return
        body = b'{"success":false,"error":"%b"}' % msg.encode()
        self.transport.write(_BAD % (len(body), body))
        self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Nothing more will come; a request that came whole is answered all the same (RFC 9112, section 9.6)."""
        return self._ends_with_answer()

    def _ends_with_answer(self) -> bool:
        """Whether a request is under way that came whole; if so, the connection is closed after its answer."""
        last: Any = self.cycle
        if last is None or last.response_complete or last.more_body:
            return False
        last.keep_alive = False
        return True

    @property
    def _tunnels(self) -> bool:
        return self.parser.get_method() == b"CONNECT"

    @property
    def _offers(self) -> bool:
        return self.parser.should_upgrade() and not self._tunnels

    @property
    def _opens_web_socket(self) -> bool:
        """Whether the offer is one of a WebSocket that there is, with no request before it under way."""
        if (
            self.web_sockets is None
            or self.parser.get_method() != b"GET"
            or self._get_upgrade() != b"websocket"
        ):
            return False
        last: Any = self.cycle
        return (last is None or last.response_complete) and self.web_sockets.takes(self._path)

    @property
    def _path(self) -> str:
        path = httptools.parse_url(self.url).path
        return path.decode("latin-1") if path else ""

    def _hand_over(self, rest: bytes) -> None:
        assert self.web_sockets is not None
        self.connections.discard(self)
        peer = self.client[0] if self.client else ""
        protocol = self.web_sockets.take(self.transport, self._path, self.headers, peer, self.connections)
        if protocol is None:
            return
        self.transport.set_protocol(protocol)
        # Nothing of this request is needed for as long as the connection lasts.
        self.parser = self.headers = self.scope = self.flow = self.cycle = None  # type: ignore[assignment]
        if rest:
            protocol.data_received(rest)

    def _head_without_offer(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                value = b",".join(one for one in value.split(b",") if one.strip().lower() not in _OFFERS)
            if name not in _OFFERS:
                lines.append(name + b": " + value)
        return b"\r\n".join((*lines, b"", b""))
