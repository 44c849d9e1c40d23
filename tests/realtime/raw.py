"""A WebSocket on a bare socket, for what no client library would send."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

HANDSHAKE = (
    b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY, CLOSE, PING, PONG, CONT = 1, 2, 8, 9, 10, 0


def frame(opcode: int, data: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """A frame, masked with zeros."""
    mask = 0x80 if masked else 0
    if len(data) < 126:
        size = bytes((mask | len(data),))
    elif len(data) < 65_536:
        size = bytes((mask | 126,)) + len(data).to_bytes(2)
    else:
        size = bytes((mask | 127,)) + len(data).to_bytes(8)
    return bytes(((0x80 if fin else 0) | opcode,)) + size + (bytes(4) if masked else b"") + data


class Raw:
    """A connection after its handshake."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self.buffer = b""

    def read(self) -> tuple[int, bytes] | None:
        """The next frame: opcode and data; ``None`` at the end."""
        while True:
            if len(self.buffer) >= 2:
                size, at = self.buffer[1], 2
                if size == 126:
                    size, at = int.from_bytes(self.buffer[2:4]), 4
                elif size == 127:
                    size, at = int.from_bytes(self.buffer[2:10]), 10
                if len(self.buffer) >= at + size and len(self.buffer) >= at:
                    found = self.buffer[0] & 15, self.buffer[at : at + size]
                    self.buffer = self.buffer[at + size :]
                    return found
            more = self.raw.recv(65_536)
            if not more:
                return None
            self.buffer += more

    def close_code(self) -> int | None:
        """Read to the end; answers the code of the server's goodbye."""
        code = None
        with contextlib.suppress(ConnectionError):
            while (found := self.read()) is not None:
                if found[0] == CLOSE:
                    code = int.from_bytes(found[1][:2])
        return code


@contextlib.contextmanager
def raw(url: str, *, with_handshake: bytes = b"", receive_buffer: int = 0) -> Iterator[Raw]:
    """Open one; ``with_handshake`` is sent in one piece with the handshake."""
    with socket.socket() as connection:
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        connection.sendall(HANDSHAKE + with_handshake)
        found = Raw(connection)
        while b"\r\n\r\n" not in found.buffer:
            found.buffer += connection.recv(4096)
        head, _, found.buffer = found.buffer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        yield found
